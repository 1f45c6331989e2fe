"""`tolstoy health` beside the real API and the real worker: what it says while they are hung, cut off, gone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.answers import until
from tests.acceptance.test_outages import OwnPostgres
from tests.acceptance.test_outages import own as own  # the fixture
from tests.acceptance.test_worker_start import nowhere, working
from tests.conftest import Databases
from tests.processes import free_port, serving

HEARTBEAT = "heartbeat"


@dataclass(frozen=True)
class Said:
    status: int
    text: str


async def asked(folder: Path, settings: Mapping[str, str]) -> Said:
    """As a container's engine asks: a process of its own, with what the container is told."""
    environment = {"PATH": os.environ["PATH"], **settings}
    command = [sys.executable, "-m", "tolstoy", "health"]
    ended = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=folder, capture_output=True, text=True, timeout=30
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return Said(ended.returncode, ended.stdout + ended.stderr)


async def until_it_says(text: str, folder: Path, settings: Mapping[str, str]) -> Said:
    said = Said(-1, "")

    async def says() -> bool:
        nonlocal said
        said = await asked(folder, settings)
        return text in said.text

    try:
        await until(says, seconds=30)
    except AssertionError as exc:
        raise AssertionError(f"it says {said.text!r}, not {text!r}") from exc
    return said


def told(database_url: str, direct_url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "DIRECT_URL": direct_url,
        "HEARTBEAT_FILE": str(folder / HEARTBEAT),
        "LEASE_SECONDS": "2",
        "PORT": str(free_port()),  # where no API answers: what is said of the worker is not meant of one
    }


async def test_a_worker_is_well_while_it_works_and_not_while_it_hangs(
    module_database: Databases, tmp_path: Path
) -> None:
    settings = told(module_database.database_url, module_database.direct_url, tmp_path)
    with working(tmp_path, settings) as worker:
        assert (await until_it_says("the worker works", tmp_path, settings)).status == 0
        worker.process.send_signal(signal.SIGSTOP)
        try:
            assert (await until_it_says("no sign of life", tmp_path, settings)).status == 1
        finally:
            worker.process.send_signal(signal.SIGCONT)
        assert (await until_it_says("the worker works", tmp_path, settings)).status == 0


async def test_a_killed_worker_is_not_well_and_the_next_is_only_once_it_works(
    module_database: Databases, tmp_path: Path
) -> None:
    """The heartbeat of the one before does not count for it."""
    settings = told(module_database.database_url, module_database.direct_url, tmp_path)
    with working(tmp_path, settings) as worker:
        await until_it_says("the worker works", tmp_path, settings)
        worker.signal_group(signal.SIGKILL)
        await asyncio.to_thread(worker.process.wait, 10)
        assert (await until_it_says("no sign of life", tmp_path, settings)).status == 1
    away = nowhere()
    with working(tmp_path, settings | {"DATABASE_URL": away, "DIRECT_URL": away}):
        assert (await until_it_says("has not begun to work", tmp_path, settings)).status == 1


async def test_a_worker_without_its_database_does_not_work_until_it_is_back(
    own: OwnPostgres, tmp_path: Path
) -> None:
    settings = told(own.url(), own.direct_url, tmp_path)
    with working(tmp_path, settings):
        await until_it_says("the worker works", tmp_path, settings)
        await asyncio.to_thread(own.stop)
        assert (await until_it_says("no sign of life", tmp_path, settings)).status == 1
        await asyncio.to_thread(own.start)
        assert (await until_it_says("the worker works", tmp_path, settings)).status == 0


async def test_a_heartbeat_with_no_place_to_be_written_stops_the_start(tmp_path: Path) -> None:
    away = nowhere()
    settings = {"DATABASE_URL": away, "DIRECT_URL": away, "HEARTBEAT_FILE": str(tmp_path / "none" / "here")}
    with working(tmp_path, settings) as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == 1
        assert "HEARTBEAT_FILE: " in worker.log() and "No such file or directory" in worker.log()


async def test_a_heartbeat_that_is_taken_away_costs_the_worker_nothing(
    module_database: Databases, tmp_path: Path
) -> None:
    settings = told(module_database.database_url, module_database.direct_url, tmp_path)
    with working(tmp_path, settings) as worker:
        await until_it_says("the worker works", tmp_path, settings)
        (tmp_path / HEARTBEAT).unlink()
        await until_it_says("the worker works", tmp_path, settings)
        assert '"database_lost"' not in worker.log()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_the_api_is_well_while_it_answers_even_without_its_database(
    module_database: Databases, tmp_path: Path, host: str
) -> None:
    """And with a worker beside it: that one is looked after by it, and leaves no heartbeat."""
    settings = told(module_database.database_url, module_database.direct_url, tmp_path) | {"HOST": host}
    assert (await asked(tmp_path, settings)).status == 1
    with serving(tmp_path, settings) as served:
        assert await asked(tmp_path, settings) == Said(0, "the API answers\n")
        assert not (tmp_path / HEARTBEAT).exists()
        served.signal_group(signal.SIGSTOP)
        try:
            said = await asked(tmp_path, settings)
        finally:
            served.signal_group(signal.SIGCONT)
        assert said.status == 1 and "the API does not answer on 127.0.0.1" in said.text
    gone = await asked(tmp_path, settings)
    assert gone.status == 1 and "refused" in gone.text


async def test_settings_that_are_wrong_are_said(tmp_path: Path) -> None:
    said = await asked(tmp_path, {"PORT": "many"})
    assert said.status == 1 and "PORT: 'many' is not a port" in said.text
