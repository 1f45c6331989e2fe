"""`tolstoy db migrate`, `diff` and `push`: from the models to the schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.db.conftest import Tolstoy, ask, do
from tolstoy.db import authoring, migrate
from tolstoy.db.migrate import MigrationError

Change = Callable[[str, str], None]
_NAME = "    name = fields.CharField(max_length=200)\n    base_url"
_COLOUR = "    colour = fields.CharField(max_length=20, null=True)\n"


async def test_migrate_writes_the_next_file_and_applies_it(
    tolstoy: Tolstoy, database: Databases, migrations: Path, change_models: Change
) -> None:
    change_models(_NAME, _COLOUR + _NAME)
    ended = await tolstoy("migrate", "--name", "Add tool colour")
    assert ended.code == 0, ended.out
    file = migrate.known()[-1]
    assert file.startswith(f"{len(migrate.known()) - 1}_") and file.endswith("_add_tool_colour.py")
    assert f"Wrote migrations/models/{file}" in ended.out
    assert 'ALTER TABLE "tools" ADD "colour" VARCHAR(20);' in ended.out
    assert ended.out.endswith(f"applied {file}\n1 applied; the schema is current.\n")
    text = (migrations / file).read_text()
    assert text.startswith('"""Add tool colour."""\n\nfrom tortoise') and "MODELS_STATE" in text
    assert 'ALTER TABLE "tools" DROP COLUMN "colour";' in text
    assert await ask(database.direct_url, "SELECT count(colour) FROM tools") == 0
    assert (await tolstoy("status")).code == 0
    again = await tolstoy("migrate", "--name", "add_tool_colour")
    assert again.code == 0
    assert again.out == (
        "The models have nothing that the migrations lack: no file was written.\n"
        "Nothing to do: the schema is current.\n"
    )


async def test_migrate_can_leave_the_database_alone(
    tolstoy: Tolstoy, migrations: Path, change_models: Change
) -> None:
    change_models(_NAME, _COLOUR + _NAME)
    assert (await tolstoy("migrate", "--no-apply", "--name", "add_tool_colour")).code == 0
    status = await tolstoy("status")
    assert status.code == 1
    assert f"Pending; run `tolstoy db deploy`:\n  {migrate.known()[-1]}\n" in status.out
    assert "Drift" not in status.out


async def test_a_new_table_and_a_lost_column_come_with_a_reminder(
    tolstoy: Tolstoy, migrations: Path, change_models: Change
) -> None:
    note = 'class Note(TenantEntity):\n    class Meta:\n        table = "notes"\n'
    change_models("class Flow(TenantEntity):", f"{note}\n\nclass Flow(TenantEntity):")
    change_models("    published_version = fields.IntField(null=True)\n", "")
    ended = await tolstoy("migrate", "--name", "add_notes")
    assert ended.code == 0, ended.out
    assert "may not touch a new table before a migration gives it row-level security" in ended.out
    assert "Expand, then contract" in ended.out


@pytest.mark.parametrize(
    "name", ["update", "fix", "fix_schema", "update_table", "x", "", "drop;table", "ändern_x"]
)
async def test_a_name_that_says_nothing_is_refused(tolstoy: Tolstoy, migrations: Path, name: str) -> None:
    before = migrate.known()
    ended = await tolstoy("migrate", "--name", name)
    assert ended.code == 1
    assert "such as add_" in ended.out
    assert migrate.known() == before


async def test_an_empty_migration_is_for_own_sql_and_swallows_no_change(
    tolstoy: Tolstoy, database: Databases, migrations: Path, change_models: Change
) -> None:
    ended = await tolstoy("migrate", "--empty", "--name", "count_tool_uses")
    assert ended.code == 0, ended.out
    file = migrate.known()[-1]
    assert "Write SQL into its upgrade and its downgrade, then run `tolstoy db deploy`" in ended.out
    assert (migrations / file).read_text().count('"""\n-- Write SQL here.\n"""') == 2
    assert await ask(database.direct_url, "SELECT count(*) FROM aerich") == len(migrate.known()) - 1
    assert (await tolstoy("deploy")).out == f"applied {file}\n1 applied; the schema is current.\n"

    change_models(_NAME, _COLOUR + _NAME)
    refused = await tolstoy("migrate", "--empty", "--name", "index_tool_colours")
    assert refused.code == 1
    assert "which an empty one would swallow" in refused.out
    assert migrate.known()[-1] == file


async def test_migrate_applies_nothing_to_a_database_changed_by_hand(
    tolstoy: Tolstoy, database: Databases, migrations: Path, change_models: Change
) -> None:
    await do(database.direct_url, "ALTER TABLE tools ADD colour text")
    change_models(_NAME, _COLOUR + _NAME)
    ended = await tolstoy("migrate", "--name", "add_tool_colour")
    assert ended.code == 1
    assert "Nothing was applied" in ended.out and "begin anew with `tolstoy db reset`" in ended.out
    assert migrate.known()[-1].endswith("_add_tool_colour.py")


async def test_migrate_says_what_aerich_forgot(
    tolstoy: Tolstoy, migrations: Path, change_models: Change
) -> None:
    change_models(_NAME, "    size = fields.IntField(db_default=3)\n" + _NAME)
    ended = await tolstoy("migrate", "--name", "add_tool_size")
    assert ended.code == 1
    assert "Nothing was applied" in ended.out and "Aerich does not see every change" in ended.out
    assert (
        "column tools.size is «integer NOT NULL DEFAULT 3» in the models and «integer NOT NULL»" in ended.out
    )
    file = migrations / migrate.known()[-1]
    file.write_text(file.read_text().replace('ADD "size" INT NOT NULL', 'ADD "size" INT NOT NULL DEFAULT 3'))
    assert (await tolstoy("deploy")).code == 0
    assert (await tolstoy("status")).code == 0


async def test_diff_prints_what_migrate_would_write(tolstoy: Tolstoy, change_models: Change) -> None:
    assert (await tolstoy("diff")).out == "-- The models have nothing that the migrations lack.\n"
    change_models(_NAME, _COLOUR + _NAME)
    assert (await tolstoy("diff")).out == 'ALTER TABLE "tools" ADD "colour" VARCHAR(20);\n'


async def test_diff_from_empty_is_a_script_that_makes_the_schema(
    tolstoy: Tolstoy, empty_database: str, on_empty: str
) -> None:
    script = (await tolstoy("diff", "--from-empty")).out
    assert all(f"-- {name}\n" in script for name in migrate.known())
    await do(empty_database, script)
    assert await ask(empty_database, "SELECT count(*) FROM pg_policy") == await ask(
        empty_database, f"SELECT {script.count('CREATE POLICY')}"
    )


async def test_status_of_models_without_a_migration(tolstoy: Tolstoy, change_models: Change) -> None:
    change_models(_NAME, _COLOUR + _NAME)
    ended = await tolstoy("status")
    assert ended.code == 1
    assert "Drift: the models say what no migration makes." in ended.out
    assert "column tools.colour is in the models but no migration makes it" in ended.out
    assert "Run `tolstoy db migrate --name …`" in ended.out


async def test_push_needs_no_migration_and_status_tells(
    tolstoy: Tolstoy, database: Databases, change_models: Change
) -> None:
    assert (await tolstoy("push")).out == "Nothing to push: the database has all that the models have.\n"
    change_models(_NAME, _COLOUR + _NAME)
    pushed = await tolstoy("push")
    assert pushed.code == 0
    assert 'ALTER TABLE "tools" ADD "colour" VARCHAR(20);' in pushed.out
    assert "PUSHED WITHOUT A MIGRATION" in pushed.out
    change_models(_NAME, "    size = fields.IntField(null=True)\n" + _NAME)
    again = await tolstoy("push")
    assert again.code == 0 and 'ADD "size" INT' in again.out and "colour" not in again.out
    assert (await tolstoy("push")).out.startswith("Nothing to push")

    status = await tolstoy("status")
    assert status.code == 1
    assert "column tools.colour is in the database but in no migration" in status.out
    assert "A prototype was pushed here." in status.out
    refused = await tolstoy("migrate", "--name", "update")
    assert refused.code == 1


async def test_push_that_fails_changes_nothing(
    tolstoy: Tolstoy, database: Databases, change_models: Change
) -> None:
    await do(database.direct_url, "ALTER TABLE tools ADD colour text")
    change_models(_NAME, _COLOUR + _NAME)
    ended = await tolstoy("push")
    assert ended.code == 1
    assert 'column "colour" of relation "tools" already exists' in ended.out
    assert await ask(database.direct_url, "SELECT count(*) FROM aerich WHERE app = 'pushed'") == 0


def test_names_are_made_snake_case() -> None:
    assert authoring.checked_name(" Add user-roles ") == "add_user_roles"
    for good in ("add_user_profile_fields", "create_audit_log_table", "update_flow_schema_structure"):
        assert authoring.checked_name(good) == good
    with pytest.raises(MigrationError):
        authoring.checked_name("changes")
