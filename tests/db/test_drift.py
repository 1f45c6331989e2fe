"""Whether the models, the migrations and a database agree, and what is said where they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.conftest import Databases
from tests.db.conftest import add_migration, ask, do, inspected


async def test_the_migrations_make_what_the_models_say(database: Databases) -> None:
    state = await inspected(database.direct_url)
    assert (state.by_hand, state.unwritten, state.draft) == ((), (), None)
    assert state.current


async def test_what_was_changed_by_hand_is_found(database: Databases) -> None:
    await do(
        database.direct_url,
        """
        ALTER TABLE tools ADD colour text;
        ALTER TABLE tools DROP description;
        ALTER TABLE users ALTER name TYPE text, ALTER role SET DEFAULT 'viewer';
        DROP POLICY tenant ON actions;
        ALTER POLICY tenant ON tools USING (true);
        ALTER TABLE flows NO FORCE ROW LEVEL SECURITY;
        DROP TRIGGER flow_versions_frozen ON flow_versions;
        ALTER TABLE actions DROP CONSTRAINT actions_tools_fk;
        ALTER TABLE execution_logs DROP CONSTRAINT execution_logs_status_known;
        DROP INDEX "idx_execution_l_org_id_e83a0d";
        CREATE UNIQUE INDEX tools_named ON tools (name);
        CREATE TABLE notes (id int PRIMARY KEY);
        GRANT SELECT ON users TO PUBLIC;
        REVOKE DELETE ON tools FROM tolstoy_app;
        CREATE OR REPLACE FUNCTION tolstoy.org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT NULL::uuid';
        CREATE SEQUENCE tolstoy.numbers;
        """,
    )
    before = await ask(database.direct_url, _EVERYTHING)
    state = await inspected(database.direct_url)
    assert await ask(database.direct_url, _EVERYTHING) == before
    assert not state.current
    assert set(state.by_hand) == {
        "column tools.colour is in the database but in no migration",
        "column tools.description is missing from the database",
        "column users.name is «text» in the database and «character varying(200)» after the migrations",
        "column users.role is «character varying(20) NOT NULL DEFAULT 'viewer'::character varying» in the database"
        " and «character varying(20) NOT NULL» after the migrations",
        "policy tenant on actions is missing from the database",
        "policy tenant on tools is «FOR ALL TO PUBLIC USING true WITH CHECK (org_id = ( SELECT tolstoy.org() AS org))»"
        " in the database and «FOR ALL TO PUBLIC USING (org_id = ( SELECT tolstoy.org() AS org)) WITH CHECK"
        " (org_id = ( SELECT tolstoy.org() AS org))» after the migrations",
        "row-level security of flows is «enabled and not forced» in the database and «enabled and forced» after"
        " the migrations",
        "trigger flow_versions_frozen on flow_versions is missing from the database",
        "constraint actions_tools_fk on actions is missing from the database",
        "constraint execution_logs_status_known on execution_logs is missing from the database",
        "index idx_execution_l_org_id_e83a0d on execution_logs is missing from the database",
        "index tools_named on tools is in the database but in no migration",
        "table notes is in the database but in no migration",
        "rights of users is «PUBLIC SELECT, tolstoy_app DELETE/INSERT/SELECT/UPDATE» in the database and"
        " «tolstoy_app DELETE/INSERT/SELECT/UPDATE» after the migrations",
        "rights of tools is «tolstoy_app INSERT/SELECT/UPDATE» in the database and"
        " «tolstoy_app DELETE/INSERT/SELECT/UPDATE» after the migrations",
        "routine tolstoy.org() in the database is not the one after the migrations",
        "sequence tolstoy.numbers is in the database but in no migration",
    }


_EVERYTHING = """
SELECT string_agg(nspname || relname, ',' ORDER BY c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
"""


async def test_looking_for_drift_holds_nobody_up(database: Databases) -> None:
    """Neither a session with an open transaction that wrote everywhere, nor one that goes on writing."""
    held = await asyncpg.connect(**database.direct.asyncpg_kwargs())
    other = await asyncpg.connect(**database.direct.asyncpg_kwargs())
    try:
        async with held.transaction():
            await held.execute("LOCK TABLE organizations, tools, users, flows IN ROW EXCLUSIVE MODE")
            looking = asyncio.create_task(inspected(database.direct_url))
            await other.execute("SET lock_timeout = '1s'")
            while not looking.done():
                await other.execute("UPDATE organizations SET name = (SELECT name FROM tools LIMIT 1)")
                await asyncio.sleep(0.01)
        assert looking.result().current
    finally:
        await held.close()
        await other.close()


async def test_a_change_that_aerich_does_not_see_is_found(
    database: Databases, change_models: Callable[[str, str], None]
) -> None:
    change_models("version = fields.IntField(db_default=1)", "version = fields.IntField(db_default=7)")
    state = await inspected(database.direct_url)
    assert state.by_hand == ()
    assert state.unwritten == (
        "column flows.version is «integer NOT NULL DEFAULT 7» in the models and «integer NOT NULL DEFAULT 1»"
        " after the migrations",
    )


async def test_a_column_that_only_the_migrations_keep_is_no_drift_if_rows_can_be_written(
    database: Databases, migrations: Path
) -> None:
    """The expand of expand and contract: the code lets go of a column a release before it is dropped."""
    add_migration(
        migrations, "keep_tool_colour", "ALTER TABLE tools ADD colour text, ADD size int DEFAULT 1 NOT NULL"
    )
    add_migration(migrations, "keep_tool_shape", "ALTER TABLE tools ADD shape text NOT NULL;")
    assert (await inspected(database.direct_url)).unwritten == (
        "column tools.shape is in no model, and without a default no row can be written",
    )
