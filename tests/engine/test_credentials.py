"""Calls that prove themselves: where a secret is sent, where it is not, and that no record of a run holds it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from tests.api.factories import make_credential, make_tool
from tests.conftest import Databases, Member
from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.engine.lab import Lab

CANARY = 'canary/91+d4"7e\\c0-of-a-run'
TOKEN = "canary-91d47ec0-of-a-run"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[EchoServer]:
    """Another origin: the same host at another port."""
    with serving_in_thread() as server:
        yield server


async def tool_of(lab: Lab, kind: str, url: str, **config: Any) -> Lab:
    auth_config = {"authConfig": config} if config else {}
    tool = await make_tool(lab.http, lab.member, authType=kind, baseUrl=url, **auth_config)
    return replace(lab, tool_id=tool["id"])


async def with_credential(lab: Lab, kind: str, secret: dict[str, Any], **config: Any) -> Lab:
    lab = await tool_of(lab, kind, lab.echo.url, **config)
    await make_credential(lab.http, lab.member, {"id": lab.tool_id}, **{kind: secret})
    return lab


def last(echo: EchoServer) -> dict[str, Any]:
    return echo.requests[-1]


async def all_that_is_told(lab: Lab, execution: dict[str, Any]) -> str:
    run = await lab.get(f"/executions/{execution['id']}", include="outputs")
    return json.dumps([execution, run, await lab.logs(execution)])


async def test_each_type_is_sent_as_its_tool_wants_it(lab: Lab) -> None:
    pair = base64.b64encode(f"léo:{CANARY}".encode()).decode()
    cases: list[tuple[str, dict[str, Any], dict[str, str], str, str]] = [
        ("bearer", {"token": TOKEN}, {}, "authorization", f"Bearer {TOKEN}"),
        ("basic", {"username": "léo", "password": CANARY}, {}, "authorization", f"Basic {pair}"),
        ("apiKey", {"key": TOKEN}, {"location": "header", "name": "X-API-Key"}, "x-api-key", TOKEN),
    ]
    for kind, secret, config, header, value in cases:
        proven = await with_credential(lab, kind, secret, **config)
        key = await proven.action(
            "/echo", headers={"X-Api-key": "of-the-action", "Authorization": "of-the-action"}
        )
        run = await proven.run({"key": "call", "action": key, "inputs": {"a": 1}})
        assert run["status"] == "succeeded", run
        assert last(lab.echo)["headers"][header] == value
        told = await all_that_is_told(proven, run)
        for form in (TOKEN, CANARY, json.dumps(CANARY)[1:-1], pair):
            assert form not in told
        assert "***" in told, "the tool echoes what it was sent, and that is masked"


async def test_a_key_in_the_query_is_in_no_record_of_the_address(lab: Lab) -> None:
    proven = await with_credential(lab, "apiKey", {"key": "k/e+y-" + TOKEN}, location="query", name="api_key")
    key = await proven.action("/echo", method="GET")
    run = await proven.run({"key": "call", "action": key, "inputs": {"q": "1"}})
    assert last(lab.echo)["query"] == [["q", "1"], ["api_key", "k/e+y-" + TOKEN]]
    (call,) = (row for row in await proven.logs(run) if row["stepKey"] == "call")
    assert call["details"]["request"]["url"] == f"{lab.echo.url}/echo?q=1"
    told = await all_that_is_told(proven, run)
    assert TOKEN not in told and quote(TOKEN) not in told


async def test_of_several_the_named_one_else_the_default(lab: Lab) -> None:
    proven = await tool_of(lab, "bearer", lab.echo.url)
    tool = {"id": proven.tool_id}
    one = await make_credential(lab.http, lab.member, tool, bearer={"token": "of-the-default"})
    two = await make_credential(lab.http, lab.member, tool, bearer={"token": "of-the-other"})
    default = await proven.action("/echo")
    named = await proven.action("/echo", credentialId=two["id"])
    steps = [{"key": "a", "action": default}, {"key": "b", "action": named}]
    flow = await proven.flow(*steps)

    async def sent() -> list[str]:
        run = await proven.start(flow, 30)
        assert run["status"] == "succeeded", run
        return [seen["headers"].get("authorization", "") for seen in list(lab.echo.requests)[-2:]]

    assert await sent() == ["Bearer of-the-default", "Bearer of-the-other"]
    path = f"/tools/{proven.tool_id}/credentials/{one['id']}"
    changed = {"bearer": {"token": "changed"}}
    answer = await lab.http.patch(path, json=changed, headers=lab.member.headers)
    assert answer.status_code == 200
    assert await sent() == ["Bearer changed", "Bearer of-the-other"], "the next run has it"
    assert (await lab.http.delete(path, headers=lab.member.headers)).status_code == 204
    assert await sent() == ["", "Bearer of-the-other"]


async def test_a_tool_that_moved_is_not_sent_the_secret(lab: Lab, elsewhere: EchoServer) -> None:
    """Who may change a tool's address must not learn its secrets by that."""
    proven = await with_credential(lab, "bearer", {"token": TOKEN})
    key = await proven.action("/echo")
    tool = f"/tools/{proven.tool_id}"
    moved = await lab.http.patch(tool, json={"baseUrl": elsewhere.url}, headers=lab.member.headers)
    assert moved.status_code == 200
    run = await proven.run({"key": "call", "action": key})
    assert (run["status"], run["error"]["code"]) == ("failed", "credential_origin")
    assert lab.echo.url in run["error"]["message"] and elsewhere.url in run["error"]["message"]
    assert list(elsewhere.requests) == []
    page = await lab.get(f"{tool}/credentials")
    path = f"{tool}/credentials/{page['data'][0]['id']}"
    again = {"bearer": {"token": TOKEN}}
    answer = await lab.http.patch(path, json=again, headers=lab.member.headers)
    assert answer.json()["origin"] == elsewhere.url
    assert (await proven.run({"key": "call", "action": key}))["status"] == "succeeded"
    assert last(elsewhere)["headers"]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(("location", "name"), [("header", "X-API-Key"), ("query", "api_key")])
