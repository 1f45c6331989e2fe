"""Connections to a database of the module's own, and organizations in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.conftest import Databases
from tests.tenancy.catalog import Catalog, Tenants, insert, read_catalog
from tests.tenancy.connections import connected
from tests.tenancy.parties import organization_with
from tolstoy.core.ids import new_id


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with connected(module_database.direct) as connection:
        yield connection


@pytest.fixture
async def service(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    """As the service connects."""
    async with connected(module_database.service) as connection:
        yield connection


@pytest.fixture(scope="module")
async def catalog(owner: asyncpg.Connection) -> Catalog:
    return await read_catalog(owner)


@pytest.fixture(scope="module")
async def tenants(owner: asyncpg.Connection, catalog: Catalog) -> Tenants:
    """Two organizations with one row in every table."""
    rows: dict[UUID, dict[str, dict[str, Any]]] = {}
    for name in ("Alice's", "Charlie's"):
        organization = await insert(owner, "organizations", {"id": new_id(), "name": name})
        held = rows[organization["id"]] = {"organizations": organization}
        for table in catalog.tenant:
            held[table] = await insert(owner, table, catalog.row(table, organization["id"], held))
    return Tenants(*rows, rows)


@pytest.fixture(scope="module")
async def few_and_many(owner: asyncpg.Connection) -> dict[str, tuple[UUID, UUID]]:
    """A small organization beside a big one, and statistics that know of it."""
    parties = {"few": await organization_with(owner, 3), "many": await organization_with(owner, 3000)}
    await owner.execute("ANALYZE")
    return parties
