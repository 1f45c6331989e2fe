"""Workers killed and stopped at random moments under hundreds of runs: nothing lost, stuck or done twice."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.acceptance import audit
from tests.acceptance.engine_service import Crew, Engine, engine
from tests.acceptance.flows import KINDS
from tests.conftest import Databases
from tests.processes import Worker

RUNS_OF_EACH_KIND = 70
SECONDS_OF_STARTING = 24
SEED = 20261124
_INTERRUPTED = "SELECT count(*) FROM execution_logs WHERE error ->> 'code' = 'interrupted'"


async def _start_all(subject: Engine, chance: random.Random) -> dict[str, tuple[str, str, float]]:
    """At even intervals, all kinds mixed."""
    kinds = [kind for kind in KINDS for _ in range(RUNS_OF_EACH_KIND)]
    chance.shuffle(kinds)
    started: dict[str, tuple[str, str, float]] = {}

    async def one(number: int, kind: str, seconds: float) -> None:
        await asyncio.sleep(SECONDS_OF_STARTING * number / len(kinds))
        name = f"{kind}-{number}"
        started[await subject.start(kind, run=name, seconds=seconds)] = (kind, name, seconds)

    await asyncio.gather(
        *(one(number, kind, chance.choice((0, 0.5, 1.5, 3, 4))) for number, kind in enumerate(kinds))
    )
    return started


async def _kill_again_and_again(crew: Crew, chance: random.Random, enough: asyncio.Event) -> int:
    """Most are killed; some only stop for longer than their lease lasts, and then go on as if nothing were."""
    kills = 0
    async with asyncio.TaskGroup() as stops:
        while not enough.is_set():
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            worker = chance.choice(crew.workers)
            if chance.random() < 0.2:
                stops.create_task(_stop_for(worker, chance.uniform(2.5, 4.5)))
            else:
                crew.kill(worker)
                crew.hire()
                kills += 1
    return kills


async def _stop_for(worker: Worker, seconds: float) -> None:
    worker.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    worker.process.send_signal(signal.SIGCONT)  # nothing happens where it was killed meanwhile


async def _approve(subject: Engine, enough: asyncio.Event) -> None:
    async with subject.owner() as owner:
        while not enough.is_set():
            await subject.approve_all(owner)
            await asyncio.sleep(0.5)


@pytest.mark.timeout(240)
async def test_workers_killed_at_random_moments(database: Databases, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same kills at every run
    async with engine(tmp_path, database.database_url, database.direct_url) as subject:
        enough = asyncio.Event()
        killing = asyncio.create_task(_kill_again_and_again(subject.crew, chance, enough))
        approving = asyncio.create_task(_approve(subject, enough))
        started = await _start_all(subject, random.Random(SEED))  # noqa: S311
        enough.set()
        kills = await killing
        await approving
        await subject.until_all_ended(60)
        async with subject.owner() as owner:
            await audit.check_runs(owner, started)
            await audit.check_calls(owner, await subject.calls())
            interrupted = await owner.fetchval(_INTERRUPTED)
        assert len(started) >= 500
        assert kills >= 8
        assert subject.crew.said("run_broke") == 0
        assert interrupted >= 10, "the kills were in the midst of calls"
