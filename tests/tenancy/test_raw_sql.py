"""Raw SQL without a WHERE, on every table of the catalog: what the database itself refuses.

Nothing here names the tables it is about. Who adds one meets these tests; what a new column may hold, where its type
alone does not tell, goes into VALUES, and what is meant to differ into one of the lists below, with its reason.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.conftest import SERVICE_USER, Databases
from tolstoy.core.ids import new_id

WITHOUT_ORG = {"organizations", "aerich"}
# Tables whose org_id has no way to organizations by foreign keys.
UNTIED = {
    "idempotency_keys": "also keeps the answers of the platform's routes, under an id that is no organization"
}
# Who may run as another than the caller.
DEFINERS = {"tolstoy.census(uuid)": "tolstoy_census"}

VALUES = {
    "role": "admin",
    "base_url": "https://example.com",
    "auth_type": "none",
    "key": "a-key",
    "method": "GET",
    "endpoint": "/",
    "status": "started",
}
BY_TYPE = {"text": "x", "varchar": "x", "jsonb": "{}", "bytea": b"x", "int2": 1, "int4": 1, "int8": 1}

_COLUMNS = """
SELECT c.relname AS table, a.attname AS column, t.typname AS type, a.attnotnull AND NOT a.atthasdef AS needed
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, a.attnum
"""
_KEYS = """
SELECT k.conname AS name, k.conrelid::regclass::text AS table, k.confrelid::regclass::text AS target,
       ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY n(number, place)
             JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number ORDER BY place) AS columns,
       ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY n(number, place)
             JOIN pg_attribute ON attrelid = k.confrelid AND attnum = number ORDER BY place) AS target_columns
FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Key:
    name: str
    table: str
    target: str
    columns: list[str]
    target_columns: list[str]


