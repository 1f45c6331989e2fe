"""What the role the service acts in may do, and who else acts in the database."""

from __future__ import annotations

import asyncpg
import pytest

from tests.conftest import SERVICE_USER
from tests.tenancy.catalog import GROWS, Catalog, Tenants
from tests.tenancy.connections import scoped, tried

# What runs as another than the caller: as whom, and what it tells. Ids, states, times and numbers, as docs/tenancy.md
# has it.
DEFINERS = {
    "tolstoy.census(uuid)": ("tolstoy_census", "jsonb"),
    "tolstoy.enqueue(text, uuid, integer, timestamp with time zone)": ("tolstoy_queue", "bigint"),
    "tolstoy.due_runs(integer)": ("tolstoy_clock", "TABLE(org_id uuid, id uuid)"),
    "tolstoy.next_due()": ("tolstoy_clock", "timestamp with time zone"),
    "tolstoy.crowded()": ("tolstoy_clock", "TABLE(org_id uuid)"),
    "tolstoy.jobless(integer)": ("tolstoy_clock", "TABLE(org_id uuid, id uuid, job_id bigint)"),
    "tolstoy.due_schedules(integer)": (
        "tolstoy_clock",
        "TABLE(org_id uuid, id uuid, seconds double precision)",
    ),
    "tolstoy.queue_state()": ("tolstoy_clock", "record"),
    "tolstoy.find_key(uuid, bytea)": (
        "tolstoy_keys",
        "TABLE(org_id uuid, user_id uuid, scopes jsonb, max_requests_per_minute integer)",
    ),
    "tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb)": ("tolstoy_audit", "bigint"),
    "tolstoy.row_changed()": ("tolstoy_audit", "trigger"),
}
JOBS = "queue.pgqueuer"
EVENTS = {
    "id", "org_id", "created_at", "seq", "user_id", "action", "subject_type", "subject_id", "event", "previous_hash",
    "hash",
}  # fmt: skip
COUNTED = (
    "users", "tools", "actions", "flows", "execution_logs", "executions", "hooks", "schedules", "subscriptions"
)  # fmt: skip
# All that those roles may do with the columns of any table, however they come by it.
GRANTED = {
    "tolstoy_census": {"SELECT": {table: {"org_id"} for table in COUNTED}},
    "tolstoy_clock": {
        "SELECT": {
            "executions": {"org_id", "id", "status", "wake_at", "parked", "flow_id", "job_id", "updated_at"},
            "schedules": {"org_id", "id", "due_at"},
            JOBS: {"id", "status", "execute_after", "heartbeat"},
        }
    },
    "tolstoy_keys": {
        "SELECT": {"api_keys": {"id", "org_id", "user_id", "hash", "scopes", "max_requests_per_minute"}}
    },
    "tolstoy_audit": {
        "SELECT": {"organizations": {"id"}, "audit_events": EVENTS},
        "INSERT": {"audit_events": EVENTS},
        "DELETE": {"audit_events": {"*"}},
    },
    "tolstoy_queue": {
        "SELECT": {JOBS: {"id"}},
        "INSERT": {
            JOBS: {
                "id", "priority", "queue_manager_id", "created", "updated", "heartbeat", "execute_after", "status",
                "entrypoint", "dedupe_key", "payload", "headers", "attempts", "slot",
            }
        },
    },
}  # fmt: skip


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
        expected = {"SELECT"} if table in {"aerich"} | GROWS else {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert {row[0] for row in granted} == expected, table


async def test_who_runs_as_another_is_known(owner: asyncpg.Connection) -> None:
    """SECURITY DEFINER functions are the one way round row-level security; their search path is fixed."""
    found = await owner.fetch(
        "SELECT n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,"
        " p.proowner::regrole::text AS owner, pg_get_function_result(p.oid) AS told, p.proconfig AS settings"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert {row["name"]: (row["owner"], row["told"]) for row in found} == DEFINERS
    assert {role for role, _ in DEFINERS.values()} == set(GRANTED)
    assert all(row["settings"] == ["search_path=public, pg_temp"] for row in found)
    views = await owner.fetch(
        "SELECT oid::regclass FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    assert views == [], "a view reads as its owner"


async def test_the_census_counts_for_the_organization_itself(
    service: asyncpg.Connection, tenants: Tenants
) -> None:
    async with scoped(service, tenants.alice):
        assert await service.fetchval("SELECT tolstoy.census($1)", tenants.alice)
        assert await service.fetchval("SELECT tolstoy.census($1)", tenants.charlie) is None
    assert await service.fetchval("SELECT tolstoy.census($1)", tenants.alice) is None


async def _granted(owner: asyncpg.Connection, role: str, schemas: str) -> dict[str, dict[str, set[str]]]:
    """What the role may do with which columns of which tables; where it is for whole tables, the column is `*`."""
    found = await owner.fetch(
        "WITH held AS (SELECT oid, oid::regclass::text AS name FROM pg_class"
        "  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace::regnamespace::text ~ $2)"
        " SELECT p.may, h.name, a.attname::text FROM held h"
        "  JOIN pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped,"
        "  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p (may)"
        "  WHERE has_column_privilege($1, h.oid, a.attnum, p.may)"
        " UNION ALL SELECT p.may, h.name, '*' FROM held h, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p (may)"
        "  WHERE has_table_privilege($1, h.oid, p.may)",
        role,
        schemas,
    )
    granted: dict[str, dict[str, set[str]]] = {}
    for may, table, column in found:
        granted.setdefault(may, {}).setdefault(table, set()).add(column)
    return granted


@pytest.mark.parametrize("role", GRANTED)
async def test_who_looks_across_tenants_sees_no_more_than_it_must(
    owner: asyncpg.Connection, role: str
) -> None:
    """The columns that docs/tenancy.md tells of: no name, no inputs, no job's content; nobody logs in as it."""
    assert await _granted(owner, role, "^(public|queue|tolstoy)$") == GRANTED[role]
    able = "rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    assert not await owner.fetchval(f"SELECT {able} FROM pg_roles WHERE rolname = $1", role)
    others = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = $1::text::regrole"
    assert await owner.fetch(others, role) == []


async def test_the_service_reaches_no_job(service: asyncpg.Connection, owner: asyncpg.Connection) -> None:
    """It adds one by `tolstoy.enqueue`, and neither reads nor writes the queue."""
    tables = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'queue'::regnamespace AND relkind = 'r'"
    names = [row[0] for row in await owner.fetch(tables)]
    assert JOBS in names
    for table in names:
        for statement in (
            f"SELECT count(*) FROM {table}",
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET id = id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            refused = await tried(service, statement)
            assert isinstance(refused, asyncpg.InsufficientPrivilegeError), statement
    # not for want of a way into the schema alone
    assert await _granted(owner, SERVICE_USER, "^queue$") == {}
