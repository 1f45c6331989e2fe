"""Things removed while others write to them: each request wins or is told, and nothing is left half gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from tests.api.at_once import at_once, statuses
from tests.api.factories import DOCUMENT, make_flow, make_tool, make_user, publish
from tests.api.problems import refused
from tests.conftest import Databases, Member
from tests.tenancy.connections import connected, holds_up

WRITERS = 12


async def test_removing_at_once_removes_once(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    path = f"/tools/{tool['id']}"
    removals = (http.delete(path, headers=alice.headers) for _ in range(WRITERS))
    assert statuses(await at_once(*removals, expected={204, 404})) == {204: 1, 404: WRITERS - 1}


async def _race(
    remove: Awaitable[httpx.Response], creations: list[Awaitable[httpx.Response]], lost: set[int]
) -> tuple[bool, int]:
    """Whether it was removed, and how many children were created."""
    half = len(creations) // 2
    requests = [*creations[:half], remove, *creations[half:]]
    answers = await at_once(*requests, expected={201, 204, 409} | lost)
    made = statuses(answers)[201]
    return answers[half].status_code == 204, made


async def test_a_tool_goes_or_gets_actions(http: httpx.AsyncClient, alice: Member) -> None:
    for attempt in range(8):
        tool = await make_tool(http, alice)
        sent = {"toolId": tool["id"], "method": "POST", "endpoint": "/post"}
        creations: list[Awaitable[httpx.Response]] = [
            http.post("/actions", json={**sent, "name": f"A {attempt} {n}"}, headers=alice.headers)
            for n in range(4)
        ]
        removed, made = await _race(
            http.delete(f"/tools/{tool['id']}", headers=alice.headers), creations, lost={422}
        )
        assert removed is (made == 0)
        listed = await http.get("/actions", params={"toolId": tool["id"]}, headers=alice.headers)
        assert len(listed.json()["data"]) == made


async def test_a_flow_goes_or_gets_logs(http: httpx.AsyncClient, alice: Member) -> None:
    for _ in range(8):
        flow = await make_flow(http, alice)
        sent = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
        creations: list[Awaitable[httpx.Response]] = [
            http.post("/execution-logs", json=sent, headers=alice.headers) for _ in range(4)
        ]
        path = f"/flows/{flow['id']}"
        removed, made = await _race(http.delete(path, headers=alice.headers), creations, lost={422})
        assert removed is (made == 0)


async def test_a_user_goes_or_writes_logs(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    sent = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    for _ in range(15):
        user = Member(alice.org_id, (await make_user(http, alice))["id"])
        creations: list[Awaitable[httpx.Response]] = [
            http.post("/execution-logs", json=sent, headers=user.headers) for _ in range(4)
        ]
        path = f"/users/{user.user_id}"
        removed, made = await _race(http.delete(path, headers=alice.headers), creations, lost={403})
        assert removed is (made == 0)


async def test_an_organization_goes_or_gets_its_first_user(http: httpx.AsyncClient) -> None:
    for _ in range(15):
        made = (await http.post("/organizations", json={"name": "Contested"})).json()
        nobody = Member(made["id"], made["id"])
        creations: list[Awaitable[httpx.Response]] = [
            http.post("/users", json={"email": f"{n}@example.com"}, headers=nobody.headers) for n in range(4)
        ]
        path = f"/organizations/{made['id']}"
        removed, founders = await _race(http.delete(path), creations, lost={403, 404})
        assert removed is (founders == 0)


async def _while_removing(
    databases: Databases, removals: list[str], *arguments: str, request: Awaitable[httpx.Response]
) -> httpx.Response:
    """The answer to a request that has entered, and then has to wait for a transaction that removes something."""
    async with connected(databases.direct) as connection, connection.transaction():
        for removal, argument in zip(removals, arguments, strict=True):
            await connection.execute(removal, argument)
        waiting = asyncio.ensure_future(request)
        await holds_up(connection, waiting)
    return await waiting


async def test_who_is_removed_in_the_middle_is_no_member(
    http: httpx.AsyncClient, alice: Member, bob: Member, served_database: Databases
) -> None:
    flow = await make_flow(http, alice)
    sent = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    answered = await _while_removing(
        served_database,
        ["DELETE FROM user_ids WHERE id = $1"],
        bob.user_id,
        request=http.post("/execution-logs", json=sent, headers=bob.headers),
    )
    refused(answered, 403, "not-a-member")
    assert (await http.get("/execution-logs", headers=alice.headers)).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/users", {"email": "late@example.com"}),
        ("/tools", {"name": "Late", "baseUrl": "https://late.example"}),
        ("/flows", {"name": "Late", **DOCUMENT}),
    ],
)
async def test_an_organization_removed_in_the_middle_is_not_found(
    http: httpx.AsyncClient, alice: Member, served_database: Databases, path: str, sent: dict[str, Any]
) -> None:
    answered = await _while_removing(
        served_database,
        ["DELETE FROM users WHERE id = $1", "DELETE FROM organizations WHERE id = $1"],
        alice.user_id,
        alice.org_id,
        request=http.post(path, json=sent, headers=alice.headers),
    )
    refused(answered, 404, "organization-not-found")


async def test_a_flow_changed_while_it_goes(http: httpx.AsyncClient, alice: Member) -> None:
    for _ in range(8):
        flow = await make_flow(http, alice)
        await publish(http, alice, flow)
        path = f"/flows/{flow['id']}"
        writes: list[Awaitable[httpx.Response]] = [
            http.put(path, json={"output": 1}, headers=alice.headers),
            http.post(f"{path}/publish", headers=alice.headers),
            http.delete(path, headers=alice.headers),
            http.post(f"{path}/versions/1/restore", headers=alice.headers),
            http.get(f"{path}/diff", headers=alice.headers),
            http.get(f"{path}/versions", headers=alice.headers),
            http.put(path, json={**DOCUMENT, "name": "x"}, headers=alice.headers),
        ]
        answers = await at_once(*writes, expected={200, 204, 404})
        assert statuses(answers)[204] == 1
        refused(await http.get(path, headers=alice.headers), 404, "not-found")
