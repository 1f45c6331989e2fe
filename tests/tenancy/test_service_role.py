"""What the role the service acts in may do, and who else acts in the database."""

from __future__ import annotations

import asyncpg

from tests.conftest import SERVICE_USER
from tests.tenancy.catalog import Catalog, Tenants
from tests.tenancy.connections import scoped, tried

# Who may run as another than the caller.
DEFINERS = {
    "tolstoy.census(uuid)": "tolstoy_census",
    "tolstoy.enqueue(text, uuid, integer, timestamp with time zone)": "tolstoy_queue",
    "tolstoy.due_runs(integer)": "tolstoy_clock",
    "tolstoy.next_due()": "tolstoy_clock",
    "tolstoy.crowded()": "tolstoy_clock",
    "tolstoy.jobless(integer)": "tolstoy_clock",
    "tolstoy.due_schedules(integer)": "tolstoy_clock",
    "tolstoy.queue_state()": "tolstoy_clock",
}


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
    superuser = await service.fetchval("SELECT quote_ident(rolname) FROM pg_roles WHERE rolsuper LIMIT 1")
    everywhere = [
        "SET ROLE tolstoy_census",
        f"SET SESSION AUTHORIZATION {superuser}",
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
        refused = await tried(service, statement)
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError), statement


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
    async with scoped(service, tenants.alice):
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
