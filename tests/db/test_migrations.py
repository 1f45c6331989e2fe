"""The migrations make what the models say, wherever and however often they are run."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.conftest import Databases, Postgres
from tests.db.conftest import add_migration, ask, inspected
from tolstoy.core.database_urls import parse
from tolstoy.db import authoring, config, migrate
from tolstoy.db.migrate import MigrationError

REPOSITORY = Path(migrate.location()).parent
# A key or a check of a table that has rows by the million.
_KEY = re.compile(r"ALTER TABLE (executions|execution_logs|audit_events)\s+ADD CONSTRAINT (\w+)([^;]+);")


async def deployed(url: str, *, service: str | None = None) -> list[str]:
    return await asyncio.to_thread(migrate.deploy_blocking, parse(url), parse(service) if service else None)


async def test_every_file_has_its_own_number_a_purpose_a_state_and_plain_sql() -> None:
    files = migrate.known()
    assert [int(name.split("_")[0]) for name in files] == list(range(len(files)))
    for name in files:
        text = (migrate.location() / "models" / name).read_text()
        assert re.search(r"(?m)^MODELS_STATE = \(", text), f"{name}: copy the MODELS_STATE of the file before"
        assert name.startswith("0_") or text.startswith('"""'), f"{name}: say in a docstring what it is for"
        assert await authoring.scripts(name), name
        assert name.startswith("0_") or authoring.checked_name(name.split("_", 2)[2].removesuffix(".py"))


async def test_keys_of_what_grows_are_looked_at_in_a_migration_of_their_own() -> None:
    """Else all requests for the tables wait until every row of them has been read."""
    sent = {name: "\n".join(await authoring.scripts(name)) for name in migrate.known()[25:]}
    wrong = []
    for name, text in sent.items():
        for table, key, how in _KEY.findall(text):
            looked_at = [other for other in sent if f"{table} VALIDATE CONSTRAINT {key};" in sent[other]]
            if "NOT VALID" not in how or not looked_at or name in looked_at:
                wrong.append(f"{name}: {key}")
    assert wrong == []


def test_nobody_used_tortoises_own_migrations() -> None:
    # a second tree of migrations would compete with Aerich's, and has no lock either
    assert not list((REPOSITORY / "service").rglob("migrations"))
    assert "[tool.tortoise]" not in (REPOSITORY / "pyproject.toml").read_text()


async def test_each_migration_can_be_taken_back_but_the_first(empty_database: str) -> None:
    def there_and_back() -> None:
        asyncio.run(_there_and_back(empty_database))

    await deployed(empty_database)
    await asyncio.to_thread(there_and_back)
    assert (await inspected(empty_database)).current


async def _there_and_back(url: str) -> None:
    from aerich import Command
    from aerich.exceptions import DowngradeError

    settings = config.tortoise(parse(url).tortoise_credentials(), migrating=True)
    async with Command(settings, app="models", location=str(migrate.location())) as command:
        await command.init()
        for file in reversed(migrate.known()[1:]):
            assert await command.downgrade(-1, delete=False) == [file]
        with pytest.raises(DowngradeError):
            await command.downgrade(-1, delete=False)
        assert await command.upgrade() == list(migrate.known()[1:])


async def test_two_machines_deploying_at_once_apply_each_migration_once(
    postgres: Postgres, empty_database: str, tmp_path: Path
) -> None:
    """And a third migrates another database of the same server, with which it shares the roles."""
    other = f"other_{uuid4().hex[:12]}"
    user = f"tolstoy_{uuid4().hex[:12]}"
    await postgres.execute(f"CREATE DATABASE {other}")
    names = [parse(empty_database).database, parse(empty_database).database, other]
    try:
        ended = await asyncio.gather(*(_deploy_process(postgres, name, user, tmp_path) for name in names))
        assert [code for code, _ in ended] == [0, 0, 0], ended
        first, second, third = (out for _, out in ended)
        last = f"{len(migrate.known())} applied; the schema is current.\n"
        assert sorted([first.endswith(last), second.endswith(last)]) == [False, True]
        assert "Nothing to do" in first + second
        assert third.endswith(last)
        assert await ask(empty_database, "SELECT count(*) FROM aerich") == len(migrate.known())
        assert await ask(empty_database, f"SELECT pg_has_role('{user}', 'tolstoy_app', 'USAGE')")
    finally:
        await postgres.execute(f"DROP DATABASE {other} WITH (FORCE)", f"DROP ROLE {user}")


