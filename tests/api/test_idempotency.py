"""Idempotency-Key: one effect however often a request is sent."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.factories import make_flow, make_tool
from tests.api.problems import headers, pointers, refused
from tests.conftest import Databases, Member

TOOL = {"name": "Slack", "baseUrl": "https://slack.com"}


async def _post(
    http: httpx.AsyncClient, member: Member | None, path: str, sent: Any, key: str
) -> httpx.Response:
    known = member.headers if member else {}
    return await http.post(path, json=sent, headers={**known, "Idempotency-Key": key})


async def _count(http: httpx.AsyncClient, member: Member, path: str = "/tools") -> int:
    return len((await http.get(path, headers=member.headers)).json()["data"])


async def test_a_repeated_request_gets_the_first_answer(http: httpx.AsyncClient, alice: Member) -> None:
    key = str(uuid4())
    first = await _post(http, alice, "/tools", TOOL, key)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    again = await _post(http, alice, "/tools", TOOL, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.content == first.content
    for name in ("ETag", "Location", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert await _count(http, alice) == 1


async def test_the_first_answer_stays_though_the_thing_has_changed(
    http: httpx.AsyncClient, alice: Member
) -> None:
    key = str(uuid4())
    first = await _post(http, alice, "/tools", TOOL, key)
    await http.delete(first.headers["Location"], headers=alice.headers)
    again = await _post(http, alice, "/tools", TOOL, key)
    assert again.content == first.content
    assert await _count(http, alice) == 0


async def test_every_creation_takes_one(http: httpx.AsyncClient, alice: Member) -> None:
    tool, flow = await make_tool(http, alice), await make_flow(http, alice)
    action = {"toolId": tool["id"], "name": "Post", "method": "POST", "endpoint": "/post"}
    log = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    sent: dict[str, Any] = {
        "/organizations": {"name": "Once", "owner": {"email": "once@example.com"}},
        "/users": {"email": "once@example.com"},
        "/tools": TOOL,
        "/actions": action,
        "/flows": {"name": "Once", "steps": []},
        "/execution-logs": log,
    }
    for path, body in sent.items():
        key = str(uuid4())
        first = await _post(http, alice, path, body, key)
        again = await _post(http, alice, path, body, key)
        assert (first.status_code, again.status_code) == (201, 201), path
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_key_is_for_one_request(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    key = str(uuid4())
    await _post(http, alice, "/tools", TOOL, key)
    other_payload = await _post(http, alice, "/tools", {**TOOL, "name": "Teams"}, key)
    other_path = await _post(http, alice, "/flows", {"name": "x", "steps": []}, key)
    other_user = await _post(http, bob, "/tools", TOOL, key)
    for answered in (other_payload, other_path, other_user):
        refused(answered, 422, "idempotency-mismatch")
    assert await _count(http, alice) == 1
    assert await _count(http, alice, "/flows") == 0


async def test_each_organization_has_its_own_keys(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    key = str(uuid4())
    hers, his = [await _post(http, member, "/tools", TOOL, key) for member in (alice, charlie)]
    assert (hers.status_code, his.status_code) == (201, 201)
    assert hers.json()["id"] != his.json()["id"]
    assert "Idempotency-Replayed" not in his.headers


async def test_a_key_is_kept_only_on_success(http: httpx.AsyncClient, alice: Member) -> None:
    key = str(uuid4())
    assert pointers(await _post(http, alice, "/tools", {"name": "x"}, key)) == ["/baseUrl"]
    assert (await _post(http, alice, "/tools", TOOL, key)).status_code == 201
    key = str(uuid4())
    await http.post("/users", json={"email": "a@example.com"}, headers=alice.headers)
    refused(await _post(http, alice, "/users", {"email": "a@example.com"}, key), 409, "email-taken")
    made = await _post(http, alice, "/users", {"email": "b@example.com"}, key)
    assert made.status_code == 201
    assert "Idempotency-Replayed" not in made.headers


async def test_at_once_there_is_one_effect(http: httpx.AsyncClient, alice: Member) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*(_post(http, alice, "/tools", TOOL, key) for _ in range(20)))
    for answered in answers:
        if answered.status_code == 409:
            refused(answered, 409, "idempotency-running")
        else:
            assert answered.status_code == 201
    made = [answered for answered in answers if answered.status_code == 201]
    assert len({answered.content for answered in made}) == 1
    assert Counter("Idempotency-Replayed" in answered.headers for answered in made)[False] == 1
    assert await _count(http, alice) == 1


@pytest.mark.parametrize("key", ["", "a b", "ä", "a" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused(http: httpx.AsyncClient, alice: Member, key: str) -> None:
    sent = [*alice.headers.items(), ("Idempotency-Key", key.encode())]
    assert headers(await http.post("/tools", json=TOOL, headers=sent)) == ["Idempotency-Key"]
    assert await _count(http, alice) == 0


async def test_two_keys_are_refused(http: httpx.AsyncClient, alice: Member) -> None:
    sent = [*alice.headers.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    assert headers(await http.post("/tools", json=TOOL, headers=sent)) == ["Idempotency-Key"]


async def test_a_key_needs_a_member_too(http: httpx.AsyncClient, alice: Member, charlie: Member) -> None:
    key = str(uuid4())
    await _post(http, alice, "/tools", TOOL, key)
    mixed = Member(alice.org_id, charlie.user_id)
    refused(await _post(http, mixed, "/tools", TOOL, key), 403, "not-a-member")


async def test_a_key_is_forgotten_after_a_day(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    keys = [str(uuid4()) for _ in range(3)]
    for key in keys:
        await _post(http, alice, "/tools", TOOL, key)
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        await connection.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE org_id = $1",
            alice.org_id,
        )
        again = await _post(http, alice, "/tools", {**TOOL, "name": "Anew"}, keys[0])
        assert (again.status_code, again.json()["name"]) == (201, "Anew")
        kept = await connection.fetch("SELECT key FROM idempotency_keys WHERE org_id = $1", alice.org_id)
    finally:
        await connection.close()
    assert [row["key"] for row in kept] == keys[:1]
    assert await _count(http, alice) == 4


async def test_what_is_shown_once_is_neither_kept_nor_shown_again(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    flow = await make_flow(http, alice)
    subscription = {"url": "http://nowhere.invalid", "events": ["execution.failed"]}
    for path, body, secret in (
        (f"/flows/{flow['id']}/hooks", {"name": "Hook"}, "path"),
        ("/subscriptions", subscription, "secret"),
    ):
        key = str(uuid4())
        first = await _post(http, alice, path, body, key)
        again = await _post(http, alice, path, body, key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert (again.headers["Idempotency-Replayed"], again.headers["ETag"]) == (
            "true",
            first.headers["ETag"],
        )
        shown = first.json().pop(secret)
        assert again.json() == {name: value for name, value in first.json().items() if name != secret}
        connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
        try:
            kept = await connection.fetchval("SELECT body FROM idempotency_keys WHERE key = $1", key)
        finally:
            await connection.close()
        assert shown.encode() not in kept
