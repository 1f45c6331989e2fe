"""Raw SQL without a WHERE, on every table of the catalog: whose rows it reaches."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from tests.tenancy.catalog import GROWS, WITHOUT_ORG, Catalog, Tenants, insert
from tests.tenancy.connections import scoped, tried
from tolstoy.core.ids import new_id

# Who looks across tenants, at the columns that test_service_role.py names.
LOOKS = ["tolstoy_census", "tolstoy_clock", "tolstoy_keys"]


async def _all_rows(owner: asyncpg.Connection, catalog: Catalog) -> dict[str, list[str]]:
    return {
        table: [row[0] for row in await owner.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")]
        for table in catalog.columns
    }


def test_every_table_has_an_organization_but_the_known(catalog: Catalog) -> None:
    assert set(catalog.columns) - set(catalog.tenant) == WITHOUT_ORG
    assert len(catalog.tenant) >= 7, "the catalog was read"


async def test_every_table_is_bound_by_its_policy(owner: asyncpg.Connection, catalog: Catalog) -> None:
    """Row-level security is on, also for the owner, with one policy for all that checks both ways."""
    for table in ("organizations", *catalog.tenant):
        bound = await owner.fetchval(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass",
            table,
        )
        assert bound, f"{table}: ENABLE and FORCE ROW LEVEL SECURITY"
        policies = await owner.fetch(
            "SELECT policyname, roles::text[] AS roles, permissive, cmd, qual, with_check FROM pg_policies"
            " WHERE schemaname = 'public' AND tablename = $1 AND NOT roles::text[] <@ $2",
            table,
            LOOKS,
        )
        assert [(p["policyname"], p["roles"], p["cmd"]) for p in policies] == [("tenant", ["public"], "ALL")]
        assert policies[0]["qual"] == policies[0]["with_check"], table
        assert "tolstoy.org()" in policies[0]["qual"], table
    others = await owner.fetch(
        "SELECT DISTINCT roles::text[] AS roles, cmd FROM pg_policies WHERE schemaname = 'public'"
        " AND policyname <> 'tenant' ORDER BY 1"
    )
    assert [tuple(each) for each in others] == [([role], "SELECT") for role in LOOKS], "the others read only"


async def test_reading_everything_shows_only_ones_own(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    for table in catalog.tenant:
        async with scoped(service, tenants.alice):
            found = await service.fetch(f"SELECT org_id FROM {table}")
        assert [row["org_id"] for row in found] == [tenants.alice], table
    async with scoped(service, tenants.alice):
        found = await service.fetch("SELECT id FROM organizations")
    assert [row["id"] for row in found] == [tenants.alice]


async def test_changing_everything_changes_only_ones_own(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """And nothing can be given away to another organization."""
    for table in ("organizations", *(set(catalog.tenant) - GROWS)):
        mine = "id" if table == "organizations" else "org_id"
        async with scoped(service, tenants.alice):
            done = await service.execute(f"UPDATE {table} SET {mine} = {mine}")
        assert done == "UPDATE 1", table
        if table != "organizations":
            async with scoped(service, tenants.alice):
                refused = await tried(service, f"UPDATE {table} SET org_id = $1", tenants.charlie)
            assert isinstance(refused, asyncpg.PostgresError), table


async def test_deleting_everything_deletes_only_ones_own(
    service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    before = await _all_rows(owner, catalog)
    async with scoped(service, tenants.alice):
        for table in (*(name for name in reversed(catalog.tenant) if name not in GROWS), "organizations"):
            assert await service.execute(f"DELETE FROM {table}") == "DELETE 1", table
    assert await _all_rows(owner, catalog) == before, "undone"


async def test_nothing_can_be_written_for_another_organization(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    for table in set(catalog.tenant) - GROWS:
        row = catalog.row(table, tenants.charlie, tenants.rows[tenants.charlie]) | {"id": new_id()}
        async with scoped(service, tenants.alice):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await insert(service, table, row)
    async with scoped(service, tenants.alice):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await insert(service, "organizations", {"id": new_id(), "name": "Another"})


async def test_what_grows_is_written_and_changed_by_nobody(
    service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """The service has no right to; whoever has one, such as the owner, is stopped by a trigger."""
    for table in GROWS:
        changes = (f"UPDATE {table} SET org_id = org_id", f"DELETE FROM {table}", f"TRUNCATE {table}")
        async with scoped(service, tenants.alice):
            for statement in changes:
                refused = await tried(service, statement)
                assert isinstance(refused, asyncpg.InsufficientPrivilegeError), statement
            row = catalog.row(table, tenants.alice, tenants.rows[tenants.alice]) | {"id": new_id()}
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await insert(service, table, row)
        for statement in changes:
            assert isinstance(await tried(owner, statement), asyncpg.RestrictViolationError), statement


async def test_without_a_scope_there_are_no_rows(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """No error either, and the same on a connection that had a scope before."""
    for _ in range(2):
        for table in ("organizations", *catalog.tenant):
            assert await service.fetch(f"SELECT FROM {table}") == [], table
            if table not in GROWS:
                assert await service.execute(f"DELETE FROM {table}") == "DELETE 0", table
        async with scoped(service, tenants.alice):
            assert await service.fetch("SELECT FROM organizations")


async def test_the_platform_sees_organizations_and_no_tenants_rows(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    platform = UUID(int=0)
    for table in catalog.tenant:
        async with scoped(service, platform):
            assert await service.fetch(f"SELECT FROM {table}") == [], table
    async with scoped(service, platform):
        found = {row["id"] for row in await service.fetch("SELECT id FROM organizations")}
    assert {tenants.alice, tenants.charlie} <= found


async def test_switching_row_security_off_ends_in_an_error(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """`row_security` is anyone's to set; off, it makes a query fail that a policy would have cut."""
    await service.execute("SET row_security = off")
    for table in ("organizations", *catalog.tenant):
        async with scoped(service, tenants.alice):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await service.fetch(f"SELECT FROM {table}")
