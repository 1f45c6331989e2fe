"""`tolstoy serve` as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from tests.conftest import Databases, Member, founded
from tests.processes import Served, free_port, serving, start
from tolstoy.db.database import UnsafeRoleError, refuse_unsafe_role

SECRET = "a-gateway-secret-of-forty-characters-yes"
APP_KEY = f"{'k' * 42}8="
TOOL = {"name": "Slack", "baseUrl": "https://slack.example.com"}


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


def _settings(databases: Databases, **settings: str) -> dict[str, str]:
    return {"DATABASE_URL": databases.database_url, "DIRECT_URL": databases.direct_url, **settings}


def _ended(served: Served) -> str:
    """What a start that must fail says."""
    try:
        assert served.process.wait(30) not in (0, None)
    finally:
        served.stop(signal.SIGKILL)
    said = served.log()
    assert "Traceback" not in said, said
    return said


async def _sessions(owner: asyncpg.Connection, name: str, waiting: str = "") -> int:
    count: int = await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = $1 AND ($2 = '' OR wait_event_type = $2)",
        name,
        waiting,
    )
    return count


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("workers", "number"),
    [(1, signal.SIGTERM), (1, signal.SIGINT), (2, signal.SIGTERM), (2, signal.SIGINT)],
    ids=["one worker, SIGTERM", "one worker, SIGINT", "two workers, SIGTERM", "two workers, SIGINT"],
)
async def test_a_request_under_way_is_answered_before_the_end(
    module_database: Databases,
    owner: asyncpg.Connection,
    tmp_path: Path,
    workers: int,
    number: signal.Signals,
) -> None:
    """It waits for a lock when the service is told to stop; then the process ends well and leaves no session."""
    name = f"serving{workers}{number.name}"
    settings = _settings(module_database, WORKERS=str(workers), SHUTDOWN_TIMEOUT="10")
    settings["DATABASE_URL"] += f"&application_name={name}"
    with serving(tmp_path, settings) as served:
        workers_seen = psutil.Process(served.process.pid).children(recursive=True)
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = (await http.post("/tools", json=TOOL, headers=alice.headers)).json()["id"]
            locker = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
            async with locker.transaction():
                await locker.execute("SELECT FROM tools WHERE id = $1 FOR UPDATE", tool)
                slow = asyncio.create_task(
                    http.put(f"/tools/{tool}", json={"name": "Late"}, headers=alice.headers)
                )

                async def it_waits() -> bool:
                    return await _sessions(owner, name, "Lock") == 1

                await _until(it_waits)
                served.process.send_signal(number)
                await asyncio.sleep(0.7)
                assert served.process.poll() is None, "it waits for the request"
            await locker.close()
            answer = await slow
        assert (answer.status_code, answer.json()["name"]) == (200, "Late")
        assert await asyncio.to_thread(served.process.wait, 10) == 0, served.log()[-2000:]
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers_seen, timeout=5)
        assert alive == []

        async def no_session_is_left() -> bool:
            return await _sessions(owner, name) == 0

        await _until(no_session_is_left)
        assert "Traceback" not in served.log() and "request_failed" not in served.log()


async def test_a_request_that_takes_too_long_does_not_keep_the_service_from_ending(
    module_database: Databases, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """After SHUTDOWN_TIMEOUT it is given up; what it was about to change is undone."""
    settings = _settings(module_database, SHUTDOWN_TIMEOUT="1")
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = (await http.post("/tools", json=TOOL, headers=alice.headers)).json()["id"]
            locker = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
            async with locker.transaction():
                await locker.execute("SELECT FROM tools WHERE id = $1 FOR UPDATE", tool)
                slow = asyncio.create_task(
                    http.put(f"/tools/{tool}", json={"name": "Never"}, headers=alice.headers)
                )
                await asyncio.sleep(0.3)
                served.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(served.process.wait, 15) == 0
            await locker.close()
            with contextlib.suppress(httpx.TransportError):
                assert (await slow).status_code == 503
    assert await owner.fetchval("SELECT name FROM tools WHERE id = $1", tool) == "Slack"


async def test_workers_end_with_the_process_that_watches_them(
    module_database: Databases, tmp_path: Path
) -> None:
    """Killed with -9, it can tell them nothing; they would hold the port for ever."""
    with serving(tmp_path, _settings(module_database, WORKERS="2")) as served:
        workers = psutil.Process(served.process.pid).children(recursive=True)
        assert len(workers) >= 2
        served.process.kill()
        served.process.wait(10)
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=10)
        assert alive == []
    with socket.socket() as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind(("127.0.0.1", served.port))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_told_in_a_sentence(
    module_database: Databases, tmp_path: Path, workers: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = _ended(start(tmp_path, _settings(module_database, PORT=str(port), WORKERS=workers)))
    assert f"PORT: {port} is in use" in said


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"AUTH_MODE": "headers", "APP_KEY": APP_KEY}, "AUTH_MODE: production does not believe bare headers"),
        ({"AUTH_MODE": "gateway", "APP_KEY": APP_KEY}, "GATEWAY_SECRET: is missing"),
        ({}, "APP_KEY: is missing; write base64 of 32 random"),
    ],
    ids=["headers", "no secret", "no key"],
)
def test_production_needs_a_proof_of_identity(
    module_database: Databases, tmp_path: Path, setting: dict[str, str], problem: str
) -> None:
    """It does not start, and says what to set."""
    said = _ended(start(tmp_path, _settings(module_database, APP_ENV="production", **setting)))
    assert problem in said


@pytest.mark.parametrize(
    ("role", "making"),
    [
        ("superuser", "CREATE ROLE {name} LOGIN SUPERUSER"),
        ("bypasser", "CREATE ROLE {name} LOGIN BYPASSRLS"),
        (
            "in_a_bypassers_place",
            "CREATE ROLE {name}_of BYPASSRLS; CREATE ROLE {name} LOGIN IN ROLE {name}_of",
        ),
        (
            "not_inheriting",
            "CREATE ROLE {name}_of BYPASSRLS; CREATE ROLE {name} LOGIN NOINHERIT IN ROLE {name}_of",
        ),
        ("table_owner", "CREATE ROLE {name} LOGIN; ALTER TABLE tools OWNER TO {name}"),
    ],
)
async def test_a_user_that_isolation_does_not_bind_is_refused(
    database: Databases, role: str, making: str
) -> None:
    """Whatever would let it see all rows, be it only after a SET ROLE."""
    name = f"{database.service.database}_{role}"
    owner = await asyncpg.connect(**database.direct.asyncpg_kwargs())
    try:
        await owner.execute(making.format(name=name))
        await owner.execute(f"SET SESSION AUTHORIZATION {name}")
        with pytest.raises(UnsafeRoleError, match=f"DATABASE_URL connects as '{name}', which"):
            await refuse_unsafe_role(owner)
    finally:
        await owner.execute("RESET SESSION AUTHORIZATION")
        await owner.execute(f"ALTER TABLE tools OWNER TO CURRENT_USER; DROP ROLE {name}")
        await owner.execute(f"DROP ROLE IF EXISTS {name}_of")
        await owner.close()


@pytest.mark.parametrize("environment", ["development", "production"])
def test_the_service_does_not_start_as_such_a_user(
    module_database: Databases, tmp_path: Path, environment: str
) -> None:
    """With DIRECT_URL's user in DATABASE_URL, the likeliest mistake."""
    settings = {
        "DATABASE_URL": module_database.direct_url,
        "APP_ENV": environment,
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": SECRET,
        "APP_KEY": APP_KEY,
    }
    said = _ended(start(tmp_path, settings))
    assert "which is not bound by row-level security" in said
    assert "run `tolstoy db deploy`: it creates the user" in said


