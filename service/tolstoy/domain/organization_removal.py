"""An organization removed with all that it has, some rows at a time.

The organization's own row goes last: so who is interrupted begins again, and finds what is left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

import asyncpg

from tolstoy.core.errors import OrganizationNotFoundError, WriteConflictError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.timeouts import UNTIMED
from tolstoy.domain import crud, idempotency

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection

# Told of each table: how many of its rows are gone.
Told: TypeAlias = Callable[[str, int], object]

_AT_ONCE: Final = 500
_TRIES: Final = 20

# First what lets anyone or anything in, then each before what it refers to. What goes with another is not here.
TABLES: Final = (
    "credential_authorizations",
    "api_keys",
    "hook_deliveries",
    "hooks",
    "schedules",
    "request_allowances",
    "users",
    "event_deliveries",
    "subscriptions",
    "waits",
    "execution_logs",
    "executions",
    "flows",
    "credential_tokens",
    "actions",
    "credentials",
    "tools",
    "idempotency_keys",
    "stored_volumes",
    "user_ids",
)
WITH_ANOTHER: Final = {
    "flow_versions": "with their flow: by themselves published ones stay",
    "audit_events": "with the organization's row, by the database alone",
}

_QUIET: Final = (
    "UPDATE hooks SET enabled = false WHERE org_id = $1 AND enabled",
    "UPDATE schedules SET paused = true, next_at = NULL, due_at = NULL, buffered_at = NULL"
    " WHERE org_id = $1 AND NOT paused",
    "UPDATE subscriptions SET active = false WHERE org_id = $1 AND active",
)
_JOBS: Final = "DELETE FROM queue.pgqueuer WHERE substr(payload, 1, 16) = $1"


async def held(database: Database, org_id: UUID) -> dict[str, int]:
    """How many rows there are, by table. Raises OrganizationNotFoundError."""
    async with tenancy.transaction(tenancy.engine(database, org_id), snapshot=True) as inner:
        connection = inner.open_connection
        await _present(connection, org_id)
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE org_id = $1", org_id)
            for table in (*TABLES, *WITH_ANOTHER)
        }


async def remove(
    database: Database, owner: asyncpg.Connection, org_id: UUID, origin: str, told: Told
) -> None:
    """`origin` is what the platform's audit log tells of it. Raises OrganizationNotFoundError."""
    async with tenancy.transaction(tenancy.engine(database, org_id)) as inner:
        connection = inner.open_connection
        await _present(connection, org_id)
        for text in _QUIET:
            await connection.execute(text, org_id)
    for left in reversed(range(_TRIES)):
        try:
            await _empty(database, org_id, told)
            await _forget_jobs(owner, org_id)
            await _finish(database, org_id, origin)
        except (asyncpg.ForeignKeyViolationError, WriteConflictError):
            # a request or a worker that was in the midst of it has added something, or held what it refers to
            if not left:
                raise
        else:
            return


async def _present(connection: Connection, org_id: UUID) -> None:
    if not await connection.fetchval("SELECT count(*) FROM organizations WHERE id = $1", org_id):
        raise OrganizationNotFoundError(f"There is no organization with the id {org_id}.")


async def _empty(database: Database, org_id: UUID, told: Told) -> None:
    for table in TABLES:
        gone = 0
        while number := await _some(database, org_id, table):
            gone += number
        if gone:
            told(table, gone)


async def _some(database: Database, org_id: UUID, table: str) -> int:
    """In a transaction of its own."""
    return await crud.deleted(
        tenancy.engine(database, org_id),
        f"DELETE FROM {table} WHERE org_id = $1"
        f" AND id IN (SELECT id FROM {table} WHERE org_id = $1 LIMIT {_AT_ONCE})",
    )


async def _forget_jobs(owner: asyncpg.Connection, org_id: UUID) -> None:
    """The queue's owner alone may look into it; where this is another, workers take the jobs and find nothing."""
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await owner.execute(_JOBS, org_id.bytes)


async def _finish(database: Database, org_id: UUID, origin: str) -> None:
    async with tenancy.transaction(replace(tenancy.platform(database), origin=origin)) as inner:
        connection = inner.open_connection
        await connection.execute(UNTIMED)  # with its row go all events of its audit log
        await idempotency.forget(inner, org_id)
        await connection.execute("DELETE FROM organizations WHERE id = $1", org_id)
