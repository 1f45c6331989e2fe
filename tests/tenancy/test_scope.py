"""The scope ends with its transaction and follows nobody: not on a connection, not in a pool, not in a task."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Databases, Member, founded
from tests.processes import Served
from tests.tenancy.parties import organization_with
from tolstoy.db import tenancy
from tolstoy.db.database import Database, open_database
from tolstoy.db.models import Tool
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import tools


async def _with_tool(http: httpx.AsyncClient, email: str) -> tuple[Member, str]:
    member = await founded(http, email)
    body = {"name": email, "baseUrl": "https://example.com"}
    made = await http.post("/tools", json=body, headers=member.headers)
    return member, str(made.json()["id"])


async def test_organizations_that_share_a_connection_do_not_mix(server: str, http: httpx.AsyncClient) -> None:
    """Keep-alive: all requests of one connection run in one task, where a context variable would stay set."""
    parties = [await _with_tool(http, f"{name}@example.com") for name in ("one", "two")]
    one_connection = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=server, limits=one_connection, timeout=20) as shared:
        for turn in range(40):
            (member, mine), (_, theirs) = parties[turn % 2], parties[1 - turn % 2]
            seen = await shared.get("/tools", headers=member.headers)
            assert [tool["id"] for tool in seen.json()["data"]] == [mine]
            assert (await shared.get(f"/tools/{theirs}", headers=member.headers)).status_code == 404
            if turn % 4 == 0:
                changed = await shared.put(f"/tools/{mine}", json={"name": "Again"}, headers=member.headers)
                assert changed.json()["orgId"] == member.org_id
            if turn % 5 == 0:
                assert (await shared.get("/tools")).status_code == 400, "nobody is assumed"


async def test_pipelined_requests_do_not_mix(served: Served, http: httpx.AsyncClient) -> None:
    """Forty requests of two organizations, sent at once on one connection, answered in order."""
    parties = [await _with_tool(http, f"{name}@example.com") for name in ("three", "four")]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for turn in range(40):
        member, _ = parties[turn % 2]
        lines = ["GET /tools HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in member.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
    for turn in range(40):
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().lower()
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        body = json.loads(await reader.readexactly(int(length.split(":")[1])))
        assert [tool["id"] for tool in body["data"]] == [parties[turn % 2][1]]
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def database(module_database: Databases) -> AsyncIterator[Database]:
    opened = await open_database(module_database.service, size=4, waiters=2000, timeout_seconds=20)
    yield opened
    await opened.close()


async def _sees_nothing(database: Database) -> bool:
    connections = [await database.pool.acquire() for _ in range(database.size)]
    seen = [await connection.fetch("SELECT FROM tools") for connection in connections]
    for connection in connections:
        await database.pool.release(connection)
    return not any(seen)


async def test_the_scope_does_not_stay_on_a_pools_connection(
    database: Database, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """Neither after a statement, nor after a transaction, nor after one that failed."""
    scope = Scope(database, Door.MEMBER, *few_and_many["few"])
    assert len(await tenancy.fetch(scope, tools.TABLE.page((), 51))) == 3
    assert await _sees_nothing(database)
    async with tenancy.transaction(scope) as inner:
        assert await Tool.all().count() == 3
        assert len(await tenancy.fetch(inner, tools.TABLE.page((), 51))) == 3
    assert await Tool.all().count() == 0, "Tortoise too is outside again"
    assert await _sees_nothing(database)
    with pytest.raises(ZeroDivisionError):
        async with tenancy.transaction(scope):
            raise ZeroDivisionError
    assert await _sees_nothing(database)


async def test_a_task_that_outlives_its_transaction_is_outside(
    database: Database, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """It inherits the context of the transaction it was started in, and can do nothing with it."""
    over = asyncio.Event()

    async def later() -> int:
        await over.wait()
        return await Tool.all().count()

    async with tenancy.transaction(Scope(database, Door.MEMBER, *few_and_many["few"])):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    async with tenancy.transaction(Scope(database, Door.MEMBER, *few_and_many["many"])):
        over.set()
        with pytest.raises(asyncpg.InterfaceError, match="released back to the pool"):
            await task


async def test_forty_organizations_at_once_see_their_own(
    database: Database, owner: asyncpg.Connection
) -> None:
    """Statements and transactions of all, interleaved on four connections: no wrong row among thousands."""
    parties = [await organization_with(owner, 3) for _ in range(40)]
    page = tools.TABLE.page((), 51)

    async def one(number: int) -> set[UUID]:
        scope = Scope(database, Door.MEMBER, *parties[number % 40])
        if number % 4:
            rows = await tenancy.fetch(scope, page)
            return {row["org_id"] for row in rows} ^ {scope.org_id}
        async with tenancy.transaction(scope) as inner:
            seen = {tool.org_id for tool in await Tool.all()}
            rows = await tenancy.fetch(inner, page)
            return ({row["org_id"] for row in rows} | seen) ^ {scope.org_id}

    wrong = await asyncio.gather(*(one(number) for number in range(1200)))
    assert wrong == [set()] * 1200
    assert (database.busy, database.waiting) == (0, 0)