@dataclass
class Catalog:
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    needed: dict[str, list[str]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    @property
    def tenant(self) -> list[str]:
        """The tables with an org_id, each after those it refers to."""
        parents = {name: {key.target for key in self.keys if key.table == name} for name in self.columns}
        order = TopologicalSorter(parents).static_order()
        return [name for name in order if "org_id" in self.columns[name]]

    def row(self, table: str, org_id: UUID, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Values for a new row of `table`, whose foreign keys lead to `rows`."""
        row: dict[str, Any] = {"org_id": org_id} if "org_id" in self.columns[table] else {}
        for key in self.keys:
            if key.table == table and key.target in rows:
                row |= {
                    mine: rows[key.target][theirs]
                    for mine, theirs in zip(key.columns, key.target_columns, strict=True)
                }
        for column in self.needed[table]:
            row.setdefault(column, self._value(table, column))
        return row

    def _value(self, table: str, column: str) -> Any:
        type_ = self.columns[table][column]
        if type_ == "uuid":
            return new_id()
        texts = VALUES if type_ in ("text", "varchar") else {}
        value = texts.get(column, BY_TYPE.get(type_))
        assert value is not None, f"say in VALUES what {table}.{column} ({type_}) may hold"
        return value


async def _read_catalog(connection: asyncpg.Connection) -> Catalog:
    catalog = Catalog()
    for row in await connection.fetch(_COLUMNS):
        catalog.columns.setdefault(row["table"], {})[row["column"]] = row["type"]
        needed = catalog.needed.setdefault(row["table"], [])
        if row["needed"]:
            needed.append(row["column"])
    catalog.keys = [Key(**row) for row in await connection.fetch(_KEYS)]
    return catalog


async def _insert(connection: asyncpg.Connection, table: str, row: dict[str, Any]) -> dict[str, Any]:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    text = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places}) RETURNING *"
    return dict(await connection.fetchrow(text, *row.values()))


@contextlib.asynccontextmanager
async def _connected(options: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**options.asyncpg_kwargs())
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _scoped(connection: asyncpg.Connection, org_id: UUID) -> AsyncIterator[None]:
    """A transaction of the organization's, undone at the end."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('app.org_id', $1, true)", str(org_id))
        yield
    finally:
        await transaction.rollback()


async def _tried(connection: asyncpg.Connection, statement: str, *args: Any) -> asyncpg.PostgresError | None:
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


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with _connected(module_database.direct) as connection:
        yield connection


@pytest.fixture
async def service(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    """As the service connects."""
    async with _connected(module_database.service) as connection:
        yield connection


@pytest.fixture(scope="module")
async def catalog(owner: asyncpg.Connection) -> Catalog:
    return await _read_catalog(owner)


@dataclass(frozen=True)
class Tenants:
    alice: UUID
    charlie: UUID
    rows: dict[UUID, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
async def tenants(owner: asyncpg.Connection, catalog: Catalog) -> Tenants:
    """Two organizations with one row in every table."""
    rows: dict[UUID, dict[str, dict[str, Any]]] = {}
    for name in ("Alice's", "Charlie's"):
        organization = await _insert(owner, "organizations", {"id": new_id(), "name": name})
        held = rows[organization["id"]] = {"organizations": organization}
        for table in catalog.tenant:
            held[table] = await _insert(owner, table, catalog.row(table, organization["id"], held))
    return Tenants(*rows, rows)


async def _all_rows(owner: asyncpg.Connection, catalog: Catalog) -> dict[str, list[str]]:
    return {
        table: [row[0] for row in await owner.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")]
        for table in catalog.columns
    }


def test_every_table_has_an_organization_but_the_known(catalog: Catalog) -> None:
    assert set(catalog.columns) - set(catalog.tenant) == WITHOUT_ORG
    assert len(catalog.tenant) >= 7, "the catalog was read"


async def test_reading_everything_shows_only_ones_own(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    for table in catalog.tenant:
        async with _scoped(service, tenants.alice):
            found = await service.fetch(f"SELECT org_id FROM {table}")
        assert [row["org_id"] for row in found] == [tenants.alice], table
    async with _scoped(service, tenants.alice):
        found = await service.fetch("SELECT id FROM organizations")
    assert [row["id"] for row in found] == [tenants.alice]


async def test_changing_everything_changes_only_ones_own(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """And nothing can be given away to another organization."""
    for table in ("organizations", *catalog.tenant):
        mine = "id" if table == "organizations" else "org_id"
        async with _scoped(service, tenants.alice):
            done = await service.execute(f"UPDATE {table} SET {mine} = {mine}")
        assert done == "UPDATE 1", table
        if table != "organizations":
            async with _scoped(service, tenants.alice):
                refused = await _tried(service, f"UPDATE {table} SET org_id = $1", tenants.charlie)
            assert isinstance(refused, asyncpg.PostgresError), table


async def test_deleting_everything_deletes_only_ones_own(
    service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    before = await _all_rows(owner, catalog)
    async with _scoped(service, tenants.alice):
        for table in (*reversed(catalog.tenant), "organizations"):
            assert await service.execute(f"DELETE FROM {table}") == "DELETE 1", table
    assert await _all_rows(owner, catalog) == before, "undone"


async def test_nothing_can_be_written_for_another_organization(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    for table in catalog.tenant:
        row = catalog.row(table, tenants.charlie, tenants.rows[tenants.charlie]) | {"id": new_id()}
        async with _scoped(service, tenants.alice):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await _insert(service, table, row)
    async with _scoped(service, tenants.alice):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await _insert(service, "organizations", {"id": new_id(), "name": "Another"})


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
        refused = await _tried(
            owner,
            f"UPDATE {key.table} SET {changes} WHERE org_id = $1",
            tenants.alice,
            *(value for _, value in pairs),
        )
        assert isinstance(refused, asyncpg.ForeignKeyViolationError), key.name
        assert refused.constraint_name == key.name


async def test_without_a_scope_there_are_no_rows(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """No error either, and the same on a connection that had a scope before."""
    for _ in range(2):
        for table in ("organizations", *catalog.tenant):
            assert await service.fetch(f"SELECT FROM {table}") == [], table
            assert await service.execute(f"DELETE FROM {table}") == "DELETE 0", table
        async with _scoped(service, tenants.alice):
            assert await service.fetch("SELECT FROM organizations")


async def test_the_platform_sees_organizations_and_no_tenants_rows(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    platform = UUID(int=0)
    for table in catalog.tenant:
        async with _scoped(service, platform):
            assert await service.fetch(f"SELECT FROM {table}") == [], table
    async with _scoped(service, platform):
        found = {row["id"] for row in await service.fetch("SELECT id FROM organizations")}
    assert {tenants.alice, tenants.charlie} <= found


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
            " WHERE schemaname = 'public' AND tablename = $1 AND roles::text[] <> '{tolstoy_census}'",
            table,
        )
        assert [(p["policyname"], p["roles"], p["cmd"]) for p in policies] == [("tenant", ["public"], "ALL")]
        assert policies[0]["qual"] == policies[0]["with_check"], table
        assert "tolstoy.org()" in policies[0]["qual"], table


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


async def test_the_service_owns_nothing_and_is_nobody_else(service: asyncpg.Connection) -> None:
    owned = await service.fetch(
        "SELECT c.oid::regclass FROM pg_class c WHERE pg_has_role(c.relowner, 'MEMBER')"
        " UNION ALL SELECT p.oid::regprocedure::oid FROM pg_proc p WHERE pg_has_role(p.proowner, 'MEMBER')"
        " UNION ALL SELECT n.oid FROM pg_namespace n WHERE pg_has_role(n.nspowner, 'MEMBER')"
    )
    assert owned == []
    roles = await service.fetch("SELECT rolname FROM pg_roles r WHERE pg_has_role(r.oid, 'MEMBER')")
    assert {row["rolname"] for row in roles} == {SERVICE_USER, "tolstoy_app"}
    able = await service.fetch(
        "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
    )
    assert able == []


async def test_the_service_cannot_step_out(service: asyncpg.Connection, catalog: Catalog) -> None:
    """No statement lifts row-level security, reaches round it or changes what it stands on."""
    everywhere = [
        "SET ROLE tolstoy_census",
        "SET SESSION AUTHORIZATION postgres",
        f"ALTER ROLE {SERVICE_USER} BYPASSRLS",
        f"GRANT tolstoy_census TO {SERVICE_USER}",
        "CREATE TABLE public.mine ()",
        "CREATE TABLE tolstoy.mine ()",
        "CREATE SCHEMA mine",
        "CREATE OR REPLACE FUNCTION tolstoy.org() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "ALTER FUNCTION tolstoy.census(uuid) SECURITY INVOKER",
        "DROP FUNCTION tolstoy.keep_timestamps() CASCADE",
        "SET session_replication_role = replica",
        "INSERT INTO aerich (version, app, content) VALUES ('9_x.py', 'models', '{}')",
        "UPDATE aerich SET version = version",
        "DELETE FROM aerich",
    ]
    for table in ("organizations", *catalog.tenant):
        everywhere += [
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP POLICY tenant ON {table}",
            f"CREATE POLICY mine ON {table} USING (true)",
            f"DROP TABLE {table} CASCADE",
            f"CREATE TRIGGER mine BEFORE UPDATE ON {table} EXECUTE FUNCTION tolstoy.keep_timestamps()",
        ]
    for statement in everywhere:
        refused = await _tried(service, statement)
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError), statement


async def test_switching_row_security_off_ends_in_an_error(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """`row_security` is anyone's to set; off, it makes a query fail that a policy would have cut."""
    await service.execute("SET row_security = off")
    for table in ("organizations", *catalog.tenant):
        async with _scoped(service, tenants.alice):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await service.fetch(f"SELECT FROM {table}")


async def test_who_runs_as_another_is_known(owner: asyncpg.Connection) -> None:
    """SECURITY DEFINER functions are the one way round row-level security; their search path is fixed."""
    found = await owner.fetch(
        "SELECT n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,"
        " p.proowner::regrole::text AS owner, p.proconfig AS settings"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert {row["name"]: row["owner"] for row in found} == DEFINERS
    assert all(row["settings"] == ["search_path=public, pg_temp"] for row in found)
    views = await owner.fetch(
        "SELECT oid::regclass FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    assert views == [], "a view reads as its owner"


async def test_the_census_counts_and_reads_nothing(
    service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Its role sees org_id alone; its one function tells an organization only its own numbers."""
    async with _scoped(service, tenants.alice):
        assert await service.fetchval("SELECT tolstoy.census($1)", tenants.alice)
        assert await service.fetchval("SELECT tolstoy.census($1)", tenants.charlie) is None
    assert await service.fetchval("SELECT tolstoy.census($1)", tenants.alice) is None
    for table, columns in catalog.columns.items():
        granted = await owner.fetch(
            "SELECT column_name, privilege_type FROM information_schema.column_privileges"
            " WHERE grantee = 'tolstoy_census' AND table_name = $1",
            table,
        )
        assert {tuple(row) for row in granted} <= {("org_id", "SELECT")}, (table, columns)


async def test_the_service_may_do_with_rows_what_it_must_and_no_more(
    owner: asyncpg.Connection, catalog: Catalog
) -> None:
    for table in catalog.columns:
        granted = await owner.fetch(
            "SELECT privilege_type FROM information_schema.table_privileges"
            " WHERE grantee IN ('tolstoy_app', 'PUBLIC', $2) AND table_schema = 'public' AND table_name = $1",
            table,
            SERVICE_USER,
        )
        expected = {"SELECT"} if table == "aerich" else {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert {row[0] for row in granted} == expected, table


async def test_dates_and_revisions_are_the_databases(
    service: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Whatever an UPDATE says about them; and one that changes nothing leaves them alone."""
    kept = [table for table in catalog.columns if "revision" in catalog.columns[table]]
    assert set(kept) == {"organizations", *catalog.tenant} - set(UNTIED)
    for table in kept:
        async with _scoped(service, tenants.alice):
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


@pytest.mark.parametrize("who", ["service", "owner"])
async def test_a_published_version_never_changes(
    who: str, service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Not by the service, not by the owner, not by an upsert; it goes only with its flow."""
    connection = {"service": service, "owner": owner}[who]
    changes = [
        f"UPDATE flow_versions SET {column} = {column} WHERE org_id = $1"
        for column in catalog.columns["flow_versions"]
    ]
    changes += [
        "UPDATE flow_versions SET document = '{}' WHERE org_id = $1",
        "UPDATE flow_versions SET published_at = NULL WHERE org_id = $1",
        "DELETE FROM flow_versions WHERE org_id = $1",
        "INSERT INTO flow_versions SELECT * FROM flow_versions WHERE org_id = $1"
        " ON CONFLICT (id) DO UPDATE SET document = '{}'",
        "MERGE INTO flow_versions v USING (SELECT $1::uuid AS org_id) o ON v.org_id = o.org_id"
        " WHEN MATCHED THEN UPDATE SET document = '{}'",
    ]
    async with _scoped(connection, tenants.alice):
        await connection.execute(
            "UPDATE flow_versions SET published_at = now() WHERE org_id = $1", tenants.alice
        )
        for change in changes:
            refused = await _tried(connection, change, tenants.alice)
            assert refused is not None and refused.sqlstate == "TY409", change
        await connection.execute("DELETE FROM execution_logs WHERE org_id = $1", tenants.alice)
        await connection.execute("DELETE FROM flows WHERE org_id = $1", tenants.alice)
        assert not await connection.fetch("SELECT FROM flow_versions WHERE org_id = $1", tenants.alice)
