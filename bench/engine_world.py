"""Two organizations with flows on the embedded Postgres, and what the figures of the engine do with them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
from uuid_utils.compat import uuid7

from bench import servers
from bench.servers import Server
from tolstoy.cli.addresses import EMBEDDED_OWNER, EMBEDDED_SERVICE
from tolstoy.db import embedded

MOST_AT_ONCE = 10_000
EMPTY = "bench_empty"
_JSON = {"Content-Type": "application/json"}
_CALL = {"run": "{{ execution.id }}", "order": "ord_1042", "amount": 1999}


def _calls(action: str) -> list[dict[str, Any]]:
    return [{"key": key, "action": action, "inputs": {**_CALL, "step": key}} for key in "abc"]


def _transforms(number: int) -> list[dict[str, Any]]:
    first = {"key": "s0", "transform": {"total": "{{ execution.version * 1999 }}"}}
    more = (
        {"key": f"s{n}", "transform": {"total": f"{{{{ steps.s{n - 1}.output.total + 1 }}}}"}}
        for n in range(1, number)
    )
    return [first, *more]


FLOWS = {
    "http3": _calls("call"),
    "slow3": _calls("slow"),
    "transform3": _transforms(3),
    "transform10": _transforms(10),
    "transform1000": _transforms(1000),
    "wait": [{"key": "cool", "wait": {"seconds": 3600}}],
}


@dataclass(frozen=True)
class Organization:
    id: str
    user_id: str
    flows: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Org-ID": self.id, "X-User-ID": self.user_id}


@dataclass(frozen=True)
class World:
    folder: Path
    tool_port: int
    alice: Organization
    bob: Organization
    database: str = "postgres"

    @property
    def address(self) -> str:
        return self._url(EMBEDDED_OWNER)

    def _url(self, user: str) -> str:
        server = embedded.running(self.folder / "data" / "postgres")
        assert server is not None, "it is leased for as long as this is used"
        return server.url(user=user, database=self.database)

    def in_database(self, name: str) -> World:
        return replace(self, database=name)

    @contextlib.contextmanager
    def worker(self, **settings: str) -> Iterator[psutil.Process]:
        service = self._url(EMBEDDED_SERVICE)
        with servers.worker(self.folder, service, self.address, **settings) as process:
            yield process

    @contextlib.contextmanager
    def api(self) -> Iterator[Server]:
        with servers.tolstoy(self.folder, RUN_WORKER="false") as api:
            yield api

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.address)
        try:
            yield connection
        finally:
            await connection.close()


@contextlib.contextmanager
def made(folder: Path) -> Iterator[World]:
    with embedded.leased(folder / "data" / "postgres"), servers.tool(folder) as port:
        with servers.tolstoy(folder, RUN_WORKER="false") as api:
            alice, bob = (_organization(api, name, port) for name in ("alice", "bob"))
        world = World(folder, port, alice, bob)
        asyncio.run(_keep_a_copy(world.in_database("template1")))
        yield world


async def _keep_a_copy(template: World) -> None:
    """As it is now, for figures that need databases of their own; it is copied while nobody is connected to it."""
    async with template.connected() as connection:
        await connection.execute(f"CREATE DATABASE {EMPTY} TEMPLATE postgres")


def _organization(api: Server, name: str, port: int) -> Organization:
    def post(path: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
        return json.loads(api.ask("POST", path, {**_JSON, **headers}, json.dumps(body).encode()))

    owner = {"name": name, "owner": {"email": f"{name}@example.com"}}
    organization = post("/organizations", {}, owner)
    headers = {"X-Org-ID": organization["id"], "X-User-ID": organization["owner"]["id"]}
    tool = post("/tools", headers, {"name": "Shop", "baseUrl": f"http://127.0.0.1:{port}"})
    for key in ("call", "slow"):
        endpoint = f"/{key}/{{run}}/{{step}}"
        action = {"toolId": tool["id"], "key": key, "name": key, "method": "POST", "endpoint": endpoint}
        post("/actions", headers, action)
    flows = {}
    for name, steps in FLOWS.items():
        flow = post("/flows", headers, {"name": name, "steps": steps})
        api.ask("POST", f"/flows/{flow['id']}/publish", headers)
        flows[name] = flow["id"]
    return Organization(headers["X-Org-ID"], headers["X-User-ID"], flows)


async def allow(connection: asyncpg.Connection, organization: Organization, most: int) -> None:
    """How many runs it may have at once."""
    await connection.execute(
        "UPDATE organizations SET max_running_executions = $2 WHERE id = $1", UUID(organization.id), most
    )


async def enqueue(
    connection: asyncpg.Connection,
    organization: Organization,
    flow: str,
    number: int,
    most: int = MOST_AT_ONCE,
) -> list[UUID]:
    """Queue so many runs in one commit, as `executions.start` would one by one; those beyond `most` are parked."""
    runs = [uuid7() for _ in range(number)]
    await connection.execute("SELECT set_config('app.org_id', $1, false)", organization.id)
    await connection.execute(
        _ENQUEUE,
        runs,
        UUID(organization.id),
        UUID(organization.user_id),
        UUID(organization.flows[flow]),
        most,
    )
    return runs


_ENQUEUE = """
INSERT INTO executions (id, org_id, user_id, flow_id, version, trigger, inputs, callback_secret, deadline_at, parked,
                        job_id, seq, status_seq)
SELECT run, $2, $3, $4, 1, 'manual', '{}', '\\x00112233445566778899aabbccddeeff', now() + interval '1 year',
       nth > $5, CASE WHEN nth <= $5 THEN tolstoy.enqueue('run', run, (1 - nth)::int, NULL) END, 1, 1
FROM unnest($1::uuid[]) WITH ORDINALITY AS given (run, nth)
"""


async def finished(connection: asyncpg.Connection, runs: list[UUID]) -> float:
    """Wait until all have succeeded; the seconds from the first claim to the last end."""
    while await connection.fetchval(_ACTIVE):
        await asyncio.sleep(0.1)
    ((seconds, failed),) = await connection.fetch(_TOOK, runs)
    if failed:
        raise RuntimeError(f"{failed} of {len(runs)} runs have not succeeded")
    return float(seconds)


_ACTIVE = "SELECT true FROM executions WHERE status IN ('queued', 'running') LIMIT 1"
_TOOK = """
SELECT extract(epoch FROM max(finished_at) - min(started_at)) AS seconds,
       count(*) FILTER (WHERE status <> 'succeeded') AS failed
FROM executions WHERE id = ANY ($1)
"""


def postgres_cpu_seconds(world: World) -> float:
    server = embedded.running(world.folder / "data" / "postgres")
    assert server is not None
    postmaster = psutil.Process(server.pid)
    total = 0.0
    for process in (postmaster, *postmaster.children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # what a backend that has ended took is its parent's, as `children_…`
            total += times.user + times.system
    return total


def cpu_percent(world: World, worker: psutil.Process, seconds: float) -> float:
    """Of one core, worker and Postgres together, over so many seconds."""

    def used() -> float:
        times = worker.cpu_times()
        return times.user + times.system + postgres_cpu_seconds(world)

    before, began = used(), time.perf_counter()
    time.sleep(seconds)
    return (used() - before) / (time.perf_counter() - began) * 100
