"""Whether the service lives, whether it can work, and who may see how it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Databases, Member, founded
from tests.processes import serving, start_worker
from tolstoy.core.database_urls import parse
from tolstoy.db import migrate

GATEWAY = {"X-Gateway-Secret": "g" * 32}


async def test_health_says_that_it_lives(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_status_says_what_it_needs_to_work(http: httpx.AsyncClient) -> None:
    answer = await http.get("/status")
    assert answer.status_code == 200
    status = answer.json()
    assert status["status"] == "ok"
    assert status["database"]["status"] == "ok"
    assert 0 < status["database"]["latencyMs"] < 5000
    applied = len(migrate.known())
    assert status["migrations"] == {"status": "current", "applied": applied, "pending": []}


async def test_detailed_status_is_open_in_development_and_tells_no_secret(
    http: httpx.AsyncClient, served_database: Databases
) -> None:
    answer = await http.get("/status/detailed")
    assert answer.status_code == 200
    detailed = answer.json()
    assert detailed["versions"].keys() == {"tolstoy", "python", "sanic", "postgres"}
    assert float(detailed["versions"]["postgres"].partition(".")[0]) >= 15
    assert detailed["pool"] == {"size": 10, "busy": 0, "waiting": 0}
    assert detailed["worker"]["uptimeSeconds"] > 0
    assert detailed["queue"].keys() == {
        *("status", "queued", "inHand", "oldestSeconds", "workers", "parked", "waiting")
    }
    assert detailed["worker"]["memoryBytes"] > 10_000_000
    assert detailed["deployment"]["env"] == "development"
    assert SERVICE_PASSWORD not in answer.text
    assert SERVICE_USER not in answer.text
    assert parse(served_database.database_url).database not in answer.text


class Wire:
    """Stands between the service and its database, and can be silent or cut."""

    def __init__(self, databases: Databases) -> None:
        self._options = databases.service
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = f"{SERVICE_USER}:{SERVICE_PASSWORD}@127.0.0.1:{port}"
        try:
            yield f"postgresql://{login}/{self._options.database}?sslmode=disable"
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def silence(self) -> None:
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        options = self._options
        if options.is_socket:
            path = f"{options.host}/.s.PGSQL.{options.port}"
            far_reader, far_writer = await asyncio.open_unix_connection(path)
        else:
            far_reader, far_writer = await asyncio.open_connection(options.host, options.port)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._tasks.add(task)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._open.wait()
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()


async def _status(client: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    answer = await client.get("/status")
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()


async def test_a_database_that_is_silent_does_not_silence_the_service(
    database: Databases, tmp_path: Path
) -> None:
    wire = Wire(database)
    async with wire.listening() as url:
        settings = {"DATABASE_URL": url, "DIRECT_URL": database.direct_url}
        context = serving(tmp_path, settings)
        process = await asyncio.to_thread(context.__enter__)
        try:
            async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:
                assert (await _status(client))[0] == 200
                wire.silence()
                answers = await asyncio.gather(*(_status(client) for _ in range(30)))
                assert {code for code, _ in answers} == {503}
                assert answers[0][1]["status"] == "down"
                assert answers[0][1]["database"] == {"status": "unreachable", "latencyMs": None}
                assert answers[0][1]["migrations"]["status"] == "unknown"
                assert answers[0][1]["queue"] == {"status": "unknown"}
                assert (await client.get("/health")).status_code == 200
                # thirty questions hold one connection
                detailed = (await client.get("/status/detailed")).json()
                assert detailed["pool"]["busy"] <= 1
                assert detailed["versions"]["postgres"] is None
                async with asyncio.timeout(15):  # what was known is told for some seconds
                    while "tolstoy_queue_" in (await client.get("/metrics", timeout=5)).text:
                        await asyncio.sleep(0.2)
                wire.speak()
                assert (await _status(client))[0] == 200
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)


@pytest.fixture
async def owner(database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


async def test_status_tells_an_outdated_schema_from_one_ahead(
    database: Databases, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving(tmp_path, urls) as process:
        async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:
            last = migrate.known()[-1]
            await owner.execute(
                "INSERT INTO aerich (version, app, content) VALUES ('99_of_tomorrow.py', 'models', '{}')"
            )
            code, status = await _status(client)
            assert (code, status["status"], status["migrations"]["status"]) == (200, "ok", "ahead")
            await owner.execute("DELETE FROM aerich WHERE version = $1", last)
            code, status = await _status(client)
            assert (code, status["status"]) == (503, "degraded")
            assert status["migrations"]["status"] == "outdated"
            assert status["migrations"]["pending"] == [last]


async def test_status_says_whether_anybody_runs_what_is_started(
    database: Databases, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """A job that nobody takes for half a minute; the API is not taken out of service for it."""
    urls = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving(tmp_path, {**urls, "RUN_WORKER": "false"}) as process:
        async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:

            async def queue_is(status: str) -> None:
                """What is known of it may be some seconds old."""
                async with asyncio.timeout(15):
                    while (told := await _status(client))[1]["queue"] != {"status": status}:
                        await asyncio.sleep(0.2)
                assert (told[0], told[1]["status"]) == (200, "ok")

            await queue_is("idle")
            await owner.execute(
                "INSERT INTO queue.pgqueuer (priority, status, entrypoint, execute_after, payload) VALUES"
                " (0, 'queued', 'run', now() - interval '1 minute', $1),"
                " (0, 'queued', 'run', now() + interval '1 hour', $1)",
                bytes(32),
            )
            await queue_is("no-workers")
            numbers = (await client.get("/status/detailed")).json()["queue"]
            assert 60 <= numbers.pop("oldestSeconds") < 120
            expected = {"queued": 2, "inHand": 0, "workers": 0, "parked": 0, "waiting": 0}
            assert numbers == {"status": "no-workers", **expected}
            worker = start_worker(tmp_path, urls)
            try:
                await queue_is("ok")  # the one that is due is done, the other is to come
                numbers = (await client.get("/status/detailed")).json()["queue"]
                assert (numbers["queued"], numbers["workers"], numbers["oldestSeconds"]) == (1, 1, 0)
            finally:
                worker.end()


async def test_in_production_only_an_admin_sees_the_details(database: Databases, tmp_path: Path) -> None:
    settings = {
        "DATABASE_URL": database.database_url,
        "APP_ENV": "production",
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": GATEWAY["X-Gateway-Secret"],
        "APP_KEY": f"{'k' * 42}8=",
        "HOST": "127.0.0.1",
        "WORKERS": "1",
    }
    with serving(tmp_path, settings) as process:
        async with httpx.AsyncClient(base_url=process.url, timeout=20, headers=GATEWAY) as client:
            admin = await founded(client, "admin@example.com")
            made = await client.post("/users", json={"email": "bob@example.com"}, headers=admin.headers)
            bob = Member(admin.org_id, made.json()["id"])
            stranger = await founded(client, "stranger@example.com")

            async def asked(headers: dict[str, str]) -> tuple[int, str | None]:
                answer = await client.get("/status/detailed", headers=headers)
                return answer.status_code, answer.json().get("code")

            assert await asked(admin.headers) == (200, None)
            assert await asked(bob.headers) == (403, "permission-denied")
            assert await asked(Member(admin.org_id, stranger.user_id).headers) == (403, "not-a-member")
            assert await asked({}) == (400, "malformed")
            assert await asked({**admin.headers, "X-Gateway-Secret": "wrong"}) == (401, "unauthenticated")
            for path in ("/health", "/status", "/metrics", "/openapi.json", "/docs"):
                open_to_all = await client.get(path, headers={"X-Gateway-Secret": ""})
                assert open_to_all.status_code == 200, path
            described = (await client.get("/openapi.json")).json()["paths"]["/status/detailed"]["get"]
            assert {"401", "403"} <= described["responses"].keys()
