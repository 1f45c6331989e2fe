"""Clients that go away in the middle of a request, of whom each could cost the pool a connection.

Sanic cancels a request's handler when its client disconnects. Tortoise's own transactions lose their connection when
that happens during BEGIN; ours must not.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from tortoise.transactions import in_transaction

from tests.conftest import Databases, Member, founded
from tests.processes import Served, serving
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database, open_database
from tolstoy.db.models import Tool
from tolstoy.db.tenancy import Door, Scope

POOL = 4
ROLE = tenancy.Statement("SELECT role FROM s")
TOOL = {"name": "Slack", "baseUrl": "https://slack.example.com"}
_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'burst' AND state LIKE $1
  AND ($2 = '' OR wait_event_type = $2)
"""


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def burst(
    module_database: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    settings = {
        "DATABASE_URL": f"{module_database.database_url}&application_name=burst",
        "DIRECT_URL": module_database.direct_url,
        "DATABASE_POOL_SIZE": str(POOL),
    }
    with serving(tmp_path_factory.mktemp("burst"), settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            yield served, http
        assert "request_failed" not in served.log(), served.log()[-5000:]


async def _until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 10) -> None:
    """Wait for what must come true and stay so for a while."""
    times = 0
    for _ in range(int(seconds / 0.02)):
        times = times + 1 if await condition() else 0
        if times == 5:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(what)


@contextlib.asynccontextmanager
async def _locking(databases: Databases, statement: str) -> AsyncIterator[None]:
    """Hold the locks of a statement; on a connection of its own, as a transaction sees old statistics."""
    connection = await asyncpg.connect(**databases.direct.asyncpg_kwargs())
    try:
        async with connection.transaction():
            await connection.execute(statement)
            yield
    finally:
        await connection.close()


async def _disconnect(port: int, request: bytes, after: float) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await asyncio.sleep(after)
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _raw(method: str, path: str, member: Member, body: bytes = b"") -> bytes:
    headers = {**member.headers, "Host": "localhost", "Content-Type": "application/json"}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_bursts_of_clients_that_go_away_cost_no_connection(
    burst: tuple[Served, httpx.AsyncClient], owner: asyncpg.Connection, module_database: Databases
) -> None:
    served, http = burst
    alice = await founded(http, "alice@example.com")
    made = [await http.post("/tools", json=TOOL, headers=alice.headers) for _ in range(POOL)]
    paths = [f"/tools/{tool.json()['id']}" for tool in made]
    rng = random.Random(7)  # noqa: S311 - moments to hang up at
    for _ in range(15):
        path = rng.choice(paths)
        requests = [
            _raw("PUT", path, alice, b'{"name":"Hung up"}'),
            _raw("GET", path, alice),
            _raw("DELETE", f"/tools/{new_id()}", alice),
            _raw("POST", "/tools", alice, b'{"name":"Hung up","baseUrl":"https://example.com"}'),
        ]
        await asyncio.gather(
            *(_disconnect(served.port, requests[n % 4], rng.uniform(0, 0.02)) for n in range(32))
        )

    async def none_is_left_open() -> bool:
        return int(await owner.fetchval(_SESSIONS, "idle in transaction%", "")) == 0

    await _until(none_is_left_open, "a transaction was left open")

    # every connection of the pool can still be had: as many changes wait for a lock as it has connections
    async with _locking(module_database, "SELECT FROM tools FOR UPDATE"):
        changes = [
            asyncio.create_task(http.put(path, json={"name": "Waited"}, headers=alice.headers))
            for path in paths
        ]

        async def all_wait() -> bool:
            return int(await owner.fetchval(_SESSIONS, "active", "Lock")) == POOL

        await _until(all_wait, "some connections of the pool are lost")
    assert [answer.status_code for answer in await asyncio.gather(*changes)] == [200] * POOL
    answers = await asyncio.gather(*(http.get(path, headers=alice.headers) for path in paths * 16))
    assert {answer.status_code for answer in answers} == {200}


@pytest.fixture
async def database(module_database: Databases) -> AsyncIterator[Database]:
    opened = await open_database(module_database.service, size=POOL, waiters=10, timeout_seconds=2)
    yield opened
    opened.pool.terminate()  # close() would wait for what a test has lost on purpose
    await opened.close()


@pytest.fixture(scope="module")
async def alice(owner: asyncpg.Connection) -> Member:
    org_id, user_id = new_id(), new_id()
    await owner.execute("INSERT INTO organizations (id, name) VALUES ($1, 'Alice''s')", org_id)
    await owner.execute(
        "INSERT INTO users (org_id, id, email, email_key, role) VALUES ($1, $2, 'a', 'a', 'admin')",
        org_id,
        user_id,
    )
    return Member(str(org_id), str(user_id))


class Cancelled(Coroutine[Any, Any, Any]):
    """A coroutine whose task is cancelled `delay` seconds after it began to wait for the nth time."""

    def __init__(self, inner: Coroutine[Any, Any, Any], nth: int, delay: float) -> None:
        self._inner = inner
        self._left = nth
        self._delay = delay

    def _waiting(self, waited_for: Any) -> Any:
        self._left -= 1
        task = asyncio.current_task()
        if self._left == 0 and task is not None:
            asyncio.get_running_loop().call_later(self._delay, task.cancel)
        return waited_for

    def send(self, value: Any) -> Any:
        return self._waiting(self._inner.send(value))

    def throw(self, *error: Any) -> Any:
        return self._waiting(self._inner.throw(*error))

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Any:
        return self._inner.__await__()


async def _cancelled_everywhere(work: Callable[[], Coroutine[Any, Any, None]], delay: float) -> int:
    """Run `work` over and over, cancelled at its first wait, its second, …, until it ends first; says how often."""
    for nth in range(1, 100):
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(Cancelled(work(), nth, delay))
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
            return nth - 1
    raise AssertionError("it never ends")


async def _usable(database: Database) -> int:
    """How many connections can be had at once, fresh: outside any transaction and any scope."""

    async def acquired() -> Any:
        async with asyncio.timeout(0.5):
            return await database.acquire()

    tried = await asyncio.gather(*(acquired() for _ in range(POOL)), return_exceptions=True)
    got = [connection for connection in tried if not isinstance(connection, BaseException)]
    for connection in got:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT coalesce(current_setting('app.org_id', true), '')") == ""
        await database.release(connection)
    return len(got)


@pytest.mark.parametrize("delay", [0, 0.0005], ids=["at once", "a little later"])
@pytest.mark.parametrize("connecting", [False, True], ids=["connected", "while it connects"])
@pytest.mark.parametrize("kind", ["transaction", "statement"])
async def test_a_cancelled_request_gives_its_connection_back(
    database: Database, alice: Member, kind: str, connecting: bool, delay: float
) -> None:
    """Wherever it waited: for a connection, for BEGIN, for a statement, for COMMIT."""
    scope = Scope(database, Door.MEMBER, UUID(alice.org_id), UUID(alice.user_id))

    async def work() -> None:
        if kind == "statement":
            assert len(await tenancy.fetch(scope, ROLE)) == 1
            return
        async with tenancy.transaction(scope) as inner:
            await tenancy.fetch(inner, ROLE)
            await Tool.filter(org_id=scope.org_id).first()

    async def fresh() -> None:
        if connecting:
            await database.pool.expire_connections()
        await work()

    for _ in range(5):
        cancelled = await _cancelled_everywhere(fresh, delay)
        assert cancelled >= (1 if kind == "statement" else 4) or delay
        assert (database.busy, database.waiting) == (0, 0)
        assert await _usable(database) == POOL


async def test_a_request_cancelled_in_the_queue_leaves_it(database: Database, alice: Member) -> None:
    """It no longer counts as waiting, and those behind it get their turn."""
    scope = Scope(database, Door.MEMBER, UUID(alice.org_id), UUID(alice.user_id))
    held = [await database.acquire() for _ in range(POOL)]
    queued = [asyncio.create_task(tenancy.fetch(scope, ROLE)) for _ in range(10)]
    await asyncio.sleep(0)
    assert database.waiting == 10
    for task in queued[:5]:
        task.cancel()
    await asyncio.wait(queued[:5])
    assert database.waiting == 5
    for connection in held:
        await database.release(connection)
    assert [len(rows) for rows in await asyncio.gather(*queued[5:])] == [1] * 5
    assert (database.busy, database.waiting) == (0, 0)


async def test_tortoises_own_transactions_do_lose_connections(database: Database) -> None:
    """Why ours exist. Fails when Tortoise has mended it; tenancy.transaction could then be built on its own."""

    async def work() -> None:
        async with in_transaction():
            await Tool.first()

    assert await _usable(database) == POOL
    for nth in range(1, POOL + 1):
        task = asyncio.get_running_loop().create_task(Cancelled(work(), nth, 0))
        await asyncio.wait([task], timeout=1)
        task.cancel()
        await asyncio.wait([task], timeout=1)
    assert await _usable(database) < POOL
