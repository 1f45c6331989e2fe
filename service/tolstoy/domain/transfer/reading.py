"""An organization's rows, as they all are at one moment."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from tolstoy.core.errors import OrganizationNotFoundError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.timeouts import UNTIMED
from tolstoy.domain.transfer.tables import EXPORTED, Exported

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection

_AT_ONCE: Final = 50  # rows that are held: one may have megabytes


class Snapshot(Struct, frozen=True):
    """`counts` has how many rows there are of each table that is exported."""

    org_id: UUID
    name: str
    counts: Mapping[str, int]
    connection: Connection

    async def rows(self) -> AsyncIterator[tuple[str, bytes]]:
        """Each row with its table's name, as a JSON object of Postgres's making; of a table the oldest first."""
        for table in EXPORTED:
            if table.name not in self.counts:
                continue
            async for row in self.connection.cursor(_select(table), self.org_id, prefetch=_AT_ONCE):
                yield table.name, row[0].encode()


@contextlib.asynccontextmanager
async def snapshot(database: Database, org_id: UUID, *, history: bool) -> AsyncIterator[Snapshot]:
    """Raises OrganizationNotFoundError."""
    async with tenancy.transaction(tenancy.engine(database, org_id), snapshot=True) as inner:
        connection = inner.open_connection
        name = await connection.fetchval("SELECT name FROM organizations WHERE id = $1", org_id)
        if name is None:
            raise OrganizationNotFoundError
        await connection.execute(f"SET LOCAL TimeZone = 'UTC'; {UNTIMED}")
        counts = {
            table.name: await connection.fetchval(
                f"SELECT count(*) FROM {table.name} WHERE {table.mine} = $1", org_id
            )
            for table in EXPORTED
            if history or not table.history
        }
        yield Snapshot(org_id, name, counts, connection)


def _select(table: Exported) -> str:
    return (
        f"SELECT to_json(t)::text FROM (SELECT {', '.join(table.columns)} FROM {table.name}"
        f" WHERE {table.mine} = $1 ORDER BY id) t"
    )
