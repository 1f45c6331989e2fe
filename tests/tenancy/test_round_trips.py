"""How often a request goes to the database and back, counted on the wire."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Databases, Member, founded
from tests.processes import serving
from tests.wire import Wire, wired

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "performance.md"
TOOL = {"name": "Slack", "baseUrl": "https://slack.example.com"}
FLOW = {"name": "Greeting", "steps": []}


@dataclass(frozen=True)
class Measured:
    http: httpx.AsyncClient
    wire: Wire
    alice: Member

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers={**self.alice.headers, **headers})

    async def trips(self, method: str, path: str, body: object = None, **headers: str) -> int:
        before = self.wire.round_trips
        answer = await self.ask(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        return self.wire.round_trips - before

    async def made(self, path: str, body: object) -> str:
        answer = await self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return f"{path}/{answer.json()['id']}"


@pytest.fixture(scope="module")
async def measured(
    module_database: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Measured]:
    """A service with one connection to the database, so that what one request prepared is there for the next."""
    with wired(module_database.service) as wire:
        settings = {
            "DATABASE_URL": wire.url,
            "DIRECT_URL": module_database.direct_url,
            "DATABASE_POOL_SIZE": "1",
            "RUN_WORKER": "false",  # its rounds would be counted too
        }
        with serving(tmp_path_factory.mktemp("measured"), settings) as served:
            async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
                yield Measured(http, wire, await founded(http, "alice@example.com"))


async def _all_kinds(measured: Measured) -> dict[str, int]:
    tool = await measured.made("/tools", TOOL)
    action = {"toolId": tool.removeprefix("/tools/"), "name": uuid4().hex, "method": "GET", "endpoint": "/"}
    flow = await measured.made("/flows", FLOW)
    key = {"Idempotency-Key": uuid4().hex}
    log = {
        "flowId": flow.removeprefix("/flows/"),
        "stepKey": "greet",
        "inputs": {},
        "status": "started",
    }
    ready = await measured.made("/flows", FLOW)
    await measured.ask("POST", f"{ready}/publish")
    run = await measured.ask("POST", f"{ready}/executions", {})
    action_path = await measured.made("/actions", {**action, "key": uuid4().hex})
    owned = {"name": "Another", "owner": {"email": "a@example.com"}}
    trips = measured.trips
    return {
        "read one": await trips("GET", tool),
        "read one with what it includes": await trips("GET", f"{tool}?include=actions"),
        "list": await trips("GET", "/tools?limit=50"),
        "list, filtered": await trips("GET", "/execution-logs?status=started"),
        "create": await trips("POST", "/tools", TOOL),
        "create a flow": await trips("POST", "/flows", FLOW),
        "create an action": await trips("POST", "/actions", action),
        "create an execution log": await trips("POST", "/execution-logs", log),
        "create with an `Idempotency-Key`": await trips("POST", "/tools", TOOL, **key),
        "the same again, replayed": await trips("POST", "/tools", TOOL, **key),
        "change": await trips("PUT", tool, {"name": "Renamed"}),
        "change a flow's name": await trips("PUT", flow, {"name": "Renamed"}),
        "change a flow's steps": await trips("PUT", flow, {"steps": [{"key": "a", "wait": {"seconds": 1}}]}),
        "publish a flow": await trips("POST", f"{flow}/publish"),
        "start a run": await trips("POST", f"{ready}/executions", {}),
        "cancel a run": await trips("POST", f"/executions/{run.json()['id']}/cancel"),
        "resume a run": await trips("POST", f"/executions/{run.json()['id']}/resume"),
        "read an execution with its steps": await trips("GET", f"/executions/{run.json()['id']}"),
        "run an action, until it is queued": await trips("POST", f"{action_path}/execute?wait=0", {}),
        "count a flow's runs": await trips("GET", f"{ready}/stats"),
        "try a flow that calls no action": await trips("POST", f"{ready}/dry-run", {}),
        "delete an action or an execution log": await trips(
            "DELETE", await measured.made("/actions", {**action, "key": uuid4().hex})
        ),
        "delete a tool, a user or a flow": await trips("DELETE", await measured.made("/tools", TOOL)),
        "create an organization": await trips("POST", "/organizations", {"name": "Another"}),
        "create an organization with its owner": await trips("POST", "/organizations", owned),
        "`/health`": await trips("GET", "/health"),
    }


@pytest.fixture(scope="module")
async def counted(measured: Measured) -> Mapping[str, int]:
    await _all_kinds(measured)  # prepares the statements
    return await _all_kinds(measured)


def test_reads_lists_and_creations_take_one_round_trip(counted: Mapping[str, int]) -> None:
    assert {kind: counted[kind] for kind in ("read one", "list", "create")} == {
        "read one": 1,
        "list": 1,
        "create": 1,
    }


def test_a_change_takes_four(counted: Mapping[str, int]) -> None:
    """BEGIN with the scope, the row locked, the UPDATE, COMMIT."""
    assert counted["change"] == 4


async def test_each_noun_is_read_listed_and_created_in_one(measured: Measured) -> None:
    """Also with a filter, with what it includes, and for an organization."""
    flow = await measured.made("/flows", FLOW)
    paths = ["/tools", "/actions", "/flows", "/users", "/execution-logs", "/organizations", flow]
    paths += ["/schedules", "/subscriptions"]
    paths += [
        f"{flow}/versions",
        f"{flow}/versions/1",
        "/tools?include=actions",
        "/organizations?include=counts",
    ]
    for path in paths:
        await measured.ask("GET", path)
        assert await measured.trips("GET", path) == 1, path
        assert await measured.trips("GET", path) == 1, path


async def test_a_refusal_takes_one_too(measured: Measured) -> None:
    """What is not there, and who is not a member: both are found out by the statement itself."""
    for headers in ({}, {"X-User-ID": str(uuid4())}, {"X-Org-ID": str(uuid4())}):
        before = measured.wire.round_trips
        answer = await measured.ask("GET", f"/tools/{uuid4()}", **headers)
        assert answer.status_code in (403, 404)
        assert measured.wire.round_trips - before == 1


async def test_an_api_key_costs_none_but_at_its_first_use(measured: Measured) -> None:
    """Whether it still holds is asked by the statement itself; whose it is, once in the life of a process."""
    made = await measured.ask("POST", "/api-keys", {"name": "Key"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    tool = await measured.made("/tools", TOOL)
    await measured.ask("GET", tool, **key)
    await measured.ask("GET", f"/api-keys/{made.json()['id']}", **key)
    while (await measured.ask("GET", f"/api-keys/{made.json()['id']}")).json()["lastUsedAt"] is None:
        pass  # which is written beside the requests
    for path in (tool, "/tools"):
        await measured.ask("GET", path, **key)
        assert await measured.trips("GET", path, **key) == 1
    await measured.ask("POST", "/tools", TOOL, **key)
    assert await measured.trips("POST", "/tools", TOOL, **key) == 1
    await measured.ask("PUT", tool, {"name": "Renamed"}, **key)
    assert await measured.trips("PUT", tool, {"name": "Renamed once more"}, **key) == 4
    revoked = await measured.ask("DELETE", f"/api-keys/{made.json()['id']}")
    assert revoked.status_code == 204
    before = measured.wire.round_trips
    assert (await measured.ask("GET", tool, **key)).status_code == 401
    assert measured.wire.round_trips - before == 1


async def test_a_limited_key_costs_one_more_now_and_then(measured: Measured) -> None:
    """That in which tokens for many requests are fetched, which no clock is asked about here."""
    made = await measured.ask("POST", "/api-keys", {"name": "Key", "maxRequestsPerMinute": 10_000_000})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    await measured.ask("GET", "/tools", **key)
    trips = [await measured.trips("GET", "/tools", **key) for _ in range(10)]
    assert min(trips) == 1


def test_the_documentation_tells_the_same(counted: Mapping[str, int]) -> None:
    trips, _, _figures = DOCUMENTATION.read_text().partition("## Figures")
    rows = re.findall(r"^\| (.+?) +\| +(\d+) +\|", trips, re.MULTILINE)
    assert {kind: int(number) for kind, number in rows} == counted
