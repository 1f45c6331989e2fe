"""Claims that race: the last place is taken once, whatever the order, and no run is left without a way to go on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from uuid import UUID

import asyncpg
import pytest

from tests.conftest import Databases
from tests.engine.home import Home, published
from tests.tenancy.connections import connected
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Statement
from tolstoy.domain import executions
from tolstoy.engine import rounds
from tolstoy.engine.journal import Journal, LogRow, LostLeaseError, Record

_ADMIT = Statement("SELECT tolstoy.admit_parked() FROM s")
_SOME_JOBS = (
    "DELETE FROM queue.pgqueuer WHERE id IN (SELECT id FROM queue.pgqueuer WHERE entrypoint = 'run'"
    " ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED) RETURNING id, substr(payload, 17) AS subject"
)
_RUNNING = "SELECT count(*) AS number FROM executions WHERE status = 'running' GROUP BY flow_id"


async def _start(home: Home, flow_id: UUID | None = None) -> UUID:
    run = await executions.start(home.scope, flow_id or home.flow_id, {})
    assert run is not None
    return run.id


async def _row(home: Home, run: UUID) -> asyncpg.Record:
    row = await home.owner.fetchrow("SELECT * FROM executions WHERE id = $1", run)
    assert row is not None
    return row


async def _limits(home: Home, organization: int, flow: int | None = None) -> None:
    await home.owner.execute("UPDATE organizations SET max_running_executions = $1", organization)
    await home.owner.execute("UPDATE flows SET max_running_executions = $1", flow)


async def _finish(home: Home, journal: Journal, row: asyncpg.Record) -> None:
    await journal.record(home.scope.org_id, Record(row["id"], row["epoch"], [], "succeeded"))


class Claimant:
    """A worker that takes whatever jobs there are, more than one at a time."""

    def __init__(self, home: Home, queue: asyncpg.Connection, most: int, most_of_flow: int | None) -> None:
        self.held: list[asyncpg.Record] = []
        self._home, self._queue, self._journal = home, queue, Journal(home.database)
        self._most, self._most_of_flow = most, most_of_flow or most

    async def claim(self) -> bool:
        """Whether there were jobs."""
        org_id = self._home.scope.org_id
        jobs = await self._queue.fetch(_SOME_JOBS)
        claims = [self._journal.claim(org_id, UUID(bytes=job["subject"]), job["id"]) for job in jobs]
        self.held += [row for row in await asyncio.gather(*claims) if row is not None]
        running = [row["number"] for row in await self._queue.fetch(_RUNNING)]
        assert sum(running) <= self._most and max(running, default=0) <= self._most_of_flow
        if not jobs:  # as a worker does from time to time
            await tenancy.fetch(tenancy.engine(self._home.database, org_id), _ADMIT)
        return bool(jobs)

    async def fill(self) -> None:
        """Until there is no place left, with nothing ended."""
        in_vain = 0
        while in_vain < 2:  # the first time gives jobs to what was refused while others were judged with it
            in_vain = 0 if await self.claim() else in_vain + 1

    async def drain(self) -> None:
        """Until all have ended."""
        while await self._queue.fetchval("SELECT count(*) FROM executions WHERE finished_at IS NULL"):
            mine, self.held = self.held, []
            for row in mine:
                await _finish(self._home, self._journal, row)
            await self.claim()


@pytest.mark.parametrize("seed", range(6))
async def test_no_more_run_than_may_and_all_of_them_do(home: Home, database: Databases, seed: int) -> None:
    """In any order: first until every place is taken, then until all have ended."""
    chance = random.Random(seed)  # noqa: S311 - a choice of a test
    limit, flow_limit = chance.randint(2, 5), chance.choice([None, 1, 2])
    flows = [home.flow_id, await published(home.scope)]
    if seed % 2:  # else each has a job at first, and only the claims keep to the limits
        await _limits(home, limit, flow_limit)
    chosen = [chance.choice(flows) for _ in range(25)]
    for flow_id in chosen:
        await _start(home, flow_id)
    await _limits(home, limit, flow_limit)
    places = min(limit, sum(min(number, flow_limit or limit) for number in Counter(chosen).values()))
    async with (
        asyncio.timeout(60),
        connected(database.direct) as one,
        connected(database.direct) as two,
    ):
        workers = [Claimant(home, queue, limit, flow_limit) for queue in (one, two)]
        await asyncio.gather(*(worker.fill() for worker in workers))
        assert sum(len(worker.held) for worker in workers) == places
        await asyncio.gather(*(worker.drain() for worker in workers))
    states = Counter(row["status"] for row in await home.owner.fetch("SELECT status FROM executions"))
    assert states == {"succeeded": 25}


async def test_a_run_is_claimed_by_its_one_job_only(home: Home) -> None:
    run = await _start(home)
    job = (await _row(home, run))["job_id"]
    journal = Journal(home.database)
    assert await journal.claim(home.scope.org_id, run, job + 1) is None
    claimed = await journal.claim(home.scope.org_id, run, job)
    assert claimed is not None and claimed["epoch"] == 1
    again = await journal.claim(home.scope.org_id, run, job)
    assert again is not None and again["epoch"] == 2, "handed out again: its worker fell silent"


async def test_who_lost_the_lease_writes_nothing(home: Home) -> None:
    run = await _start(home)
    job = (await _row(home, run))["job_id"]
    journal = Journal(home.database)
    first = await journal.claim(home.scope.org_id, run, job)
    second = await journal.claim(home.scope.org_id, run, job)
    assert first is not None and second is not None
    row = LogRow("greet", "transform", "completed", outputs="1")
    with pytest.raises(LostLeaseError):
        await journal.record(home.scope.org_id, Record(run, first["epoch"], [row], "failed"))
    assert not await home.owner.fetch("SELECT FROM execution_logs")
    await journal.record(home.scope.org_id, Record(run, second["epoch"], [row], "succeeded"))
    ended = await _row(home, run)
    assert (ended["status"], ended["seq"], ended["status_seq"]) == ("succeeded", 5, 5)
    with pytest.raises(LostLeaseError):
        await journal.record(home.scope.org_id, Record(run, second["epoch"], [], "failed"))


async def test_records_of_one_run_asked_for_at_once_are_written_in_their_order(home: Home) -> None:
    run = await _start(home)
    journal = Journal(home.database)
    claimed = await journal.claim(home.scope.org_id, run, (await _row(home, run))["job_id"])
    assert claimed is not None
    rows = [LogRow(f"s{number}", "transform", "completed") for number in range(4)]
    await asyncio.gather(
        *(journal.record(home.scope.org_id, Record(run, claimed["epoch"], [row])) for row in rows)
    )
    found = await home.owner.fetch("SELECT step_key, finished_seq FROM execution_logs ORDER BY finished_seq")
    assert [row["step_key"] for row in found] == ["s0", "s1", "s2", "s3"]


async def test_another_organizations_run_is_not_claimed(home: Home, database: Databases) -> None:
    run = await _start(home)
    job = (await _row(home, run))["job_id"]
    assert await Journal(home.database).claim(UUID(int=7), run, job) is None
    assert (await _row(home, run))["status"] == "queued"


async def test_what_happened_in_the_moment_of_waiting_is_not_missed(home: Home) -> None:
    run = await _start(home)
    journal = Journal(home.database)
    claimed = await journal.claim(home.scope.org_id, run, (await _row(home, run))["job_id"])
    assert claimed is not None
    wake = Statement("SELECT tolstoy.wake_run($3) FROM s")
    await tenancy.fetch(home.scope, wake, run)
    done = await journal.record(home.scope.org_id, Record(run, 1, [], "waiting", waiting_for="approval"))
    assert done.status == "running", "signalled meanwhile: look again"
    done = await journal.record(home.scope.org_id, Record(run, 1, [], "waiting", waiting_for="approval"))
    assert done.status == "waiting"
    await tenancy.fetch(home.scope, wake, run)
    assert (await _row(home, run))["status"] == "queued"


async def test_a_run_whose_job_has_gone_gets_another(home: Home) -> None:
    """Somebody emptied the queue: the run's row is what is true."""
    run, young = await _start(home), await _start(home)
    gone = (await _row(home, run))["job_id"]
    await home.owner.execute("DELETE FROM queue.pgqueuer")
    await home.owner.execute("ALTER TABLE executions DISABLE TRIGGER executions_timestamps")
    await home.owner.execute(
        "UPDATE executions SET updated_at = now() - interval '2 minutes' WHERE id = $1", run
    )
    await home.owner.execute("ALTER TABLE executions ENABLE TRIGGER executions_timestamps")
    await rounds.requeue(home.database)
    found = (await _row(home, run))["job_id"]
    assert found != gone
    assert [job["subject"] for job in await home.jobs("run")] == [run.bytes], "and no job for the young one"
    await rounds.requeue(home.database)
    assert len(await home.jobs("run")) == 1
    assert await Journal(home.database).claim(home.scope.org_id, run, found) is not None
    assert await Journal(home.database).claim(home.scope.org_id, young, gone) is None
