"""Connections of the tests' own to a database, and transactions in which nothing is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import asyncpg


@contextlib.asynccontextmanager
async def connected(
    options: Any, settings: Mapping[str, str] | None = None
) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**options.asyncpg_kwargs())
    try:
        for name, value in (settings or {}).items():
            await connection.execute(f"SET {name} = '{value}'")
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def scoped(connection: asyncpg.Connection, org_id: UUID) -> AsyncIterator[None]:
    """A transaction of the organization's, undone at the end."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('app.org_id', $1, true)", str(org_id))
        yield
    finally:
        await transaction.rollback()


async def holds_up(connection: Any, waiting: asyncio.Future[Any]) -> None:
    """Until a transaction of this database waits for the connection's, as `waiting` will make one do."""
    while not await connection.fetchval(_HOLDS_SOMEBODY_UP):
        assert not waiting.done(), waiting.result()
        await asyncio.sleep(0.01)


_HOLDS_SOMEBODY_UP = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
)
"""


async def tried(connection: asyncpg.Connection, statement: str, *args: Any) -> asyncpg.PostgresError | None:
    """What the database refuses the statement with; its effect, had it one, is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.fetch(statement, *args)
    except asyncpg.PostgresError as exc:
        return exc
    finally:
        await transaction.rollback()
    return None
