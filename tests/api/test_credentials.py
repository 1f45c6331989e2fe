"""Credentials over HTTP: what goes in comes out masked, one is a tool's default, and all fit the tool's authType."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.api.factories import make_credential, make_tool
from tests.api.problems import pointers
from tests.conftest import Member

CANARY = "canary-5f1c0e7a93b84d26-of-credentials"
SECRETS: dict[str, dict[str, Any]] = {
    "bearer": {"token": CANARY},
    "basic": {"username": "tolstoy", "password": CANARY},
    "apiKey": {"key": CANARY},
    "oauth2": {
        "tokenUrl": "https://id.example.com/token",
        "clientId": "tolstoy",
        "clientSecret": CANARY,
        "scopes": ["read", "write"],
    },
}
AUTH_CONFIG = {"apiKey": {"location": "header", "name": "X-API-Key"}}


async def a_tool(http: httpx.AsyncClient, member: Member, kind: str, **fields: Any) -> dict[str, Any]:
    config = {"authConfig": AUTH_CONFIG[kind]} if kind in AUTH_CONFIG else {}
    return await make_tool(http, member, authType=kind, **config, **fields)


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("bearer", {}),
        ("basic", {"username": "tolstoy"}),
        ("apiKey", {}),
        (
            "oauth2",
            {
                "grant": "clientCredentials",
                "tokenUrl": "https://id.example.com/token",
                "clientId": "tolstoy",
                "scopes": ["read", "write"],
                "audience": None,
                "clientAuthentication": "basic",
            },
        ),
    ],
)
async def test_what_goes_in_comes_out_masked(
    http: httpx.AsyncClient, alice: Member, owner: asyncpg.Connection, kind: str, details: dict[str, Any]
) -> None:
    tool = await a_tool(http, alice, kind)
    path = f"/tools/{tool['id']}/credentials"
    headers = {**alice.headers, "Idempotency-Key": "once"}
    made = await http.post(path, json={"name": "One", kind: SECRETS[kind]}, headers=headers)
    assert made.status_code == 201, made.text
    one = made.json()
    assert made.headers["Location"] == f"{path}/{one['id']}"
    assert (one["type"], one["default"], one["origin"], one["state"]) == (
        kind,
        True,
        "https://slack.com",
        "ready",
    )
    assert one["details"] == details
    assert one["hint"] == ("***" if kind == "basic" else "***ials")
    answers = [
        made,
        await http.post(path, json={"name": "One", kind: SECRETS[kind]}, headers=headers),
        await http.get(f"{path}/{one['id']}", headers=alice.headers),
        await http.get(path, headers=alice.headers),
        await http.patch(f"{path}/{one['id']}", json={kind: SECRETS[kind]}, headers=alice.headers),
        await http.get(f"/tools/{tool['id']}", params={"include": "actions"}, headers=alice.headers),
        await http.post(path, json={"name": "One", kind: SECRETS[kind]}, headers=alice.headers),
        await http.post(path, json={"name": 7, kind: SECRETS[kind]}, headers=alice.headers),
        await http.post(
            path, json={"name": "Two", kind: {**SECRETS[kind], "more": 1}}, headers=alice.headers
        ),
        await http.post(path, json={"name": "Two", kind: [CANARY]}, headers=alice.headers),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200, 200, 200, 409, 422, 422, 422]
    for answer in answers:
        assert CANARY not in answer.text and CANARY not in str(answer.headers)
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    await _nowhere_in_clear(owner)


async def _nowhere_in_clear(owner: asyncpg.Connection) -> None:
    """In no column of any table, as text or as bytes."""
    tables = await owner.fetch("SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r'")
    for (table,) in tables:
        found = await owner.fetchval(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE $1 OR t::text LIKE $2",
            f"%{CANARY}%",
            f"%{CANARY.encode().hex()}%",
        )
        assert found == 0, table


async def test_one_of_a_tools_credentials_is_its_default(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await a_tool(http, alice, "bearer")
    path = f"/tools/{tool['id']}/credentials"

    async def defaults() -> list[str]:
        page = (await http.get(path, headers=alice.headers)).json()["data"]
        return [one["name"] for one in page if one["default"]]

    secret = {"bearer": {"token": "t"}}
    first = await make_credential(http, alice, tool, name="first", **secret)
    second = await make_credential(http, alice, tool, name="second", **secret)
    assert (first["default"], second["default"]) == (True, False)
    await make_credential(http, alice, tool, name="third", default=True, **secret)
    assert await defaults() == ["third"]
    await http.patch(f"{path}/{second['id']}", json={"default": True}, headers=alice.headers)
    assert await defaults() == ["second"]
    await http.patch(f"{path}/{second['id']}", json={"default": False}, headers=alice.headers)
    assert await defaults() == []
    await make_credential(http, alice, tool, name="fourth", default=False, **secret)
    assert await defaults() == []
    other = await a_tool(http, alice, "bearer")
    await make_credential(http, alice, other, name="first", **secret)
    assert await defaults() == [], "of another tool, another is"


async def test_of_credentials_that_come_at_once_one_is_the_default(
    http: httpx.AsyncClient, alice: Member
) -> None:
    tool = await a_tool(http, alice, "bearer")
    secret = {"bearer": {"token": "t"}}
    made = await asyncio.gather(
        *(make_credential(http, alice, tool, name=f"c{number}", **secret) for number in range(8))
    )
    assert sorted(one["default"] for one in made) == [False] * 7 + [True]
    path = f"/tools/{tool['id']}/credentials"
    changed = await asyncio.gather(
        *(http.patch(f"{path}/{one['id']}", json={"default": True}, headers=alice.headers) for one in made)
    )
    assert {answer.status_code for answer in changed} == {200}
    page = (await http.get(path, headers=alice.headers)).json()["data"]
    assert len([one for one in page if one["default"]]) == 1


@pytest.mark.parametrize("wanted", ["none", *SECRETS])
@pytest.mark.parametrize("sent", SECRETS)
async def test_a_credential_is_of_the_tools_type(
    http: httpx.AsyncClient, alice: Member, wanted: str, sent: str
) -> None:
    tool = await a_tool(http, alice, wanted)
    path = f"/tools/{tool['id']}/credentials"
    answer = await http.post(path, json={"name": "One", sent: SECRETS[sent]}, headers=alice.headers)
    if sent == wanted:
        assert answer.status_code == 201, answer.text
        return
    assert answer.status_code == 422
    at = "" if wanted == "none" else f"/{sent}"
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(at, "not_applicable")]
    assert (await http.get(path, headers=alice.headers)).json()["data"] == []


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("bearer", {}, {"/bearer"}),
        ("bearer", {"bearer": {}}, {"/bearer/token"}),
        ("bearer", {"bearer": {"token": ""}}, {"/bearer/token"}),
        ("bearer", {"bearer": {"token": "two words"}}, {"/bearer/token"}),
        ("bearer", {"bearer": {"token": "line\r\nX-Other: 1"}}, {"/bearer/token"}),
        ("bearer", {"bearer": None}, {"/bearer"}),
        ("basic", {"basic": {"username": "a:b", "password": "p"}}, {"/basic/username"}),
        ("basic", {"basic": {"username": "a", "password": "p\n"}}, {"/basic/password"}),
        ("apiKey", {"apiKey": {"key": "k\x00"}}, {"/apiKey/key"}),
        ("oauth2", {"oauth2": {**SECRETS["oauth2"], "tokenUrl": "ftp://id/token"}}, {"/oauth2/tokenUrl"}),
        ("oauth2", {"oauth2": {**SECRETS["oauth2"], "tokenUrl": "https://a:b@id/"}}, {"/oauth2/tokenUrl"}),
        ("oauth2", {"oauth2": {**SECRETS["oauth2"], "scopes": ["two words"]}}, {"/oauth2/scopes/0"}),
        (
            "oauth2",
            {"oauth2": {**SECRETS["oauth2"], "clientAuthentication": "none"}},
            {"/oauth2/clientAuthentication"},
        ),
    ],
)
async def test_what_is_wrong_is_pointed_at(
    http: httpx.AsyncClient, alice: Member, kind: str, body: dict[str, Any], expected: set[str]
) -> None:
    tool = await a_tool(http, alice, kind)
    path = f"/tools/{tool['id']}/credentials"
    answer = await http.post(path, json={"name": "One", **body}, headers=alice.headers)
    assert answer.status_code == 422, answer.text
    assert set(pointers(answer)) == expected
    assert (await http.get(path, headers=alice.headers)).json()["data"] == []


async def test_changes_are_made_to_what_was_read(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await a_tool(http, alice, "bearer")
    made = await make_credential(http, alice, tool, name="One", bearer={"token": "the-first-of-two-tokens"})
    path = f"/tools/{tool['id']}/credentials/{made['id']}"
    etag = (await http.get(path, headers=alice.headers)).headers["ETag"]
    same = await http.get(path, headers={**alice.headers, "If-None-Match": etag})
    assert same.status_code == 304
    conditional = {**alice.headers, "If-Match": etag}
    renamed = await http.patch(path, json={"name": "Uno"}, headers=conditional)
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["hint"]) == (200, "Uno", "***kens")
    again = await http.put(path, json={"bearer": {"token": "another-token"}}, headers=conditional)
    assert again.status_code == 412
    removed = await http.delete(path, headers=conditional)
    assert removed.status_code == 412
    other = await make_credential(http, alice, tool, name="Two", bearer={"token": "t"})
    taken = await http.patch(path, json={"name": "Two"}, headers=alice.headers)
    assert (taken.status_code, taken.json()["code"]) == (409, "name-taken")
    wrong = await http.patch(path, json={"basic": SECRETS["basic"]}, headers=alice.headers)
    assert (wrong.status_code, pointers(wrong)) == (422, ["/basic"])
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    assert (await http.get(path, headers=alice.headers)).status_code == 404
    elsewhere = await a_tool(http, alice, "bearer")
    mixed = await http.get(f"/tools/{elsewhere['id']}/credentials/{other['id']}", headers=alice.headers)
    assert mixed.status_code == 404, "at its own tool only"
