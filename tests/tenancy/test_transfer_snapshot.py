"""A file has an organization as it was at one moment, whatever is written while it is read."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from tests.conftest import Databases
from tests.tenancy.parties import organization_with
from tolstoy.core.errors import OrganizationNotFoundError
from tolstoy.core.ids import new_id
from tolstoy.db.database import open_database
from tolstoy.domain.transfer import reading

TOOLS = 200
_TOOL = (
    "INSERT INTO tools (org_id, id, name, base_url, auth_type) VALUES ($1, $2, 'late', 'https://x', 'none')"
)


async def test_what_is_written_meanwhile_is_not_in_it(
    owner: asyncpg.Connection, module_database: Databases
) -> None:
    org_id, _ = await organization_with(owner, TOOLS)
    database = await open_database(module_database.service, size=1)
    try:
        async with reading.snapshot(database, org_id, history=True) as taken:
            await owner.execute(_TOOL, org_id, new_id())
            seen: list[str] = []
            async for table, _ in taken.rows():
                if not seen:
                    await owner.execute("DELETE FROM tools WHERE org_id = $1 AND name <> 'late'", org_id)
                seen.append(table)
    finally:
        await database.close()
    assert await owner.fetchval("SELECT count(*) FROM tools WHERE org_id = $1", org_id) == 1
    assert taken.counts["tools"] == seen.count("tools") == TOOLS
    assert {table: number for table, number in taken.counts.items() if number} == {
        table: seen.count(table) for table in seen
    }


async def test_there_is_none_of_an_organization_that_is_not_there(module_database: Databases) -> None:
    database = await open_database(module_database.service, size=1)
    try:
        with pytest.raises(OrganizationNotFoundError):
            async with reading.snapshot(database, UUID(int=7), history=True):
                pass
    finally:
        await database.close()
