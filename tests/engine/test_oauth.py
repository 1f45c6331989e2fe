"""OAuth2 client credentials against a real server: fetched once, kept, fetched anew in time, refused for good."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import pytest

from tests.api.factories import make_credential, make_tool
from tests.engine.echo_server import serving_in_thread
from tests.engine.lab import Lab
from tests.engine.oauth_server import CLIENT, SECRET, OAuthServer


@dataclass(frozen=True)
class Proven:
    lab: Lab
    issuer: OAuthServer
    flow: str
    path: str

    async def run(self) -> dict[str, Any]:
        return await self.lab.start(self.flow, 30)

    async def credential(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.lab.get(self.path)
        return found

    async def patch(self, **fields: Any) -> None:
        answer = await self.lab.http.patch(self.path, json=fields, headers=self.lab.member.headers)
        assert answer.status_code == 200, answer.text


def secret(issuer: OAuthServer, **fields: Any) -> dict[str, Any]:
    return {"tokenUrl": f"{issuer.url}/token", "clientId": CLIENT, "clientSecret": SECRET, **fields}


async def proven(lab: Lab, issuer: OAuthServer, **fields: Any) -> Proven:
    issuer.set(forget=True)
    tool = await make_tool(lab.http, lab.member, authType="oauth2", baseUrl=f"{issuer.url}/api")
    made = await make_credential(lab.http, lab.member, tool, oauth2=secret(issuer, **fields))
    lab = replace(lab, tool_id=tool["id"])
    flow = await lab.flow({"key": "call", "action": await lab.action("/things", method="GET")})
    return Proven(lab, issuer, flow, f"/tools/{tool['id']}/credentials/{made['id']}")


async def test_a_token_is_fetched_once_and_kept(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer, scopes=["read", "write"], audience="https://things")
    runs = [await at.run() for _ in range(3)]
    assert {run["status"] for run in runs} == {"succeeded"}, runs
    (asked,) = issuer.asked
    assert asked["form"] == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "https://things",
    }
    assert {seen["authorization"] for seen in issuer.seen} == {f"Bearer {issuer.tokens[-1]}"}
    told = json.dumps([runs, [await at.lab.logs(run) for run in runs], await at.credential()])
    assert SECRET not in told and issuer.tokens[-1] not in told and "***" in told


async def test_the_client_may_be_named_in_the_form(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer, clientAuthentication="body")
    assert (await at.run())["status"] == "succeeded"
    (asked,) = issuer.asked
    assert asked["form"]["client_id"] == CLIENT and asked["form"]["client_secret"] == SECRET
    assert asked["authorization"] == ""


async def test_runs_at_once_fetch_one_token(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer)
    runs = await asyncio.gather(*(at.run() for _ in range(20)))
    assert {run["status"] for run in runs} == {"succeeded"}
    assert len(issuer.asked) == 1


async def test_it_is_fetched_anew_before_it_expires(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    """A minute before, or where it lives for minutes only a fifth of its time before."""
    at = await proven(lab, issuer)
    for lives, margin in ((3600, 60), (100, 20)):
        issuer.set(expiresIn=lives)
        await at.patch(oauth2=secret(issuer))
        assert (await at.run())["status"] == "succeeded"
        left = await owner.fetchval(
            "SELECT extract(epoch FROM refresh_at - updated_at) FROM credential_tokens WHERE org_id = $1::uuid",
            lab.member.org_id,
        )
        assert abs(float(left) - (lives - margin)) < 10
    issuer.set(expiresIn=0, forget=True)
    await at.patch(oauth2=secret(issuer))
    runs = [await at.run() for _ in range(2)]
    assert {run["status"] for run in runs} == {"succeeded"}
    assert len(issuer.asked) == 2, "one that has expired when it comes is used for what it was fetched for"


async def test_one_that_is_refused_is_fetched_anew_and_the_call_made_again(
    lab: Lab, issuer: OAuthServer
) -> None:
    at = await proven(lab, issuer)
    assert (await at.run())["status"] == "succeeded"
    issuer.set(revoke=True, forget=True)
    run = await at.run()
    assert run["status"] == "succeeded", run
    assert len(issuer.asked) == 1
    assert [seen["authorization"] for seen in issuer.seen] == [
        f"Bearer {token}" for token in issuer.tokens[-2:]
    ]
    assert len([row for row in await at.lab.logs(run) if row["stepKey"] == "call"]) == 1, "one attempt"


async def test_a_tool_that_refuses_every_token_is_asked_twice(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer)
    body = json.dumps({"access_token": "never-accepted-anywhere", "token_type": "bearer", "expires_in": 3600})
    issuer.set(body=body)
    run = await at.run()
    assert (run["status"], run["error"]["code"]) == ("failed", "http.401")
    assert len(issuer.seen) == 2 and len(issuer.asked) == 2


@pytest.mark.parametrize("refusal", ["invalid_client", "invalid_grant", "unauthorized_client"])
async def test_refused_for_good_nobody_asks_again_until_the_secret_is_sent_anew(
    lab: Lab, issuer: OAuthServer, refusal: str
) -> None:
    at = await proven(lab, issuer)
    issuer.set(refusal=refusal)
    first = await at.run()
    assert (first["status"], first["error"]["code"]) == ("failed", "credential_needs_authorization")
    assert refusal in first["error"]["message"]
    credential = await at.credential()
    assert credential["state"] == "needsAuthorization"
    assert credential["stateDetail"] == f"{issuer.url} answered 400: {refusal}"
    again = await at.run()
    assert again["error"]["code"] == "credential_needs_authorization"
    assert len(issuer.asked) == 1 and issuer.seen == []
    told = json.dumps([first, again, credential, await at.lab.logs(first)])
    assert SECRET not in told, "the server repeats what it was sent"
    issuer.set()
    await at.patch(oauth2=secret(issuer))
    assert (await at.credential())["state"] == "ready"
    assert (await at.run())["status"] == "succeeded"


async def test_a_wrong_secret_is_a_refusal_too(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer, clientSecret="another-secret-altogether")
    run = await at.run()
    assert run["error"]["code"] == "credential_needs_authorization"
    assert (await at.credential())["stateDetail"].endswith("answered 401: invalid_client")


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"status": 503}, "connection", "answered 503"),
        ({"status": 302}, "connection", "answered 302"),
        ({"body": "no json"}, "invalid_response", "is not an access token"),
        ({"body": '{"access_token": "a\\nb", "token_type": "bearer"}'}, "invalid_response", "is not an"),
        ({"body": '{"access_token": "a", "token_type": "mac"}'}, "invalid_response", "is no bearer token"),
    ],
)
async def test_an_issuer_in_trouble_is_asked_again_later(
    lab: Lab, issuer: OAuthServer, settings: dict[str, Any], code: str, said: str
) -> None:
    at = await proven(lab, issuer)
    issuer.set(**settings)
    run = await at.run()
    assert (run["status"], run["error"]["code"]) == ("failed", code), run
    assert said in run["error"]["message"] and SECRET not in json.dumps(run)
    assert (await at.credential())["state"] == "ready"
    issuer.set()
    assert (await at.run())["status"] == "succeeded"


async def test_an_issuer_inside_the_network_is_not_reached(lab: Lab, issuer: OAuthServer) -> None:
    at = await proven(lab, issuer)
    await at.patch(oauth2=secret(issuer) | {"tokenUrl": "http://169.254.169.254/token"})
    run = await at.run()
    assert (run["status"], run["error"]["code"]) == ("failed", "refused_address")
    assert issuer.asked == []


async def test_whoever_dies_at_fetching_leaves_it_to_others(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    """A lease whose holder is gone ends by itself."""
    at = await proven(lab, issuer)
    held = (
        "UPDATE credential_tokens SET lease_id = gen_random_uuid(),"
        " lease_until = clock_timestamp() + $2::interval WHERE org_id = $1::uuid"
    )
    await owner.execute(held.replace("$2", "'1 second'"), lab.member.org_id)
    assert (await at.run())["status"] == "succeeded"
    assert len(issuer.asked) == 1


async def test_a_token_fetched_by_a_secret_that_was_changed_meanwhile_is_not_kept(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await proven(lab, issuer)
    issuer.set(hold=True)
    run = asyncio.create_task(at.run())
    async with asyncio.timeout(15):
        while not issuer.asked:
            await asyncio.sleep(0.02)
    await at.patch(oauth2=secret(issuer, scopes=["newer"]))
    issuer.set()
    assert (await run)["status"] == "succeeded"
    assert [asked["form"].get("scope") for asked in issuer.asked] == [None, "newer"]
    assert issuer.seen[-1]["authorization"] == f"Bearer {issuer.tokens[-1]}"


async def test_what_is_kept_of_a_token_is_sealed(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    at = await proven(lab, issuer)
    await at.run()
    row = await owner.fetchval(
        "SELECT k::text FROM credential_tokens k WHERE org_id = $1::uuid AND token IS NOT NULL",
        lab.member.org_id,
    )
    assert row
    assert issuer.tokens[-1] not in row and issuer.tokens[-1].encode().hex() not in row


async def asked_for_a_token(at: Proven) -> asyncio.Task[dict[str, Any]]:
    """A run whose token is being fetched, until `set` says otherwise."""
    at.issuer.set(hold=True)
    run = asyncio.create_task(at.run())
    async with asyncio.timeout(15):
        while not at.issuer.asked:
            await asyncio.sleep(0.02)
    return run


async def test_the_token_of_a_newer_secret_is_not_sent_to_the_origin_of_before(
    lab: Lab, issuer: OAuthServer
) -> None:
    """The run has the tool's address as it was; the token is of the secret as it is by now."""
    with serving_in_thread() as elsewhere:
        at = await proven(lab, issuer)
        run = await asked_for_a_token(at)
        tool = at.path.rpartition("/credentials")[0]
        moved = await lab.http.patch(tool, json={"baseUrl": elsewhere.url}, headers=lab.member.headers)
        assert moved.status_code == 200
        await at.patch(oauth2=secret(issuer, scopes=["newer"]))
        issuer.set()
        done = await run
        assert (done["status"], done["error"]["code"]) == ("failed", "credential_origin")
        assert elsewhere.url in done["error"]["message"] and issuer.url in done["error"]["message"]
        assert issuer.seen == [] and list(elsewhere.requests) == []
        await at.run()
        assert elsewhere.requests[-1]["headers"]["authorization"] == f"Bearer {issuer.tokens[-1]}"


async def test_a_refusal_of_a_secret_that_was_changed_meanwhile_is_none_of_the_new_one(
    lab: Lab, issuer: OAuthServer
) -> None:
    at = await proven(lab, issuer, clientSecret="another-secret-altogether")
    run = await asked_for_a_token(at)
    await at.patch(oauth2=secret(issuer))
    issuer.set()
    done = await run
    assert done["status"] == "succeeded", done
    assert (await at.credential())["state"] == "ready" and len(issuer.asked) == 2


@pytest.mark.parametrize(("lives", "kept_for"), [(10**13, 365 * 86400), (1e20, 365 * 86400), (-5, 0)])
async def test_however_long_a_token_is_said_to_live_it_is_used(
    lab: Lab, issuer: OAuthServer, owner: asyncpg.Connection, lives: float, kept_for: int
) -> None:
    at = await proven(lab, issuer)
    issuer.set(expiresIn=lives)
    run = await at.run()
    assert run["status"] == "succeeded", run
    left = await owner.fetchval(
        "SELECT extract(epoch FROM refresh_at - updated_at) FROM credential_tokens WHERE org_id = $1::uuid",
        lab.member.org_id,
    )
    assert kept_for - 70 <= float(left) <= kept_for + 10
