"""Writing migrations: Aerich compares the models with what the last file remembers of them; no database is asked."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tortoise import Tortoise
from tortoise.utils import get_schema_sql

from tolstoy.db import config, migrate
from tolstoy.db.migrate import MigrationError

_GENERIC = re.compile(
    "alter|changes?|columns?|database|db|edit|fields?|fix(es)?|it|migrat(e|ion|ions)|misc|models?|modify|more|new|patch"
    "|schema|some|stuff|tables?|temp|test|things?|tmp|updates?|wip"
)
_HERE = "-- Write SQL here."


@dataclass(frozen=True, slots=True)
class Draft:
    """A migration file as Aerich writes it, and what is in it."""

    file: str
    text: str
    upgrade: str
    state: str


def checked_name(text: str) -> str:
    """The name in snake_case; raises MigrationError for one that does not say what changes."""
    name = re.sub(r"[\s-]+", "_", text.strip().lower())
    words = name.split("_")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > 100:
        raise MigrationError(
            f"{text!r} is no name for a migration: write up to 100 letters, digits and underscores that say what"
            " changes, such as add_user_roles."
        )
    if len(words) == 1 or all(_GENERIC.fullmatch(word) for word in words):
        raise MigrationError(
            f"{text!r} does not say what changes: begin with a verb and name the thing, such as"
            " add_user_profile_fields, create_audit_log_table or update_flow_schema_structure."
        )
    return name


async def scripts(file: str) -> list[str]:
    """What the upgrade of a migration sends to the database."""
    recorder = _Recorder()
    last: str = await _module(migrate.location() / "models" / file).upgrade(recorder)
    return [script for script in (*recorder.scripts, last) if not migrate.is_blank(script)]


class _Recorder:
    """Takes the place of the connection in a file that runs its statements one by one."""

    def __init__(self) -> None:
        self.scripts: list[str] = []

    async def execute_script(self, query: str) -> None:
        self.scripts.append(query)


async def schema() -> str:
    """The statements that would make the models' tables from nothing."""
    async with _tortoise(config.tortoise(_NOWHERE, migrating=True)):
        return get_schema_sql(Tortoise.get_connection("default"), safe=False)


@contextlib.asynccontextmanager
async def _tortoise(settings: dict[str, Any]) -> AsyncIterator[None]:
    await Tortoise.init(config=settings)
    try:
        yield
    finally:
        await Tortoise.close_connections()


async def pending(*, since: str | None = None, ask: bool = False) -> Draft | None:
    """What the models have that the migrations lack, or that the models of the state `since` lacked.

    Where a column may have been renamed, `ask` has Aerich ask in the terminal; else it takes it for renamed.
    """
    return await _drafted("pending_change", since=since, ask=ask)


async def write(name: str, *, empty: bool = False, ask: bool = False) -> tuple[Path, Draft] | None:
    """Write the next migration; None when the models have nothing that the migrations lack."""
    name = checked_name(name)
    draft = await _drafted(name, ask=ask)
    if empty:
        if draft is not None:
            # the empty file would remember the models as they are now, and no later one would make the change
            raise MigrationError(
                "The models have a change without a migration, which an empty one would swallow; first write it"
                " with `tolstoy db migrate --name …`, then the empty one."
            )
        draft = await _drafted(name, empty=True)
    if draft is None:
        return None
    path = migrate.location() / "models" / draft.file
    title = name.replace("_", " ").capitalize()
    text = re.sub(r'"""\s*"""', f'"""\n{_HERE}\n"""', draft.text) if empty else draft.text
    path.write_text(f'"""{title}."""\n\n{text}', encoding="utf-8")
    return path, draft


async def _drafted(
    name: str, *, since: str | None = None, empty: bool = False, ask: bool = False
) -> Draft | None:
    with tempfile.TemporaryDirectory(prefix="tolstoy-migration-") as folder:
        files = Path(folder) / "models"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(migrate.location() / "models", files, ignore=ignored)
        if since is not None:
            _remember(files, since)
        async with _aerich(Path(folder)) as command:
            made = await command.migrate(name, empty=empty, no_input=not ask, offline=True)
        if not made:
            return None
        module = _module(files / made)
        upgrade = re.sub(r"(?m)^ {8}", "", await module.upgrade(None)).strip()
        return Draft(made, (files / made).read_text(encoding="utf-8"), upgrade, module.MODELS_STATE)


def _remember(files: Path, state: str) -> None:
    """Let the last file of a copy of the migrations remember other models."""
    last = migrate.known()[-1]
    number = int(last.split("_", 1)[0]) + 1
    text = 'async def upgrade(db): return "SELECT 1"\nasync def downgrade(db): return "SELECT 1"\n'
    (files / f"{number}_0_pushed.py").write_text(f"{text}MODELS_STATE = {state!r}\n", encoding="utf-8")


# Aerich and Tortoise want a connection to ask for the SQL dialect; with none to keep ready, none is opened
_NOWHERE = {"host": "none.invalid", "port": 1, "user": "", "password": "", "database": "", "minsize": 0}


@contextlib.asynccontextmanager
async def _aerich(folder: Path) -> AsyncIterator[Any]:
    os.environ["AERICH_NO_TORTOISE_V1_WARNING"] = "1"
    settings = config.tortoise(_NOWHERE, migrating=True)
    from aerich import Command
    from aerich.migrate import Migrate

    # Aerich gathers what it finds on the class, for one comparison in a process
    for gathered in (
        Migrate.upgrade_operators,
        Migrate.downgrade_operators,
        Migrate._upgrade_fk_m2m_index_operators,
        Migrate._downgrade_fk_m2m_index_operators,
        Migrate._upgrade_m2m,
        Migrate._downgrade_m2m,
        Migrate._rename_fields,
        Migrate._rename_models,
    ):
        gathered.clear()
    command = Command(settings, app="models", location=str(folder))
    # not `async with command`, which would ask the database
    async with _tortoise(settings):
        await command.init(offline=True)
        yield command


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise MigrationError(f"{path} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError) as exc:
        raise MigrationError(f"{path.name} cannot be read: {exc}.") from exc
    return module
