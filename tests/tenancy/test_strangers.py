"""A stranger at every route: Charlie, an admin elsewhere, finds nothing of Alice's and changes nothing of hers.

Generated from the routing table. Who adds a route meets these tests: they ask for a way to make what its path names
(`_one_of_everything`) and for a body of its type (`BODIES` in `routes.py`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.api.acting import open_wait
from tests.api.triggers import one_of_each_trigger
from tests.conftest import Databases, Member, founded
from tests.engine.echo_server import serving_in_thread
from tests.tenancy.catalog import COUNTERS
from tests.tenancy.routes import (
    ALL,
    BODIES,
    BY_ID,
    DOCUMENT,
    LISTS,
    OAUTH2,
    OPEN,
    PAGES,
    REFERRING,
    TENANT,
    Route,
    references,
)
from tolstoy.db.tenancy import Door

# What Charlie's own things are named by as well.
COMMON = {"version", "step_path"}


async def _one_of_everything(http: httpx.AsyncClient, member: Member, receiver: str) -> dict[str, str]:
    """The id of one thing of each kind, by the name it has in paths; `receiver` is who is told of events."""

    async def made(path: str, body: Mapping[str, Any]) -> str:
        answer = await http.post(path, json=body, headers=member.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    tool = await made("/tools", {"name": "Hers", "baseUrl": "https://hers.invalid", "authType": "oauth2"})
    credential = await made(f"/tools/{tool}/credentials", {"name": "Hers", "oauth2": OAUTH2})
    begun = await http.post(f"/tools/{tool}/credentials/{credential}/authorize", headers=member.headers)
    assert begun.status_code == 200, begun.text
    action = await made(
        "/actions", {"toolId": tool, "name": "Post", "method": "POST", "endpoint": "/messages"}
    )
    flow = await made("/flows", {"name": "Greeting", **DOCUMENT})
    published = await http.post(f"/flows/{flow}/publish", headers=member.headers)
    assert published.status_code == 200, published.text
    log = {"flowId": flow, "stepKey": "greet", "inputs": {"secret": "hers"}, "status": "completed"}
    triggers = await one_of_each_trigger(http, member, flow, receiver)
    run = await http.post(f"/flows/{flow}/executions", json={}, params={"wait": 30}, headers=member.headers)
    assert run.status_code == 200, run.text
    return {
        "user_id": await made("/users", {"email": "colleague@example.com"}),
        "api_key_id": await made("/api-keys", {"name": "Hers"}),
        "tool_id": tool,
        "credential_id": credential,
        "action_id": action,
        "flow_id": flow,
        "version": "1",
        "execution_id": await open_wait(http, member),
        "step_path": "ok",
        "execution_log_id": await made("/execution-logs", log),
        **triggers,
    }


@dataclass(frozen=True)
class Party:
    member: Member
    ids: Mapping[str, str]


async def _party(http: httpx.AsyncClient, email: str, member: Member | None = None) -> Party:
    member = member or await founded(http, email)
    with serving_in_thread() as receiver:
        return Party(member, await _one_of_everything(http, member, receiver.url))


@pytest.fixture(scope="module")
async def alices(http: httpx.AsyncClient) -> Party:
    return await _party(http, "alice@example.com")


@pytest.fixture(scope="module")
async def charlies(http: httpx.AsyncClient) -> Party:
    return await _party(http, "charlie@example.com")


@pytest.fixture(scope="module")
async def owner(served_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


async def _everything_of(owner: asyncpg.Connection, org_id: str) -> dict[str, list[str]]:
    tables = await owner.fetch(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'org_id' ORDER BY 1"
    )
    held = {
        name: await owner.fetch(f"SELECT t::text AS row FROM {name} t WHERE org_id = $1 ORDER BY 1", org_id)
        for (name,) in tables
    }
    for name in COUNTERS:  # Alice's own requests move them; test_rate_limits has what a stranger's do
        held[name] = await owner.fetch(
            f"SELECT id::text AS row FROM {name} WHERE org_id = $1 ORDER BY 1", org_id
        )
    held["organizations"] = await owner.fetch(
        "SELECT t::text AS row FROM organizations t WHERE id = $1", org_id
    )
    return {name: [row["row"] for row in rows] for name, rows in held.items()}


@pytest.fixture(autouse=True)
async def nothing_of_alices_changes(owner: asyncpg.Connection, alices: Party) -> AsyncIterator[None]:
    before = await _everything_of(owner, alices.member.org_id)
    may_be_empty = {"idempotency_keys", *COUNTERS}
    assert all(before[name] for name in before.keys() - may_be_empty), "every table holds a row"
    yield
    assert await _everything_of(owner, alices.member.org_id) == before


def test_every_route_goes_through_a_door_or_is_known_to_be_open() -> None:
    """A new route is a member's by default; one that is open to all has to be written down here."""
    without_operation = {path for _, path, operation in ALL if operation is None}
    without_door = {operation.name for *_, operation in ALL if operation and operation.door is None}
    outside = {path for _, path, operation in ALL if operation and operation.door is Door.PLATFORM}
    assert without_operation <= PAGES
    assert without_door <= OPEN
    assert {path.split("/")[0] for path in outside} == {"organizations"}
    assert len(BY_ID) >= 21 and len(LISTS) >= 5, "the routing table was read"