async def test_a_gateway_has_to_prove_itself(module_database: Databases, tmp_path: Path) -> None:
    """401 without its secret, with a wrong one, with two, with bytes that are no text; also for organizations."""
    settings = _settings(module_database, AUTH_MODE="gateway", GATEWAY_SECRET=SECRET)
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            proof = {"X-Gateway-Secret": SECRET}
            made = await http.post(
                "/organizations", json={"name": "A", "owner": {"email": "a@example.com"}}, headers=proof
            )
            assert made.status_code == 201
            alice = Member(made.json()["id"], made.json()["owner"]["id"])
            for path in ("/tools", "/organizations"):
                wrong: list[list[tuple[bytes, bytes]]] = [
                    [],
                    [(b"X-Gateway-Secret", b"")],
                    [(b"X-Gateway-Secret", SECRET[:-1].encode())],
                    [(b"X-Gateway-Secret", SECRET.encode() + b"\xff")],
                    [(b"X-Org-ID", b"\xff"), (b"X-Request-ID", b"\xff"), (b"X-Gateway-Secret", b"\xff")],
                    [(b"X-Gateway-Secret", b"wrong"), (b"X-Gateway-Secret", SECRET.encode())],
                ]
                for proof_sent in wrong:
                    sent = [*((k.encode(), v.encode()) for k, v in alice.headers.items()), *proof_sent]
                    answer = await http.get(path, headers=sent)
                    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), proof_sent
                assert (await http.get(path, headers={**alice.headers, **proof})).status_code == 200
            assert (await http.get("/health")).status_code == 200
        assert "request_failed" not in served.log(), served.log()[-3000:]
        assert SECRET not in served.log()


def test_the_port_is_free_again_at_once(module_database: Databases, tmp_path: Path) -> None:
    """A restart does not have to wait for the connections of before."""
    port = free_port()
    for _ in range(2):
        with serving(tmp_path, _settings(module_database, PORT=str(port))) as served:
            assert httpx.get(f"{served.url}/health").status_code == 200
            assert served.stop() == 0
