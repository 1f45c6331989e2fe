"""`tolstoy db …`: what each command does and says."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.db.conftest import Tolstoy, add_migration, ask, do
from tolstoy.cli import studio
from tolstoy.core.database_urls import parse
from tolstoy.db import migrate


async def test_status_of_an_empty_database(tolstoy: Tolstoy, on_empty: str) -> None:
    ended = await tolstoy("status")
    assert ended.code == 1
    assert f"migrations  0 applied, {len(migrate.known())} pending" in ended.out
    assert all(name in ended.out for name in migrate.known())
    assert "Drift" not in ended.out


async def test_status_of_a_database_ahead_of_the_code(tolstoy: Tolstoy, database: Databases) -> None:
    await do(
        database.direct_url,
        "INSERT INTO aerich (version, app, content) VALUES ('99_x_grow.py', 'models', '{}')",
    )
    ended = await tolstoy("status")
    assert ended.code == 1
    assert "older than the database; deploy newer code:\n  99_x_grow.py" in ended.out
    deployed = await tolstoy("deploy")
    assert (deployed.code, deployed.out) == (0, "Nothing to do: the schema is current.\n")


async def test_status_of_a_current_and_of_a_changed_database(tolstoy: Tolstoy, database: Databases) -> None:
    current = await tolstoy("status")
    assert current.code == 0
    assert current.out.endswith("current: the models, the migrations and the database agree\n")
    await do(database.direct_url, "DROP POLICY tenant ON tools")
    drifted = await tolstoy("status")
    assert drifted.code == 1
    assert "Drift: the database is not what its migrations make." in drifted.out
    assert "  policy tenant on tools is missing from the database\n" in drifted.out


async def test_reset_forgets_everything_and_seed_fills_it(tolstoy: Tolstoy, database: Databases) -> None:
    await do(
        database.direct_url,
        "CREATE TABLE strange (id int); CREATE VIEW looks AS SELECT * FROM strange; CREATE TYPE mood AS ENUM ('ok');"
        "CREATE FUNCTION tolstoy.more() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "INSERT INTO organizations (id, name) VALUES (gen_random_uuid(), 'Old')",
    )
    refused = await tolstoy("reset")
    assert refused.code == 1 and "--force" in refused.out
    assert await ask(database.direct_url, "SELECT count(*) FROM organizations") == 1
    ended = await tolstoy("reset", "--force", "--seed")
    assert ended.code == 0, ended.out
    assert (
        f"Emptied '{database.direct.database}'." in ended.out
        and "The demo organization is there" in ended.out
    )
    assert await ask(database.direct_url, "SELECT string_agg(name, ',') FROM organizations") == "Tolstoy Demo"
    assert (await tolstoy("status")).code == 0


async def test_reset_asks_for_the_name_of_the_database(
    tolstoy: Tolstoy, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await do(database.direct_url, "INSERT INTO organizations (id, name) VALUES (gen_random_uuid(), 'Old')")
    typed: list[str] = ["no", database.direct.database]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda _: typed.pop(0))
    refused = await tolstoy("reset")
    assert refused.code == 1 and "nothing was destroyed" in refused.out
    assert await ask(database.direct_url, "SELECT count(*) FROM organizations") == 1
    assert (await tolstoy("reset")).code == 0
    assert await ask(database.direct_url, "SELECT count(*) FROM organizations") == 0


async def test_seeding_twice_changes_nothing(tolstoy: Tolstoy, database: Databases) -> None:
    first = await tolstoy("seed")
    assert first.code == 0, first.out
    assert "curl http://localhost:3000/flows/" in first.out and first.out.count("  action  ") == 3
    contents = await ask(database.direct_url, _CONTENTS)
    assert await tolstoy("seed") == first
    assert await ask(database.direct_url, _CONTENTS) == contents
    published = "SELECT count(*) FROM flow_versions WHERE published_at IS NOT NULL"
    assert await ask(database.direct_url, published) == 1


_CONTENTS = " UNION ALL ".join(
    f"SELECT string_agg({table}::text, '' ORDER BY id) FROM {table}"
    for table in ("organizations", "users", "tools", "actions", "flows", "flow_versions")
)
_CONTENTS = f"SELECT string_agg(string_agg, '') FROM ({_CONTENTS}) t"


async def test_seeding_mends_a_demo_that_lost_a_part(tolstoy: Tolstoy, database: Databases) -> None:
    first = await tolstoy("seed")
    await do(database.direct_url, "DELETE FROM actions WHERE key = 'write-note'")
    second = await tolstoy("seed")
    assert second.code == 0
    assert first.out.splitlines()[:4] == second.out.splitlines()[:4]
    assert await ask(database.direct_url, "SELECT count(*) FROM actions") == 3


async def test_seeding_an_old_database_says_what_to_do(tolstoy: Tolstoy, on_empty: str) -> None:
    ended = await tolstoy("seed")
    assert ended.code == 1
    assert "run `tolstoy db deploy`, then seed" in ended.out


@pytest.mark.parametrize(
    "command", [("migrate", "--name", "add_tool_colour"), ("reset", "--force"), ("push",)]
)
async def test_production_refuses_what_is_for_development(
    tolstoy: Tolstoy, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NODE_ENV", "production")
    monkeypatch.setenv("AUTH_MODE", "gateway")
    monkeypatch.setenv("GATEWAY_SECRET", "x" * 32)
    monkeypatch.setenv("APP_KEY", f"{'k' * 42}8=")
    ended = await tolstoy(*command)
    assert ended.code == 1
    assert f"`tolstoy db {command[0]}` is for development" in ended.out
    assert (await tolstoy("status")).code == 0


async def test_deploy_tells_a_failure_in_one_sentence(tolstoy: Tolstoy, migrations: Path) -> None:
    file = add_migration(migrations, "add_tool_colour", "ALTER TABLE toolz ADD colour text;")
    ended = await tolstoy("deploy")
    assert ended.code == 1
    assert ended.out == (
        f"tolstoy: {file} failed, and the schema is as it was before it. UndefinedTableError: relation"
        ' "toolz" does not exist. Mend the file, or what it stumbled over in the database, and run'
        " `tolstoy db deploy` again."
    )


async def test_deploy_waits_for_another_and_says_so(tolstoy: Tolstoy, database: Databases) -> None:
    async with migrate.locked(database.direct):
        waiting = asyncio.create_task(tolstoy("deploy"))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    ended = await waiting
    assert ended.out == (
        "Another process is migrating this database; waiting for it to end …\nNothing to do: the schema is current.\n"
    )


async def test_deploy_warns_of_one_user_for_everything(
    tolstoy: Tolstoy, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.direct_url)
    ended = await tolstoy("deploy")
    assert ended.code == 0
    assert "The service refuses the owner of the tables" in ended.out


async def test_a_database_out_of_reach_is_told_without_the_password(
    tolstoy: Tolstoy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIRECT_URL", "postgresql://me:hidden@127.0.0.1:1/db")
    for command in ("deploy", "status"):
        ended = await tolstoy(command)
        assert ended.code == 1
        assert "cannot be reached" in ended.out and "check DIRECT_URL" in ended.out
        assert "hidden" not in ended.out and "Traceback" not in ended.out


async def test_studio_shows_no_password_on_the_command_line(
    tolstoy: Tolstoy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "harlequin"
    program.write_text('#!/bin/sh\necho "$@" > asked\necho "$PGPASSWORD" > password\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("DIRECT_URL", "postgresql://me:p%40ss@db.example:6000/my%20db?sslmode=require")
    assert (await tolstoy("studio")).code == 3
    asked = (tmp_path / "asked").read_text()
    assert asked == "--adapter postgres postgresql://me@/my%20db?host=db.example&port=6000&sslmode=require\n"
    assert (tmp_path / "password").read_text() == "p@ss\n"


async def test_studio_says_how_to_get_it(
    tolstoy: Tolstoy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("shutil.which", lambda _: None)
    ended = await tolstoy("studio")
    assert ended.code == 1 and "pip install 'tolstoy[studio]'" in ended.out


async def test_stopping_an_embedded_server_that_does_not_run(
    tolstoy: Tolstoy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "none"))
    assert (await tolstoy("stop-embedded")).code == 0
    assert not (tmp_path / "none").exists()


async def test_each_commands_help_fits_one_screen(tolstoy: Tolstoy) -> None:
    for command in ("migrate", "deploy", "status", "diff", "reset", "push", "seed", "studio"):
        helped = await tolstoy(command, "--help")
        assert helped.code == 0 and len(helped.out.splitlines()) <= 24
    listed = await tolstoy("--help")
    assert "stop-embedded" not in listed.out


def test_an_address_for_libpq() -> None:
    socket = parse("postgresql://postgres@/postgres?host=/a%20b/c&port=5432")
    assert studio.address(socket) == "postgresql://postgres@/postgres?host=%2Fa%20b%2Fc&port=5432"