@pytest.mark.parametrize("route", BY_ID, ids=str)
async def test_ids_of_another_organization_lead_nowhere(
    http: httpx.AsyncClient, alices: Party, charlies: Party, route: Route
) -> None:
    """404, whatever the method and with whatever ETag: that something exists is not told.

    Where a path has several ids, one of Alice's among one's own is enough.
    """
    conditions = {"If-Match": '"99"', "If-None-Match": "*"}
    for name in (name for name, type_ in route.operation.path.items() if type_ is UUID):
        address = route.address({**charlies.ids, name: alices.ids[name]})
        for headers in (charlies.member.headers, {**charlies.member.headers, **conditions}):
            answer = await http.request(route.method, address, json=route.body(charlies.ids), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), answer.text


async def test_what_is_not_found_by_others_is_there(http: httpx.AsyncClient) -> None:
    """The same paths and bodies as above lead somewhere for whom they belong to: none answers 404."""
    dora = await _party(http, "dora@example.com")
    # the approval before its run is ended otherwise, and the removals last, of parts before what they are part of
    for route in sorted(
        BY_ID,
        key=lambda route: (route.method == "DELETE", "/steps/" not in route.path, -route.path.count("/")),
    ):
        sent: dict[str, Any] = {"json": route.body(dora.ids), "headers": dora.member.headers}
        # not read to its end: the events of a run that waits have none
        async with http.stream(route.method, route.address(dora.ids), **sent) as answer:
            assert answer.status_code < 500 and answer.status_code != 404, route


@pytest.mark.parametrize("route", TENANT, ids=str)
async def test_who_is_no_member_is_refused(
    http: httpx.AsyncClient, alices: Party, charlies: Party, route: Route
) -> None:
    """403 in an organization one is not in; 404 for one that does not exist."""
    alice, charlie, nobody = alices.member, charlies.member, str(uuid4())
    refusals = {
        (alice.org_id, charlie.user_id): (403, "not-a-member"),
        (alice.org_id, nobody): (403, "not-a-member"),
        (charlie.org_id, alice.user_id): (403, "not-a-member"),
        (nobody, alice.user_id): (404, "organization-not-found"),
        (str(UUID(int=0)), alice.user_id): (404, "organization-not-found"),
    }
    for (org_id, user_id), expected in refusals.items():
        answer = await http.request(
            route.method,
            route.address(alices.ids),
            json=route.body(alices.ids),
            headers=Member(org_id, user_id).headers,
        )
        assert (answer.status_code, answer.json()["code"]) == expected, answer.text


