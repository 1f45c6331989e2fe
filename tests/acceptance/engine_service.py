"""The engine as it is run: the API, workers and a tool, each a process of its own, and how to end them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.acceptance.answers import until
from tests.acceptance.flows import ACTIONS, KINDS, SINGLE
from tests.api.factories import make_action, make_flow, make_tool, publish
from tests.conftest import Member, founded
from tests.processes import Worker, serving, start_tool, start_worker
from tolstoy.core.database_urls import parse

LEASE = {"LEASE_SECONDS": "2"}


class Crew:
    """Workers that are killed and replaced."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._settings = settings
        self._made = 0
        self.workers: list[Worker] = []

    def hire(self) -> Worker:
        self._made += 1
        worker = start_worker(self._folder, self._settings, f"worker-{self._made}")
        self.workers.append(worker)
        return worker

    def kill(self, worker: Worker) -> None:
        worker.signal_group(signal.SIGKILL)
        worker.process.wait(10)
        self.workers.remove(worker)

    async def until_it_works(self, seconds: float = 30) -> None:
        async def works() -> bool:
            return all(worker.works() for worker in self.workers)

        await until(works, seconds)

    def said(self, action: str) -> int:
        """How often the workers, also those that are gone, have logged this."""
        logs = self._folder.glob("worker-*.log")
        return sum(log.read_text(errors="replace").count(f'"action":"{action}"') for log in logs)

    def end(self) -> None:
        for worker in list(self.workers):
            if worker.process.poll() is None:
                self.kill(worker)


@dataclass
class Engine:
    http: httpx.AsyncClient
    tool: httpx.AsyncClient
    crew: Crew
    alice: Member
    flows: dict[str, str]
    direct_url: str

    async def ask(self, kind: str, **inputs: Any) -> httpx.Response:
        """The answer to a start."""
        path = f"/flows/{self.flows[kind]}/executions"
        return await self.http.post(path, json={"inputs": inputs}, headers=self.alice.headers)

    async def start(self, kind: str, **inputs: Any) -> str:
        begun = await self.ask(kind, **inputs)
        assert begun.status_code == 202, begun.text
        return str(begun.json()["id"])

    async def execution(self, execution_id: str) -> dict[str, Any]:
        found = await self.http.get(f"/executions/{execution_id}", headers=self.alice.headers)
        assert found.status_code == 200, found.text
        body: dict[str, Any] = found.json()
        return body

    async def ended(self, execution_id: str, seconds: float = 60) -> dict[str, Any]:
        """The execution, once it has ended."""
        found: dict[str, Any] = {}

        async def over() -> bool:
            found.update(await self.execution(execution_id))
            return found["status"] in ("succeeded", "failed", "cancelled")

        await until(over, seconds)
        return found

    async def calls(self) -> list[dict[str, Any]]:
        """What the tool was asked, oldest first."""
        asked: list[dict[str, Any]] = (await self.tool.get("/requests")).json()
        return asked

    async def until_called(self, times: int, seconds: float = 30) -> None:
        async def called() -> bool:
            return len(await self.calls()) >= times

        await until(called, seconds)

    @contextlib.asynccontextmanager
    async def owner(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(**parse(self.direct_url).asyncpg_kwargs())
        try:
            yield connection
        finally:
            await connection.close()

    async def approve_all(self, owner: asyncpg.Connection) -> None:
        """Approve what waits for it now, as Alice."""
        for execution, step in await owner.fetch(_OPEN_APPROVALS):
            path = f"/executions/{execution}/steps/{step}/approve"
            decided = await self.http.post(path, headers=self.alice.headers)
            assert decided.status_code in (200, 503), decided.text

    async def until_all_ended(self, seconds: float) -> None:
        async with self.owner() as owner:

            async def over() -> bool:
                await self.approve_all(owner)
                return not await owner.fetch(_NOT_ENDED)

            try:
                await until(over, seconds)
            except AssertionError as exc:
                left = "\n".join(map(str, await owner.fetch(_NOT_ENDED)))
                raise AssertionError(f"these runs have not ended:\n{left}") from exc


_OPEN_APPROVALS = "SELECT execution_id, step_key FROM waits WHERE kind = 'approval' AND closed_at IS NULL"
_NOT_ENDED = (
    "SELECT e.id, e.status, parked, job_id, q.status AS job, now() - q.heartbeat AS silent, epoch, claims,"
    " signalled, waiting_for, wake_at, inputs FROM executions e LEFT JOIN queue.pgqueuer q ON q.id = job_id"
    " WHERE e.status IN ('queued', 'running', 'waiting') ORDER BY e.id LIMIT 20"
)


@contextlib.asynccontextmanager
async def engine(
    folder: Path,
    database_url: str,
    direct_url: str,
    *,
    workers: int = 2,
    kinds: Iterable[str] = KINDS,
    **settings: str,
) -> AsyncIterator[Engine]:
    """Alice's organization has the actions, and the flows of these kinds."""
    urls = {"DATABASE_URL": database_url, "DIRECT_URL": direct_url}
    told = {**urls, **LEASE, "EGRESS_ALLOW": "127.0.0.1/32", **settings}
    tool, crew = start_tool(folder), Crew(folder, told)
    try:
        with serving(folder, {**urls, "RUN_WORKER": "false"}) as served:
            async with (
                httpx.AsyncClient(base_url=served.url, timeout=30) as http,
                httpx.AsyncClient(base_url=tool.url, timeout=30) as asked,
            ):
                alice = await founded(http, "alice@example.com")
                flows = await _registered(http, alice, tool.url, kinds)
                for _ in range(workers):
                    crew.hire()
                await crew.until_it_works()
                yield Engine(http, asked, crew, alice, flows, direct_url)
            assert "request_failed" not in served.log(), served.log()[-3000:]
    finally:
        crew.end()
        survived = tool.process.poll() is None
        tool.end()
    assert survived, tool.log()[-3000:]


async def _registered(
    http: httpx.AsyncClient, alice: Member, address: str, kinds: Iterable[str]
) -> dict[str, str]:
    tool = await make_tool(http, alice, baseUrl=address)
    await asyncio.gather(
        *(make_action(http, alice, tool, key=key, **fields) for key, fields in ACTIONS.items())
    )
    made: dict[str, str] = {}
    for name in kinds:
        document = SINGLE[name] if name in SINGLE else KINDS[name].document
        flow = await make_flow(http, alice, name=name, **document(made))
        made[name] = flow["id"]
        await publish(http, alice, flow)
    return made
