"""`tolstoy worker` as it starts and ends: what it refuses, what it waits for, and what of it is said."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.answers import until
from tests.acceptance.test_outages import OwnPostgres
from tests.acceptance.test_outages import own as own  # the fixture
from tests.conftest import SERVICE_PASSWORD, Databases, Postgres
from tests.processes import Worker, free_port, start_worker
from tolstoy.core.database_urls import parse
from tolstoy.db import migrate


@contextmanager
def working(folder: Path, settings: Mapping[str, str]) -> Iterator[Worker]:
    worker = start_worker(folder, settings)
    try:
        yield worker
    finally:
        worker.end()


async def says(worker: Worker, text: str, times: int = 1) -> None:
    async def said() -> bool:
        return worker.log().count(text) >= times

    await until(said, seconds=30)


def nowhere() -> str:
    return f"postgresql://someone:not-for-logs@127.0.0.1:{free_port()}/tolstoy?sslmode=disable"


@pytest.mark.parametrize("format_", ["console", "json"])
@pytest.mark.parametrize("missing", ["both", "DIRECT_URL"])
async def test_an_unreachable_database_is_one_line_without_its_password(
    module_database: Databases, tmp_path: Path, format_: str, missing: str
) -> None:
    """However often it is tried, and whichever of the addresses leads nowhere."""
    service = nowhere() if missing == "both" else module_database.database_url
    settings = {"DATABASE_URL": service, "DIRECT_URL": nowhere(), "LOG_FORMAT": format_, "LOG_LEVEL": "debug"}
    with working(tmp_path, settings) as worker:
        await says(worker, "put_off", times=2)
        assert await asyncio.to_thread(worker.stop) == 0
        log = worker.log()
    assert log.count("database_lost") == 1
    lost = next(line for line in log.splitlines() if "database_lost" in line)
    assert "postgresql://someone:***@127.0.0.1:" in lost and "refused" in lost
    assert "not-for-logs" not in log and SERVICE_PASSWORD not in log
    assert "Traceback" not in log and "locals" not in log


def test_a_worker_refuses_the_user_that_serve_refuses(module_database: Databases, tmp_path: Path) -> None:
    """With DIRECT_URL's user in DATABASE_URL it could do nothing, for ever."""
    with working(tmp_path, {"DATABASE_URL": module_database.direct_url}) as worker:
        assert worker.process.wait(30) not in (0, None)
        log = worker.log()
    assert "which is not bound by row-level security" in log
    assert "run `tolstoy db deploy`: it creates the user" in log
    assert "Traceback" not in log and "worker_works" not in log


async def test_a_worker_waits_for_the_schema(
    postgres: Postgres, module_database: Databases, empty_database: str, tmp_path: Path
) -> None:
    """Ours to deploy, not PGQueuer's to install, and not the worker's: said once, and then it works."""
    name = parse(empty_database).database
    service = postgres.url(name, user=parse(module_database.database_url).user, password=SERVICE_PASSWORD)
    with working(tmp_path, {"DATABASE_URL": service, "DIRECT_URL": empty_database}) as worker:
        await says(worker, "schema_outdated")
        assert "run `tolstoy db deploy`" in worker.log()
        await asyncio.to_thread(migrate.deploy_blocking, parse(empty_database), parse(service))
        await says(worker, '"worker_works"')
        assert await asyncio.to_thread(worker.stop) == 0
        log = worker.log()
    assert log.count("schema_outdated") == 1
    assert "pgq" not in log.replace("pgqueuer", "") and "Traceback" not in log


async def test_a_worker_says_that_it_stops_and_that_it_has(
    module_database: Databases, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": module_database.database_url, "DIRECT_URL": module_database.direct_url}
    with working(tmp_path, urls) as worker:
        await says(worker, '"worker_works"')
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, 20) == 0
        log = worker.log()
    assert "stopping: 0 runs under way" in log
    assert log.index("stopping: 0 runs") < log.index("ended; 0 runs handed back")


async def test_a_worker_tells_of_the_queue_where_machines_read_its_log(
    module_database: Databases, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": module_database.database_url, "DIRECT_URL": module_database.direct_url}
    with working(tmp_path, urls) as worker:
        await says(worker, '"action":"queue"')
        line = next(line for line in worker.log().splitlines() if '"action":"queue"' in line)
    told = json.loads(line)
    assert {name: told[name] for name in ("queued", "in_hand", "oldest_seconds")} == {
        "queued": 0,
        "in_hand": 0,
        "oldest_seconds": 0.0,
    }
    told_to_people = tmp_path / "console"
    told_to_people.mkdir()
    with working(told_to_people, {**urls, "LOG_FORMAT": "console"}) as worker:
        await says(worker, "worker_works")
        assert await asyncio.to_thread(worker.stop) == 0
        assert "in hand" not in worker.log()


async def test_an_outage_is_said_when_it_begins_and_when_it_is_over(own: OwnPostgres, tmp_path: Path) -> None:
    urls = {"DATABASE_URL": own.url(), "DIRECT_URL": own.direct_url, "LOG_LEVEL": "debug"}
    with working(tmp_path, urls) as worker:
        await says(worker, '"worker_works"')
        await asyncio.to_thread(own.stop)
        await says(worker, '"put_off"', times=6)
        await asyncio.to_thread(own.start)
        await says(worker, '"database_back"')
        assert await asyncio.to_thread(worker.stop) == 0
        lines = worker.log().splitlines()
    assert sum('"database_lost"' in line for line in lines) == 1
    assert sum('"database_back"' in line for line in lines) == 1
    assert [line for line in lines if '"warning"' in line and "database_lost" not in line] == []
    assert [line for line in lines if '"error"' in line] == []
