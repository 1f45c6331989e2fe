"""Foreign and unique keys of every table: they stay within an organization."""

from __future__ import annotations

import asyncpg

from tests.tenancy.catalog import UNTIED, Catalog, Tenants
from tests.tenancy.connections import tried


async def test_no_row_refers_to_another_organizations(
    owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Not even by the hand of the owner, whom no policy binds in these tests."""
    for key in catalog.keys:
        if key.target == "organizations":
            continue
        theirs = tenants.rows[tenants.charlie][key.target]
        pairs = [
            (mine, theirs[target])
            for mine, target in zip(key.columns, key.target_columns, strict=True)
            if mine != "org_id"
        ]
        changes = ", ".join(f"{mine} = ${number}" for number, (mine, _) in enumerate(pairs, 2))
        refused = await tried(
            owner,
            f"UPDATE {key.table} SET {changes} WHERE org_id = $1",
            tenants.alice,
            *(value for _, value in pairs),
        )
        if "id" in key.columns:  # the row's own: that it is taken is found first
            assert isinstance(refused, asyncpg.UniqueViolationError), key.name
            continue
        assert isinstance(refused, asyncpg.ForeignKeyViolationError), key.name
        # a column may be part of several keys: which of them the database looks at first is its own affair
        changed = {mine for mine, _ in pairs}
        touched = {
            other.name
            for other in catalog.keys
            if (other.table == key.table and changed & set(other.columns))
            or (other.target == key.table and changed & set(other.target_columns))
        }
        assert refused.constraint_name in touched and key.name in touched


def test_every_foreign_key_between_tenants_tables_carries_the_organization(catalog: Catalog) -> None:
    for key in catalog.keys:
        if key.target in catalog.tenant:
            assert ("org_id", "org_id") in zip(key.columns, key.target_columns, strict=True), key.name
    reached = {"organizations"}
    while more := {key.table for key in catalog.keys if key.target in reached} - reached:
        reached |= more
    assert set(catalog.tenant) - reached == set(UNTIED), "every org_id is an organization's"


async def test_keys_of_tenants_are_unique_within_the_organization(
    owner: asyncpg.Connection, catalog: Catalog
) -> None:
    """A unique key without org_id would tell, by its conflict, what others have; ids are made by us."""
    keys = await owner.fetch(
        "SELECT c.relname AS table, ARRAY(SELECT attname::text FROM pg_attribute"
        " WHERE attrelid = c.oid AND attnum = ANY(i.indkey)) AS columns"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"
    )
    for key in keys:
        if key["table"] in catalog.tenant and key["columns"] != ["id"]:
            assert "org_id" in key["columns"], key
