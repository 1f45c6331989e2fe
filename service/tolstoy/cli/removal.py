"""`tolstoy admin delete-org`: all of an organization, also what only the owner of the database may remove."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from tolstoy.cli import administration
from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db import migrate
from tolstoy.db.database import Database
from tolstoy.domain import organization_removal
from tolstoy.domain.organization_removal import Told


def held(org_id: UUID) -> Mapping[str, int]:
    """How many rows it has, by table, where there are any."""
    counts = administration.run(lambda database: organization_removal.held(database, org_id))
    return {table: number for table, number in counts.items() if number}


def remove(org_id: UUID, told: Told) -> None:
    origin = administration.origin("delete-org")

    async def removed(database: Database, direct: ConnectOptions) -> None:
        owner = await migrate.connect(direct)
        try:
            await organization_removal.remove(database, owner, org_id, origin, told)
        finally:
            await owner.close()

    administration.run_beside_owner(removed)
