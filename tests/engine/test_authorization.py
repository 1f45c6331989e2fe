"""Tokens that somebody allowed, in runs: used, refreshed in time and anew, refused, allowed again, and resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg

from tests.api.acting import resumed
from tests.engine.authorizing import Wanted, secret, wanted
from tests.engine.browser import browser
from tests.engine.echo_server import serving_in_thread
from tests.engine.lab import Lab
from tests.engine.oauth_server import PUBLIC, SECRET, OAuthServer


@dataclass(frozen=True)
class Granted:
    lab: Lab
    ours: Wanted
    flow: str

    async def run(self) -> dict[str, Any]:
        return await self.lab.start(self.flow, 30)

    async def authorize(self) -> None:
        async with browser() as opened:
            page = await opened.through(await self.ours.link())
        assert page.status_code == 200, page.text

    async def expire(self, owner: asyncpg.Connection) -> None:
        await owner.execute(
            "UPDATE credential_tokens SET refresh_at = now() - interval '1 second', generation = generation + 1"
            " WHERE credential_id = $1",
            UUID(self.ours.id),
        )
        # a change of any kind: what the worker remembers counts no more
        await self.ours.change(name=f"{(await self.ours.credential())['revision']}")


async def granted(lab: Lab, issuer: OAuthServer, *, authorize: bool = True, **fields: Any) -> Granted:
    ours = await wanted(lab.http, lab.member, issuer, **fields)
    lab = replace(lab, tool_id=ours.tool["id"])
    flow = await lab.flow({"key": "call", "action": await lab.action("/things", method="GET")})
    found = Granted(lab, ours, flow)
    if authorize:
        await found.authorize()
    return found


async def test_what_was_allowed_is_sent_to_the_tool_and_told_nowhere(lab: Lab, issuer: OAuthServer) -> None:
    at = await granted(lab, issuer)
    runs = [await at.run() for _ in range(3)]
    assert {run["status"] for run in runs} == {"succeeded"}, runs
    assert {seen["authorization"] for seen in issuer.seen} == {f"Bearer {issuer.tokens[-1]}"}
    assert len(issuer.asked) == 1, "the code, and nothing after it"
    told = json.dumps([runs, [await at.lab.logs(run) for run in runs], await at.ours.credential()])
    assert "***" in told
    for canary in (SECRET, issuer.tokens[-1], issuer.refresh_tokens[-1]):
        assert canary not in told


async def test_before_anybody_allowed_it_a_step_says_so_and_is_resumed_afterwards(
    lab: Lab, issuer: OAuthServer
) -> None:
    at = await granted(lab, issuer, authorize=False)
    run = await at.run()
    assert (run["status"], run["error"]["code"]) == ("failed", "credential_needs_authorization")
    assert "not authorized yet" in run["error"]["message"] and "resume the run" in run["error"]["message"]
    await at.authorize()
    again = await resumed(at.lab, run)
    assert again["status"] == "succeeded", again


async def test_it_is_refreshed_before_it_expires_each_time_by_the_next_token(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await granted(lab, issuer)
    for number in (1, 2, 3):
        before = issuer.refresh_tokens[-1]
        await at.expire(owner)
        run = await at.run()
        assert run["status"] == "succeeded", run
        assert issuer.asked[number]["form"] == {"grant_type": "refresh_token", "refresh_token": before}
    assert issuer.seen[-1]["authorization"] == f"Bearer {issuer.tokens[-1]}"


async def test_a_provider_that_gives_no_next_refresh_token_gets_the_same_again(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await granted(lab, issuer)
    first = issuer.refresh_tokens[-1]
    issuer.set(noRefresh=True)
    for _ in range(2):
        issuer.used_up.discard(first)
        await at.expire(owner)
        run = await at.run()
        assert run["status"] == "succeeded", run
        assert issuer.asked[-1]["form"]["refresh_token"] == first


async def test_one_that_is_refused_is_refreshed_and_the_call_made_again(
    lab: Lab, issuer: OAuthServer
) -> None:
    at = await granted(lab, issuer)
    issuer.set(revoke=True)
    run = await at.run()
    assert run["status"] == "succeeded", run
    assert [asked["form"]["grant_type"] for asked in issuer.asked] == ["authorization_code", "refresh_token"]


async def test_when_the_provider_takes_it_back_it_is_allowed_again_and_the_run_resumed(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await granted(lab, issuer)
    issuer.used_up.add(issuer.refresh_tokens[-1])
    await at.expire(owner)
    runs = [await at.run() for _ in range(2)]
    for run in runs:
        assert (run["status"], run["error"]["code"]) == ("failed", "credential_needs_authorization")
        assert "invalid_grant" in run["error"]["message"] and issuer.refresh_tokens[-1] not in str(run)
    assert len(issuer.asked) == 2, "nobody asks again"
    state = await at.ours.credential()
    assert state["state"] == "needsAuthorization" and "invalid_grant" in state["stateDetail"]
    await at.authorize()
    for run in runs:
        again = await resumed(at.lab, run)
        assert again["status"] == "succeeded", again


async def test_without_a_refresh_token_it_is_used_to_its_end(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await granted(lab, issuer, authorize=False)
    issuer.set(noRefresh=True, expiresIn=3600)
    await at.authorize()
    left = await owner.fetchval(
        "SELECT extract(epoch FROM refresh_at - updated_at) FROM credential_tokens WHERE credential_id = $1",
        UUID(at.ours.id),
    )
    assert abs(float(left) - 3600) < 10
    assert (await at.run())["status"] == "succeeded"
    await at.expire(owner)
    run = await at.run()
    assert run["error"]["code"] == "credential_needs_authorization"
    assert "none to refresh it by" in run["error"]["message"] and len(issuer.asked) == 1


async def test_without_a_refresh_token_a_401_is_the_tools_answer(lab: Lab, issuer: OAuthServer) -> None:
    """As with a bearer's: what nobody can renew is not thrown away for an answer that may be about something else."""
    at = await granted(lab, issuer, authorize=False)
    issuer.set(noRefresh=True)
    await at.authorize()
    issuer.set(noRefresh=True, revoke=True)
    run = await at.run()
    assert (run["status"], run["error"]["code"]) == ("failed", "http.401"), run["error"]
    assert (await at.ours.credential())["state"] == "ready" and len(issuer.seen) == 1


async def test_a_client_without_a_secret_proves_itself_by_the_verifier_alone(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await granted(lab, issuer, clientId=PUBLIC, clientSecret=None)
    await at.expire(owner)
    assert (await at.run())["status"] == "succeeded"
    for asked in issuer.asked:
        assert asked["authorization"] == "" and asked["form"]["client_id"] == PUBLIC
        assert "client_secret" not in asked["form"]


async def test_it_is_sent_to_the_tools_own_origin_only(lab: Lab, issuer: OAuthServer) -> None:
    with serving_in_thread() as elsewhere:
        at = await granted(lab, issuer)
        tool = f"/tools/{at.ours.tool['id']}"
        moved = await lab.http.patch(tool, json={"baseUrl": elsewhere.url}, headers=lab.member.headers)
        assert moved.status_code == 200
        run = await at.run()
        assert run["error"]["code"] == "credential_origin"
        await at.ours.change(oauth2=secret(issuer))
        assert (await at.run())["error"]["code"] == "credential_needs_authorization"
        assert list(elsewhere.requests) == []