async def _deploy_process(postgres: Postgres, database: str, user: str, folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tolstoy", "db", "deploy"),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": postgres.url(database, user=user, password="secret"),
            "DIRECT_URL": postgres.url(database),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_a_failed_migration_leaves_the_schema_as_it_was(database: Databases, migrations: Path) -> None:
    good = add_migration(migrations, "add_tool_colour", "ALTER TABLE tools ADD colour text;")
    bad = add_migration(
        migrations,
        "add_tool_shape",
        "ALTER TABLE tools ADD shape text; INSERT INTO tools (id) VALUES (NULL);",
    )
    with pytest.raises(MigrationError) as caught:
        await deployed(database.direct_url)
    said = str(caught.value)
    assert bad in said and "as it was before it" in said
    assert 'null value in column "id" of relation "tools"' in said
    level = await _level(database.direct_url)
    assert level.applied[-1] == good and level.pending == (bad,)
    columns = "SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = 'tools'::regclass"
    found = str(await ask(database.direct_url, columns)).split(",")
    assert "colour" in found and "shape" not in found


async def _level(url: str) -> migrate.Level:
    connection = await asyncpg.connect(**parse(url).asyncpg_kwargs())
    try:
        return await migrate.level(connection)
    finally:
        await connection.close()


async def test_a_migration_does_not_wait_long_for_a_lock(
    database: Databases, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT_SECONDS", 1)
    file = add_migration(migrations, "add_tool_colour", "ALTER TABLE tools ADD colour text;")
    holder = await asyncpg.connect(**database.direct.asyncpg_kwargs())
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE tools IN SHARE MODE")
            with pytest.raises(MigrationError, match=f"{file} waited 1 s for a lock .* deploy` again"):
                await deployed(database.direct_url)
    finally:
        await holder.close()
    assert await deployed(database.direct_url) == [file]


async def test_a_migration_without_a_statement_is_applied(database: Databases, migrations: Path) -> None:
    file = add_migration(migrations, "plan_something", "\n-- nothing yet;\n")
    assert await deployed(database.direct_url) == [file]


async def test_an_index_may_be_built_concurrently(database: Databases, migrations: Path) -> None:
    file = add_migration(migrations, "index_tool_names", "SELECT 1")
    path = migrations / file
    text = "CREATE INDEX CONCURRENTLY tools_by_name ON tools (org_id, name)"
    lines = f'RUN_IN_TRANSACTION = False\n\n\nasync def upgrade(db):\n    await db.execute_script("{text}")\n'
    path.write_text(path.read_text().replace("async def upgrade(db):\n", lines))
    assert await deployed(database.direct_url) == [file]
    assert (await inspected(database.direct_url)).current


@pytest.mark.parametrize(
    ("attribute", "membership"),
    [
        ("CREATEROLE", "WITH ADMIN OPTION"),
        (
            "CREATEROLE",
            "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
        ),  # what Postgres gives to the maker of a role
        ("NOCREATEROLE", ""),
    ],
)
async def test_an_owner_who_is_no_superuser_can_deploy(
    postgres: Postgres, template: str, attribute: str, membership: str
) -> None:
    """`template` is asked for so that the roles are there. Who may not make any finds them made."""
    if "INHERIT" in membership and await _version(postgres) < 160000:
        membership = ""
    owner, service, name = (f"tolstoy_{what}_{uuid4().hex[:12]}" for what in ("owner", "service", "owned"))
    await postgres.execute(
        f"CREATE ROLE {owner} LOGIN {attribute} PASSWORD 'secret'",
        "GRANT tolstoy_app, tolstoy_audit, tolstoy_census, tolstoy_queue, tolstoy_clock, tolstoy_keys"
        f" TO {owner} {membership}",
        f"CREATE DATABASE {name} OWNER {owner}",
    )
    if attribute == "NOCREATEROLE":
        await postgres.execute(f"CREATE ROLE {service} LOGIN PASSWORD 'other' IN ROLE tolstoy_app")
    try:
        direct = postgres.url(name, user=owner, password="secret")
        service_url = postgres.url(name, user=service, password="other")
        assert await deployed(direct, service=service_url) == list(migrate.known())
        assert await deployed(direct, service=service_url) == []
        assert (await inspected(direct)).current
        assert await ask(service_url, "SELECT tolstoy.enter_platform(NULL, NULL)") == "platform"
    finally:
        await postgres.execute(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {service}")
        await postgres.execute(f"DROP ROLE {owner}")


async def test_an_owner_who_may_not_make_the_services_user_is_told(postgres: Postgres, template: str) -> None:
    owner, name = (f"{what}_{uuid4().hex[:12]}" for what in ("owner", "owned"))
    await postgres.execute(
        f"CREATE ROLE {owner} LOGIN PASSWORD 'secret'",
        "GRANT tolstoy_app, tolstoy_audit, tolstoy_census, tolstoy_queue, tolstoy_clock, tolstoy_keys"
        f" TO {owner}",
        f"CREATE DATABASE {name} OWNER {owner}",
    )
    try:
        direct = postgres.url(name, user=owner, password="secret")
        with pytest.raises(
            MigrationError, match=r"'nobody_yet' of DATABASE_URL could not be made .* denied to create"
        ):
            await deployed(direct, service=postgres.url(name, user="nobody_yet", password="hidden"))
    finally:
        await postgres.execute(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {owner}")


async def _version(postgres: Postgres) -> int:
    return int(str(await ask(postgres.admin_url, "SELECT current_setting('server_version_num')")))


async def test_a_pooler_is_refused_where_the_lock_must_hold() -> None:
    pooled = parse("postgresql://me:secret@ep-1-pooler.eu.neon.tech/db?sslmode=require")
    with pytest.raises(MigrationError, match="pooler") as caught:
        await migrate.deploy(pooled)
    assert "secret" not in str(caught.value)
