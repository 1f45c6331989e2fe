"""How workers end: told to, killed by what they run, or with the `tolstoy serve` that they belong to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.acceptance.answers import until
from tests.acceptance.embedded_service import (
    STOPPED_BY_CTRL_C,
    ended_by,
    nothing_is_left_in,
    serving_in,
)
from tests.acceptance.engine_service import Engine, engine
from tests.conftest import Databases
from tolstoy.engine.runner import MOST_CLAIMS


async def test_a_worker_told_to_stop_ends_what_it_is_at(database: Databases, tmp_path: Path) -> None:
    """Phase one: nothing new is taken, the call under way is waited for."""
    urls = database.database_url, database.direct_url
    async with engine(tmp_path, *urls, workers=1, kinds=["slow"]) as subject:
        run = await subject.start("slow", run="slow", seconds=1.5)
        await subject.until_called(1)
        (worker,) = subject.crew.workers
        worker.process.send_signal(signal.SIGTERM)

        async def stopping() -> bool:
            return subject.crew.said("stopping") == 1

        await until(stopping)
        late = await subject.start("slow", run="late", seconds=0)
        assert await asyncio.to_thread(worker.process.wait, 20) == 0
        assert (await subject.execution(run))["status"] == "succeeded"
        assert (await subject.execution(late))["status"] == "queued"
        assert len(await subject.calls()) == 1
        subject.crew.hire()
        assert (await subject.ended(late))["status"] == "succeeded"


async def test_a_worker_keeps_its_lease_while_it_ends(database: Databases, tmp_path: Path) -> None:
    """Else another worker would make the same call beside it."""
    urls = database.database_url, database.direct_url
    async with engine(tmp_path, *urls, workers=1, kinds=["slow"]) as subject:
        run = await subject.start("slow", run="slow", seconds=6)
        await subject.until_called(1)
        subject.crew.workers[0].process.send_signal(signal.SIGTERM)
        subject.crew.hire()  # who would take it over once the lease of 2 s is over
        assert (await subject.ended(run))["status"] == "succeeded"
        assert await _attempts(subject, run) == [("completed", None)]
        assert len(await subject.calls()) == 1


async def test_a_worker_told_to_stop_hands_back_what_does_not_end(
    database: Databases, tmp_path: Path
) -> None:
    """Phase two: another worker goes on at once, not when the lease is over."""
    urls = database.database_url, database.direct_url
    more = {"SHUTDOWN_TIMEOUT": "1", "LEASE_SECONDS": "60"}
    async with engine(tmp_path, *urls, workers=1, kinds=["slow"], **more) as subject:
        run = await subject.start("slow", run="slow", seconds=5)
        await subject.until_called(1)
        first = subject.crew.workers[0]
        subject.crew.hire()
        await subject.crew.until_it_works()
        first.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(first.process.wait, 20) == 0
        assert subject.crew.said("handing_back") == 1
        ended = await subject.ended(run, seconds=30)  # the lease alone would take a minute
        assert ended["status"] == "succeeded"
        assert await _attempts(subject, run) == [("failed", "interrupted"), ("completed", None)]
        calls = await subject.calls()
        assert len(calls) == 2
        assert len({call["headers"]["idempotency-key"] for call in calls}) == 1


@pytest.mark.timeout(180)
async def test_a_run_that_ends_its_workers_is_given_up(database: Databases, tmp_path: Path) -> None:
    """Killed in the midst of the same call again and again; another run beside it is not harmed."""
    urls = database.database_url, database.direct_url
    async with engine(tmp_path, *urls, workers=1, kinds=["hang", "chain"]) as subject:
        run = await subject.start("hang", run="hang", seconds=0)
        for number in range(1, MOST_CLAIMS + 1):
            await subject.until_called(number)
            subject.crew.kill(subject.crew.workers[0])
            subject.crew.hire()
        ended = await subject.ended(run)
        assert ended["status"] == "failed"
        assert ended["error"]["code"] == "crashed"
        assert await _attempts(subject, run) == [("failed", "interrupted")] * (MOST_CLAIMS - 1) + [
            ("failed", "crashed")
        ]
        other = await subject.start("chain", run="chain", seconds=0)
        assert (await subject.ended(other))["status"] == "succeeded"


async def test_a_worker_that_lost_a_run_does_not_end_its_job(database: Databases, tmp_path: Path) -> None:
    """Else nobody would go on with the run when the worker that took it over dies as well."""
    urls = database.database_url, database.direct_url
    async with engine(tmp_path, *urls, workers=1, kinds=["slow"]) as subject:
        run = await subject.start("slow", run="slow", seconds=4)
        await subject.until_called(1)
        first = subject.crew.workers[0]
        first.process.send_signal(signal.SIGSTOP)
        second = subject.crew.hire()
        await subject.until_called(2)
        first.process.send_signal(signal.SIGCONT)

        async def lost() -> bool:
            return subject.crew.said("lease_lost") == 1

        await until(lost, seconds=20)
        first.process.send_signal(signal.SIGTERM)  # at its end it has written all that it would
        assert await asyncio.to_thread(first.process.wait, 20) == 0
        subject.crew.kill(second)
        subject.crew.hire()
        assert (await subject.ended(run))["status"] == "succeeded"
        interrupted = ("failed", "interrupted")
        assert await _attempts(subject, run) == [interrupted, interrupted, ("completed", None)]


async def _attempts(subject: Engine, run: str) -> list[tuple[str, str | None]]:
    async with subject.owner() as owner:
        rows = await owner.fetch(
            "SELECT status, error ->> 'code' AS code FROM execution_logs WHERE execution_id = $1 ORDER BY id",
            run,
        )
    return [(row["status"], row["code"]) for row in rows]


def _companions(process: psutil.Process) -> list[psutil.Process]:
    """The worker processes beside `tolstoy serve`: spawned Pythons, but for the tracker of shared resources."""
    return [
        child
        for child in process.children()
        if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline())
    ]


async def _companion(serve: psutil.Process, log: Callable[[], str], times: int) -> psutil.Process:
    async def works() -> bool:
        return log().count('"action":"worker_works"') >= times

    await until(works, seconds=30)
    (companion,) = _companions(serve)
    return companion


async def test_the_worker_beside_serve_is_replaced_and_ends_with_it(home: Path) -> None:
    """Killed, it is replaced; Ctrl-C ends both, and Postgres with them."""
    with serving_in(home) as served:
        serve = psutil.Process(served.process.pid)
        first = await _companion(serve, served.log, 1)
        first.kill()
        second = await _companion(serve, served.log, 2)
        assert second.pid != first.pid
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert not second.is_running()
    assert nothing_is_left_in(home)


async def test_a_killed_serve_leaves_no_worker_behind(home: Path) -> None:
    """Its workers notice by themselves."""
    with serving_in(home) as served:
        serve = psutil.Process(served.process.pid)
        companion = await _companion(serve, served.log, 1)
        serve.kill()
        await asyncio.to_thread(companion.wait, 20)
