"""Dates and revisions of rows: kept by the database, whatever a statement says."""

from __future__ import annotations

import asyncpg

from tests.tenancy.catalog import COUNTERS, UNTIED, Catalog, Tenants
from tests.tenancy.connections import scoped


async def test_dates_and_revisions_are_the_databases(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Whatever an UPDATE says about them; and one that changes nothing leaves them alone."""
    kept = [table for table in catalog.columns if "revision" in catalog.columns[table]]
    assert set(kept) == {"organizations", *catalog.tenant} - set(UNTIED) - set(COUNTERS)
    for table in kept:
        async with scoped(service, tenants.alice):
            before = await service.fetchrow(f"SELECT created_at, updated_at, revision FROM {table}")
            await service.execute(f"UPDATE {table} SET id = id")
            same = await service.fetchrow(f"SELECT created_at, updated_at, revision FROM {table}")
            after = await service.fetchrow(
                f"UPDATE {table} SET created_at = 'epoch', updated_at = 'epoch', revision = 99"
                " RETURNING created_at, updated_at, revision"
            )
        assert same == before, table
        assert after["created_at"] == before["created_at"], table
        assert after["updated_at"] > before["updated_at"], table
        assert after["revision"] == before["revision"] + 1, table