async def test_a_redirect_elsewhere_is_followed_without_the_secret(
    lab: Lab, elsewhere: EchoServer, location: str, name: str
) -> None:
    """Nor does it get it when that leads back."""
    proven = await with_credential(lab, "apiKey", {"key": TOKEN}, location=location, name=name)
    key = await proven.action("/redirect", method="GET")

    async def seen_after(to: str, server: EchoServer) -> str:
        run = await proven.run({"key": "call", "action": key, "inputs": {"to": to}})
        assert run["status"] == "succeeded", run
        return json.dumps(last(server))

    assert TOKEN in await seen_after("/echo", lab.echo), "to the same origin it goes along"
    assert TOKEN not in await seen_after(f"{elsewhere.url}/echo", elsewhere)
    back = f"{elsewhere.url}/redirect?to={quote(lab.echo.url + '/echo', safe='')}"
    assert TOKEN not in await seen_after(back, lab.echo)


async def test_an_http_step_names_a_credential_of_the_origin_that_it_calls(
    lab: Lab, elsewhere: EchoServer
) -> None:
    proven = await with_credential(lab, "bearer", {"token": TOKEN})
    page = await lab.get(f"/tools/{proven.tool_id}/credentials")
    id_ = page["data"][0]["id"]

    def call(origin: str, credential: str = id_) -> dict[str, Any]:
        return {"key": "call", "http": {"method": "GET", "url": f"{origin}/echo", "credential": credential}}

    run = await proven.run(call(lab.echo.url))
    assert run["status"] == "succeeded", run
    assert last(lab.echo)["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in await all_that_is_told(proven, run)
    before = len(elsewhere.requests)
    run = await proven.run(call(elsewhere.url))
    assert run["error"]["code"] == "credential_origin" and len(elsewhere.requests) == before

    flow = await proven.flow(call(lab.echo.url))
    dry = await lab.post(f"/flows/{flow}/dry-run", {})
    assert dry.json()["requests"][0]["headers"]["Authorization"] == "Bearer ***"
    unknown = await lab.post("/flows", {"name": "F", "steps": [call(lab.echo.url, lab.member.org_id)]})
    (finding,) = unknown.json()["errors"]
    assert (unknown.status_code, finding["code"], finding["pointer"]) == (
        422,
        "unknown_credential",
        "/steps/0/http/credential",
    )
    path = f"/tools/{proven.tool_id}/credentials/{id_}"
    assert (await lab.http.delete(path, headers=lab.member.headers)).status_code == 204
    run = await proven.start(flow, 30)
    assert (run["status"], run["error"]["code"]) == ("failed", "unknown_credential")


async def test_a_dry_run_says_where_a_secret_would_be(lab: Lab) -> None:
    for kind, secret, config, expected in [
        ("bearer", {"token": TOKEN}, {}, {"Authorization": "Bearer ***"}),
        ("basic", {"username": "u", "password": TOKEN}, {}, {"Authorization": "Basic ***"}),
        ("apiKey", {"key": TOKEN}, {"location": "header", "name": "X-Key"}, {"X-Key": "***"}),
        ("apiKey", {"key": TOKEN}, {"location": "query", "name": "key"}, {}),
    ]:
        proven = await with_credential(lab, kind, secret, **config)
        flow = await proven.flow({"key": "call", "action": await proven.action("/echo")})
        before = len(lab.echo.requests)
        dry = await lab.post(f"/flows/{flow}/dry-run", {})
        assert dry.status_code == 200, dry.text
        (request,) = dry.json()["requests"]
        assert expected.items() <= request["headers"].items()
        if not expected:
            assert request["url"] == f"{lab.echo.url}/echo?key=%2A%2A%2A"
        assert TOKEN not in dry.text
        assert len(lab.echo.requests) == before


async def test_a_secret_under_a_missing_key_fails_the_step_and_names_the_key(
    lab: Lab, served_database: Databases
) -> None:
    proven = await with_credential(lab, "bearer", {"token": TOKEN})
    key = await proven.action("/echo")
    owner = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        await owner.execute(
            "UPDATE credentials SET secret = '\\x01'::bytea || '\\x04'::bytea || 'gone'::bytea"
            " || substr(secret, 15) WHERE tool_id = $1::uuid",
            proven.tool_id,
        )
    finally:
        await owner.close()
    run = await proven.run({"key": "call", "action": key})
    assert (run["status"], run["error"]["code"]) == ("failed", "credential_unreadable")
    assert "'gone'" in run["error"]["message"] and "APP_KEYS" in run["error"]["message"]


async def test_another_organization_has_none_of_it(lab: Lab, charlie: Member, elsewhere: EchoServer) -> None:
    """The same tool's address in Charlie's organization gets no secret of Alice's."""
    proven = await with_credential(lab, "bearer", {"token": TOKEN})
    assert proven.tool_id
    tool = await make_tool(lab.http, charlie, authType="bearer", baseUrl=lab.echo.url)
    theirs = replace(lab, member=charlie, tool_id=tool["id"])
    hers = (await lab.get(f"/tools/{proven.tool_id}/credentials"))["data"][0]["id"]
    call = {"method": "GET", "url": f"{lab.echo.url}/echo", "credential": hers}
    named = await theirs.post("/flows", {"name": "F", "steps": [{"key": "call", "http": call}]})
    assert (named.status_code, named.json()["errors"][0]["code"]) == (422, "unknown_credential")
    run = await theirs.run({"key": "call", "action": await theirs.action("/echo")})
    assert run["status"] == "succeeded"
    assert "authorization" not in last(lab.echo)["headers"]
