"""An organization with a published flow, in a database of the test's own, and what a worker would do to its runs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tests.conftest import Databases
from tests.tenancy.connections import connected
from tolstoy.core.app_keys import AppKey
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database, open_database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import flow_versions, flows, organizations
from tolstoy.domain.flows import FlowCreate
from tolstoy.domain.organizations import OrganizationCreate, Owner

KEY = AppKey("of-the-tests", b"k" * 32)
STEPS: list[dict[str, Any]] = [{"key": "greet", "transform": {"text": "hello"}}]


@dataclass(frozen=True)
class Home:
    database: Database
    owner: asyncpg.Connection
    scope: Scope
    flow_id: UUID

    async def runs(self, trigger_id: UUID) -> Sequence[asyncpg.Record]:
        """What a hook or a schedule started, oldest first."""
        return await self.owner.fetch(
            "SELECT id, status, dedupe_key, inputs, user_id FROM executions WHERE trigger_id = $1 ORDER BY id",
            trigger_id,
        )

    async def move(self, run: UUID, status: str, **more: Any) -> None:
        """As a worker moves a run."""
        names = "".join(f", {name} = ${number}" for number, name in enumerate(more, 3))
        async with self.owner.transaction():
            await self.owner.execute("SELECT set_config('app.org_id', $1, true)", str(self.scope.org_id))
            await self.owner.execute(
                f"UPDATE executions SET status = $2{names} WHERE id = $1", run, status, *more.values()
            )

    async def move_all(self, trigger_id: UUID, status: str = "succeeded") -> None:
        for run in await self.runs(trigger_id):
            if run["status"] != status:
                await self.move(run["id"], status)

    async def jobs(self, entrypoint: str) -> Sequence[asyncpg.Record]:
        return await self.owner.fetch(
            "SELECT substr(payload, 17) AS subject, execute_after FROM queue.pgqueuer WHERE entrypoint = $1"
            " ORDER BY id",
            entrypoint,
        )


@contextlib.asynccontextmanager
async def at_home(databases: Databases) -> AsyncIterator[Home]:
    database = await open_database(databases.service, size=6, keys=[KEY])
    try:
        async with connected(databases.direct) as owner:
            yield await _founded(database, owner, "alice@example.com")
    finally:
        await database.close()


async def neighbour(home: Home) -> Home:
    """Another organization in the same database."""
    return await _founded(home.database, home.owner, "charlie@example.com")


async def _founded(database: Database, owner: asyncpg.Connection, email: str) -> Home:
    new = OrganizationCreate(name="Home", owner=Owner(email=email))
    made = await organizations.create(tenancy.platform(database), new)
    assert made.owner
    scope = Scope(database, tenancy.Door.MEMBER, made.id, made.owner.id)
    return Home(database, owner, scope, await published(scope))


async def published(scope: Scope, **fields: Any) -> UUID:
    flow = await flows.create(scope, FlowCreate(**{"name": f"Flow {new_id()}", "steps": STEPS, **fields}))
    await flow_versions.publish(scope, flow.id, None)
    return flow.id