@pytest.mark.parametrize("route", LISTS, ids=str)
async def test_lists_hold_nothing_of_others(
    http: httpx.AsyncClient, alices: Party, charlies: Party, route: Route
) -> None:
    """Neither plain, nor filtered by Alice's ids, nor with a cursor of hers."""
    path, headers = route.address({}), charlies.member.headers
    plain = await http.get(path, params={"limit": 200}, headers=headers)
    assert plain.status_code == 200 and plain.json()["data"], plain.text
    assert {row["orgId"] for row in plain.json()["data"]} == {charlies.member.org_id}
    named = [id_ for name, id_ in alices.ids.items() if name not in COMMON]
    for id_ in (*named, alices.member.org_id, alices.member.user_id):
        assert f'"{id_}"' not in plain.text

    for field in references(route.operation.query):
        name = field.removesuffix("Id") + "_id"
        sent = alices.ids.get(name, alices.member.user_id)
        filtered = await http.get(path, params={field: sent}, headers=headers)
        assert (filtered.status_code, filtered.json()["data"]) == (200, []), filtered.text


async def test_a_cursor_of_another_organization_is_refused(
    http: httpx.AsyncClient, alices: Party, charlies: Party
) -> None:
    """It is bound to the organization it was made for."""
    hers = await http.get("/users", params={"limit": 1}, headers=alices.member.headers)
    cursor = hers.json()["page"]["nextCursor"]
    answer = await http.get("/users", params={"limit": 1, "cursor": cursor}, headers=charlies.member.headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_cursor"), answer.text


@pytest.mark.parametrize(
    ("route", "field"), REFERRING, ids=[f"{route} {field}" for route, field in REFERRING]
)
async def test_bodies_cannot_refer_to_others_things(
    http: httpx.AsyncClient, alices: Party, charlies: Party, route: Route, field: str
) -> None:
    """422 with a pointer, the same as for an id that exists nowhere; with one's own id it works."""
    body = route.body(charlies.ids) or {}
    assert field in body, f"{route}: BODIES needs {field}, which refers to something"
    name = BODIES[route.operation.body.__name__][field]
    for foreign in (alices.ids[name], str(uuid4())):
        refused = await http.request(
            route.method,
            route.address(charlies.ids),
            json={**body, field: foreign},
            headers=charlies.member.headers,
        )
        assert refused.status_code == 422, refused.text
        findings = [(finding["pointer"], finding["code"]) for finding in refused.json()["errors"]]
        assert findings == [(f"/{field}", "not_found")]
    allowed = await http.request(
        route.method, route.address(charlies.ids), json=body, headers=charlies.member.headers
    )
    assert allowed.status_code in (200, 201), allowed.text


async def test_an_idempotency_key_is_its_organizations_own(
    http: httpx.AsyncClient, charlies: Party, served_database: Databases
) -> None:
    """The same key and the same body in two organizations are two requests."""
    other = await founded(http, "dora@example.com")
    body, key = {"name": "Twice", "baseUrl": "https://twice.example.com"}, {"Idempotency-Key": "the-same"}
    first, second = [
        await http.post("/tools", json=body, headers={**member.headers, **key})
        for member in (other, charlies.member)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["orgId"] != second.json()["orgId"]
    assert "Idempotency-Replayed" not in second.headers


async def test_included_actions_and_counts_are_ones_own(
    http: httpx.AsyncClient, alices: Party, charlies: Party
) -> None:
    """What a response carries along stays within the organization too."""
    listed = await http.get("/tools", params={"include": "actions"}, headers=charlies.member.headers)
    owners = {action["orgId"] for tool in listed.json()["data"] for action in tool["actions"]}
    assert owners == {charlies.member.org_id}
    assert alices.member.org_id not in json.dumps(listed.json())
