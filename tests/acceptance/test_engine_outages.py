"""Postgres killed under running flows: the workers go on without a restart, and so does every run."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance import audit
from tests.acceptance.answers import until
from tests.acceptance.embedded_server import kill
from tests.acceptance.engine_service import Crew, Engine, engine
from tests.acceptance.flows import KINDS
from tests.acceptance.test_outages import OwnPostgres
from tests.conftest import Databases
from tests.wire import wired
from tolstoy.core.database_urls import parse
from tolstoy.db import embedded, migrate

RUNS_BEFORE_EACH_END = 60


@pytest.fixture
async def own() -> AsyncIterator[OwnPostgres]:
    """A server to kill."""
    folder = Path(tempfile.mkdtemp(prefix="tolstoy-engine-outages-"))
    folder.chmod(0o755)
    own = OwnPostgres(folder / "postgres")
    try:
        await migrate.deploy(parse(own.direct_url), parse(own.url()))
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder)


class Load:
    """Starts runs of all kinds one after the other; those that were answered 202 are noted."""

    def __init__(self, subject: Engine) -> None:
        self.started: dict[str, tuple[str, str, float]] = {}
        self._subject = subject
        self._numbers = itertools.count()
        self._enough = asyncio.Event()

    async def send(self) -> None:
        for kind in itertools.cycle(KINDS):
            if self._enough.is_set():
                return
            name = f"{kind}-{next(self._numbers)}"
            begun = await self._subject.ask(kind, run=name, seconds=1.5)
            if begun.status_code == 202:
                self.started[begun.json()["id"]] = (kind, name, 1.5)
            else:  # nothing but that the database is away
                assert begun.status_code == 503, begun.text
                await asyncio.sleep(0.05)

    async def until(self, number: int) -> None:
        while len(self.started) < number:
            await asyncio.sleep(0.02)

    def end(self) -> None:
        self._enough.set()


async def test_a_worker_without_its_database_finds_it_later(own: OwnPostgres, tmp_path: Path) -> None:
    """And may be told to stop before it has."""
    urls = {"DATABASE_URL": own.url(), "DIRECT_URL": own.direct_url}
    own.stop()
    crew = Crew(tmp_path, urls)
    try:
        patient, impatient = crew.hire(), crew.hire()

        async def tried() -> bool:
            return all('"action":"database_lost"' in worker.log() for worker in crew.workers)

        await until(tried, seconds=30)
        impatient.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(impatient.process.wait, 20) == 0
        await asyncio.to_thread(own.start)
        crew.workers.remove(impatient)
        await crew.until_it_works()
        patient.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(patient.process.wait, 20) == 0
    finally:
        crew.end()


@pytest.mark.timeout(180)
async def test_a_killed_and_a_stopped_database_under_running_flows(own: OwnPostgres, tmp_path: Path) -> None:
    def kill_it() -> None:
        server = embedded.running(own.folder)
        assert server is not None
        kill(server.pid)

    ends = (kill_it, own.stop, kill_it, own.stop)
    async with engine(tmp_path, own.url(), own.direct_url) as subject:
        workers = list(subject.crew.workers)

        async def lost_by_all() -> bool:
            logs = [worker.log() for worker in workers]
            return all(log.rfind('"database_lost"') > log.rfind('"database_back"') for log in logs)

        load = Load(subject)
        async with asyncio.TaskGroup() as senders:
            for _ in range(2):
                senders.create_task(load.send())
            for number, end in enumerate(ends, 1):
                await load.until(number * RUNS_BEFORE_EACH_END)
                await asyncio.to_thread(end)
                if number == len(ends):  # the last time it stays away for longer
                    await until(lost_by_all, seconds=30)
                await asyncio.to_thread(own.start)
            await load.until((len(ends) + 1) * RUNS_BEFORE_EACH_END)
            load.end()
        await subject.until_all_ended(60)
        assert [worker.process.poll() for worker in workers] == [None, None], "the workers were not restarted"
        async with subject.owner() as owner:
            await audit.check_runs(owner, load.started)
            await audit.check_calls(owner, await subject.calls())
        assert subject.crew.said("run_broke") == 0
        # and they take up what is started from then on
        run = await subject.start("chain", run="last", seconds=0)
        assert (await subject.ended(run))["status"] == "succeeded"


async def test_a_database_gone_silent_under_a_running_flow(database: Databases, tmp_path: Path) -> None:
    """As when a firewall forgets the connections: nobody is told, and no answer comes."""
    with wired(database.service) as service, wired(database.direct) as direct:
        urls = database.database_url, database.direct_url
        wires = {
            "DATABASE_URL": f"{service.url}&connect_timeout=2",
            "DIRECT_URL": f"{direct.url}&connect_timeout=2",
        }
        async with engine(tmp_path, *urls, workers=1, kinds=["slow", "chain"], **wires) as subject:
            run = await subject.start("slow", run="slow", seconds=1)
            await subject.until_called(1)
            service.go_dead()
            direct.go_dead()

            async def noticed() -> bool:
                said = subject.crew.said
                return said("database_lost") >= 1 and said("engine_database_retry") >= 1

            await until(noticed, seconds=40)
            service.recover()
            direct.recover()
            assert (await subject.ended(run))["status"] == "succeeded"
            other = await subject.start("chain", run="chain", seconds=0)
            assert (await subject.ended(other))["status"] == "succeeded"
            assert subject.crew.workers[0].process.poll() is None
