"""An organization's file that is large, killed in the midst, or not what the database takes."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.acceptance.installation import Installation, fitted, lines, number_of_logs, with_logs
from tests.conftest import SERVICE_USER, Databases
from tests.tenancy.connections import connected
from tests.whole_database import places

MANY = 30_000

_SESSIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


@pytest.fixture
def installation(database: Databases, tmp_path: Path) -> Installation:
    return Installation(database, tmp_path)


@pytest.fixture
async def owner(database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database.direct) as connection:
        yield connection


async def test_an_import_that_is_killed_leaves_nothing(
    installation: Installation, owner: asyncpg.Connection
) -> None:
    org_id = await with_logs(owner, MANY)
    file = installation.export(str(org_id), "large.jsonl")
    assert installation.admin("delete-org", str(org_id), "--yes")[0] == 0
    process = installation.command("import-org", str(file))
    while not await owner.fetchval(_SESSIONS + " AND query LIKE 'INSERT INTO execution_logs (org_id, id%'"):
        assert process.poll() is None
    process.kill()
    process.communicate()
    while await owner.fetchval(_SESSIONS):  # the server rolls back once it notices that nobody is there
        await asyncio.sleep(0.01)
    assert await places(owner, [str(org_id)]) == {str(org_id): ["audit_events"]}
    code, said = installation.admin("import-org", str(file))
    assert code == 0 and await number_of_logs(owner, org_id) == MANY, said


async def test_an_export_that_is_killed_leaves_no_file_by_its_name(
    installation: Installation, owner: asyncpg.Connection
) -> None:
    org_id = await with_logs(owner, MANY)
    process = installation.command("export-org", str(org_id), "--to", "large.jsonl")
    while not any(part.stat().st_size for part in installation.folder.glob(".large.jsonl-*.part")):
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert not (installation.folder / "large.jsonl").exists()


async def test_what_a_file_takes_of_memory_does_not_grow_with_it(
    installation: Installation, owner: asyncpg.Connection
) -> None:
    took: dict[int, list[int]] = {}
    for number in (10, MANY):
        org_id = await with_logs(owner, number)
        file = installation.folder / f"{number}.jsonl"
        took[number] = [installation.most_memory("export-org", str(org_id), "--to", str(file))]
        assert installation.admin("delete-org", str(org_id), "--yes")[0] == 0
        took[number].append(installation.most_memory("import-org", str(file)))
    grew = [many - few for few, many in zip(*took.values(), strict=True)]
    assert file.stat().st_size > 60_000_000 and max(grew) < 20_000_000, took


async def test_how_much_there_is_takes_as_long_as_it_takes(
    installation: Installation, owner: asyncpg.Connection
) -> None:
    """What the service's statements may take is none of the time of runs that are cancelled, and are audited."""
    org_id = await with_logs(owner, 1)
    await owner.execute(
        "INSERT INTO executions (org_id, id, action_key, user_id, trigger, status, inputs, callback_secret)"
        " SELECT org_id, gen_random_uuid(), 'call', id, 'api', 'waiting', '{}', 'x'"
        " FROM users, generate_series(1, 2) WHERE org_id = $1",
        org_id,
    )
    file = installation.export(str(org_id), "waiting.jsonl")
    assert installation.admin("delete-org", str(org_id), "--yes")[0] == 0
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER ROLE {SERVICE_USER} IN DATABASE {name} SET statement_timeout = '1s'")
    await owner.execute(
        "CREATE FUNCTION takes_long() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER takes_long AFTER UPDATE ON executions FOR EACH STATEMENT EXECUTE FUNCTION takes_long()"
    )
    code, said = installation.admin("import-org", str(file))
    assert code == 0 and said.endswith("cancelled: 2\n"), said


def _log(rows: list[dict[str, Any]], at: int = -2) -> dict[str, Any]:
    row: dict[str, Any] = rows[at]["row"]
    return row


def _as(rows: list[dict[str, Any]], org_id: str) -> None:
    rows[0]["organization"]["id"] = rows[1]["row"]["id"] = org_id


TAMPERED: dict[str, tuple[Callable[[list[dict[str, Any]], dict[str, str]], object], str]] = {
    "another's flow": (lambda rows, ids: _log(rows).update(flow_id=ids["flow"]), "does not fit"),
    "another's id": (lambda rows, ids: _log(rows).update(id=ids["log"]), "is here already"),
    "the same id twice": (lambda rows, ids: _log(rows).update(id=_log(rows, -3)["id"]), "is here already"),
    "an unknown status": (lambda rows, ids: _log(rows).update(status="odd"), "does not fit"),
    "no step": (lambda rows, ids: _log(rows).update(step_key=None), "does not fit"),
    "a time that is none": (lambda rows, ids: _log(rows).update(created_at="soon"), "does not fit"),
    "the platform": (lambda rows, ids: _as(rows, str(UUID(int=0))), "organizations_not_platform"),
    "another organization": (lambda rows, ids: rows[1]["row"].update(id=ids["org"]), "is not the organization"),
}  # fmt: skip


@dataclass(frozen=True)
class Gone:
    """The lines of an organization that is here no more, and ids of another one that is."""

    installation: Installation
    org_id: UUID
    other: UUID
    rows: list[dict[str, Any]]
    theirs: dict[str, str]


@pytest.fixture(scope="module")
async def gone(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Gone:
    installation = Installation(module_database, tmp_path_factory.mktemp("gone"))
    async with connected(module_database.direct) as owner:
        org_id, other = await with_logs(owner, 250), await with_logs(owner, 2)
        theirs = await owner.fetchrow(
            "SELECT id::text AS log, flow_id::text AS flow, org_id::text AS org FROM execution_logs"
            " WHERE org_id = $1 LIMIT 1",
            other,
        )
    assert theirs is not None
    rows = lines(installation.export(str(org_id), "acme.jsonl"))
    assert installation.admin("delete-org", str(org_id), "--yes")[0] == 0
    return Gone(installation, org_id, other, rows, dict(theirs))


@pytest.mark.parametrize(("tamper", "why"), TAMPERED.values(), ids=TAMPERED)
async def test_of_what_the_database_does_not_take_nothing_is_kept(
    gone: Gone, tamper: Callable[[list[dict[str, Any]], dict[str, str]], object], why: str, tmp_path: Path
) -> None:
    rows, file = copy.deepcopy(gone.rows), tmp_path / "tampered.jsonl"
    tamper(rows, gone.theirs)
    file.write_bytes(fitted(rows))
    code, said = gone.installation.admin("import-org", str(file))
    assert code == 1 and why in said and "Traceback" not in said, said
    if "organization" not in why:
        assert f"line {len(rows) - 1}: the row {_log(rows)['id']} of execution_logs" in said, said
    async with connected(gone.installation.databases.direct) as owner:
        assert await places(owner, [str(gone.org_id)]) == {str(gone.org_id): ["audit_events"]}
        assert await number_of_logs(owner, gone.other) == 2
