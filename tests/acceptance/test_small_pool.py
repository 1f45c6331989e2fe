"""A pool of two connections: full, waiting for locks, ended by the administrator, overtaken by a migration."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import httpx
import pytest

from tests.acceptance.answers import TOOL, refused, until
from tests.conftest import SERVICE_USER, Databases, Member, founded
from tests.processes import Served, serving


@dataclass(frozen=True)
class Small:
    """A service with two connections and three places in the queue, and someone to hold locks against it."""

    served: Served
    http: httpx.AsyncClient
    alice: Member
    path: str
    locker: asyncpg.Connection
    watcher: asyncpg.Connection

    async def change(self) -> httpx.Response:
        return await self.http.put(self.path, json={"name": "Changed"}, headers=self.alice.headers)

    async def waiting_for_locks(self) -> int:
        count: int = await self.watcher.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = $1 AND wait_event_type = 'Lock'",
            SERVICE_USER,
        )
        return count

    async def with_setting(self, name: str, value: str) -> None:
        """Change one setting of the service's user, and end its sessions, that it counts."""
        database = await self.watcher.fetchval("SELECT current_database()")
        role = f"ALTER ROLE {SERVICE_USER} IN DATABASE {database}"
        await self.watcher.execute(f"{role} RESET ALL; {role} SET {name} = '{value}'")
        await self.watcher.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = $1",
            SERVICE_USER,
        )


@pytest.fixture(scope="module")
async def small(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Small]:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "DATABASE_POOL_SIZE": "2",
        "DATABASE_POOL_WAITERS": "3",
        "DATABASE_POOL_TIMEOUT": "1",
    }
    connections = [await asyncpg.connect(**module_database.direct.asyncpg_kwargs()) for _ in range(2)]
    with serving(tmp_path_factory.mktemp("small"), settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = (await http.post("/tools", json=TOOL, headers=alice.headers)).json()["id"]
            yield Small(served, http, alice, f"/tools/{tool}", *connections)
        assert "request_failed" not in served.log(), served.log()[-3000:]
    for connection in connections:
        await connection.close()


async def test_requests_beyond_the_pool_wait_in_a_queue_with_an_end(small: Small) -> None:
    """Two are at it, three wait, the sixth is refused at once; those who waited too long are refused as well."""
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        at_it = [asyncio.create_task(small.change()) for _ in range(2)]

        async def both_wait() -> bool:
            return await small.waiting_for_locks() == 2

        await until(both_wait)
        queued = [asyncio.create_task(small.change()) for _ in range(3)]
        await asyncio.sleep(0.3)
        assert await refused(small.http, small.path, small.alice) == "overloaded"
        assert not any(task.done() for task in queued)
        for answer in await asyncio.gather(*queued):
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded"), answer.text
            assert answer.headers["Retry-After"]
        assert not any(task.done() for task in at_it)
    assert [answer.status_code for answer in await asyncio.gather(*at_it)] == [200, 200]
    # a queue that moves: more requests than places, none refused
    assert [(await small.change()).status_code for _ in range(3)] == [200] * 3
    answers = await asyncio.gather(*(small.change() for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 5}


async def test_sessions_ended_by_the_administrator_are_replaced(small: Small) -> None:
    """Nobody notices."""
    for _ in range(3):
        await small.with_setting("lock_timeout", "10s")
        answers = await asyncio.gather(*(small.change() for _ in range(4)))
        assert Counter(answer.status_code for answer in answers) == {200: 4}


async def test_waiting_too_long_for_a_lock_is_a_conflict(small: Small) -> None:
    """409: someone else is changing the same thing."""
    await small.with_setting("lock_timeout", "200ms")
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        answer = await small.change()
    assert (answer.status_code, answer.json()["code"]) == (409, "write-conflict"), answer.text
    assert (await small.change()).status_code == 200


async def test_a_statement_that_takes_too_long_is_ended(small: Small) -> None:
    """503, and the connection is as good as before."""
    await small.with_setting("statement_timeout", "300ms")
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        answer = await small.change()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.headers["Retry-After"]
    assert [(await small.change()).status_code for _ in range(3)] == [200] * 3
    await small.with_setting("statement_timeout", "30s")


async def test_a_column_whose_type_a_migration_changes_costs_a_503_at_most(small: Small) -> None:
    """What was prepared before it does not fit any more."""
    assert [(await small.change()).status_code for _ in range(4)] == [200] * 4
    await small.locker.execute("ALTER TABLE tools ALTER COLUMN name TYPE varchar(300)")
    await small.locker.execute("ALTER TABLE tools ALTER COLUMN description TYPE text")
    answers = [await small.change() for _ in range(6)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert (await small.http.get(small.path, headers=small.alice.headers)).status_code == 200
    assert (await small.change()).status_code == 200
