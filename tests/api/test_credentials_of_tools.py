"""Credentials, the actions that take them and the tool that they are of."""

from __future__ import annotations

import json

import asyncpg
import httpx
import pytest

from tests.api.factories import make_action, make_credential
from tests.api.problems import pointers
from tests.api.test_credentials import CANARY, SECRETS, a_tool
from tests.conftest import Member


async def test_a_credential_that_an_action_takes_stays(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await a_tool(http, alice, "bearer")
    one = await make_credential(http, alice, tool)
    action = await make_action(http, alice, tool, credentialId=one["id"])
    path = f"/tools/{tool['id']}/credentials/{one['id']}"
    kept = await http.delete(path, headers=alice.headers)
    assert (kept.status_code, kept.json()["code"]) == (409, "in-use")
    assert "1 action" in kept.json()["detail"]
    freed = await http.patch(f"/actions/{action['id']}", json={"credentialId": None}, headers=alice.headers)
    assert freed.json()["credentialId"] is None
    assert (await http.delete(path, headers=alice.headers)).status_code == 204


async def test_an_action_takes_a_credential_of_its_own_tool(http: httpx.AsyncClient, alice: Member) -> None:
    tool, other = await a_tool(http, alice, "bearer"), await a_tool(http, alice, "bearer")
    one = await make_credential(http, alice, other)
    sent = {"toolId": tool["id"], "name": "A", "method": "GET", "endpoint": "/", "credentialId": one["id"]}
    refused = await http.post("/actions", json=sent, headers=alice.headers)
    assert (refused.status_code, pointers(refused)) == (422, ["/credentialId"])
    action = await make_action(http, alice, other, credentialId=one["id"])
    moved = await http.patch(f"/actions/{action['id']}", json={"toolId": tool["id"]}, headers=alice.headers)
    assert (moved.status_code, pointers(moved)) == (422, ["/credentialId"])


async def test_a_tools_type_is_not_changed_under_its_credentials(
    http: httpx.AsyncClient, alice: Member
) -> None:
    tool = await a_tool(http, alice, "bearer")
    one = await make_credential(http, alice, tool)
    path = f"/tools/{tool['id']}"
    refused = await http.patch(path, json={"authType": "basic"}, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"], pointers(refused, 409)) == (
        409,
        "in-use",
        ["/authType"],
    )
    kept = await http.patch(path, json={"authType": "bearer", "name": "Renamed"}, headers=alice.headers)
    assert kept.status_code == 200
    await http.delete(f"{path}/credentials/{one['id']}", headers=alice.headers)
    assert (await http.patch(path, json={"authType": "basic"}, headers=alice.headers)).status_code == 200


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
async def test_a_key_does_not_go_into_a_header_that_frames_the_request(
    http: httpx.AsyncClient, alice: Member, owner: asyncpg.Connection, name: str
) -> None:
    """Neither for a new tool, nor for one from before that was refused."""
    body = {"name": "T", "baseUrl": "https://t.example.com", "authType": "apiKey"}
    config = {"location": "header", "name": name}
    refused = await http.post("/tools", json={**body, "authConfig": config}, headers=alice.headers)
    assert pointers(refused) == ["/authConfig/name"]
    tool = await a_tool(http, alice, "apiKey")
    path = f"/tools/{tool['id']}"
    changed = await http.patch(path, json={"authConfig": config}, headers=alice.headers)
    assert pointers(changed) == ["/authConfig/name"]
    in_query = {"authConfig": {"location": "query", "name": name}}
    assert (await http.patch(path, json=in_query, headers=alice.headers)).status_code == 200
    await owner.execute(
        "UPDATE tools SET auth_config = $1 WHERE id = $2::uuid",
        json.dumps(config),
        tool["id"],
    )
    stored = await http.post(
        f"{path}/credentials", json={"name": "One", "apiKey": SECRETS["apiKey"]}, headers=alice.headers
    )
    assert pointers(stored) == ["/apiKey"]


async def test_credentials_go_with_their_tool(
    http: httpx.AsyncClient, alice: Member, owner: asyncpg.Connection
) -> None:
    tool = await a_tool(http, alice, "oauth2")
    one = await make_credential(http, alice, tool, oauth2=SECRETS["oauth2"])
    assert (await http.delete(f"/tools/{tool['id']}", headers=alice.headers)).status_code == 204
    for table, column in (("credentials", "id"), ("credential_tokens", "credential_id")):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1::uuid", one["id"]) == 0


async def test_a_strangers_tool_takes_none(http: httpx.AsyncClient, alice: Member, charlie: Member) -> None:
    tool = await a_tool(http, alice, "bearer")
    body = {"name": "One", "bearer": {"token": CANARY}}
    answer = await http.post(f"/tools/{tool['id']}/credentials", json=body, headers=charlie.headers)
    assert answer.status_code == 404
    assert CANARY not in answer.text
