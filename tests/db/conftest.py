"""The command line in this process, on a database, with migrations and models of the test's own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Databases, Postgres
from tolstoy.cli import main
from tolstoy.core.database_urls import parse
from tolstoy.db import config, drift, migrate, models


@dataclass(frozen=True)
class Ended:
    code: int
    out: str


Tolstoy = Callable[..., Coroutine[Any, Any, Ended]]


@pytest.fixture
def tolstoy(
    database: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Tolstoy:
    """`tolstoy db …` on the migrated `database`, or the one in `direct_url`; what it printed, errors included."""
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name in ("APP_ENV", "NODE_ENV", "USE_AWS_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database.database_url)
    monkeypatch.setenv("DIRECT_URL", database.direct_url)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tolstoy", "db", *arguments])
        capsys.readouterr()
        said = ""
        try:
            main.run()
            code = 0
        except SystemExit as exc:
            said = exc.code if isinstance(exc.code, str) else ""
            code = exc.code if isinstance(exc.code, int) else int(bool(said))
        captured = capsys.readouterr()
        return Ended(code, captured.out + captured.err + said)

    async def tolstoy(*arguments: str) -> Ended:
        # another thread: Aerich sets and closes what Tortoise keeps for the whole process
        return await asyncio.to_thread(run, *arguments)

    return tolstoy


@pytest.fixture
def on_empty(
    tolstoy: Tolstoy, empty_database: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Point `tolstoy` at an empty database; its URL."""
    name = parse(empty_database).database
    monkeypatch.setenv("DATABASE_URL", postgres.url(name, user=SERVICE_USER, password=SERVICE_PASSWORD))
    monkeypatch.setenv("DIRECT_URL", empty_database)
    return empty_database


@pytest.fixture
def migrations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a copy of the migration files, which `tolstoy` takes for the real ones."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrate.location(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "location", lambda: copy)
    return copy / "models"


def add_migration(folder: Path, name: str, upgrade: str) -> str:
    """Write the next file, with the last one's state."""
    last = migrate.known()[-1]
    text = (folder / last).read_text()
    file = f"{int(last.split('_')[0]) + 1}_20990101000000_{name}.py"
    down = 'async def downgrade(db):\n    return "SELECT 1"\n'
    body = f'async def upgrade(db):\n    return """{upgrade}"""\n\n\n{down}\n\n'
    (folder / file).write_text(body + text[text.index("MODELS_STATE") :])
    return file


@pytest.fixture
def change_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Replace text in (a copy of) the models."""

    text = Path(models.__file__).read_text()

    def change(old: str, new: str) -> None:
        nonlocal text
        assert old in text
        text = text.replace(old, new)
        module = f"models_{uuid4().hex[:8]}"
        (tmp_path / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(config, "MODELS", module)

    return change


async def ask(url: str, query: str) -> object:
    """The single value that a query answers with; a statement's nothing."""
    connection = await asyncpg.connect(**parse(url).asyncpg_kwargs())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def do(url: str, script: str) -> None:
    connection = await asyncpg.connect(**parse(url).asyncpg_kwargs())
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def inspected(url: str) -> drift.State:
    # another thread: Aerich sets and closes what Tortoise keeps for the whole process
    return await asyncio.to_thread(lambda: asyncio.run(drift.inspect(parse(url))))
