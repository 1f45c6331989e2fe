"""What is written of runs: claims and records, each grouped by organization, under the lease of the worker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from tolstoy.core import log
from tolstoy.core.errors import DatabaseUnavailableError, UnavailableError, WriteConflictError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.engine.groups import Groups

T = TypeVar("T")
MOST_AT_ONCE = 200
SECONDS_OF_OUTAGE = 60.0
SECONDS_OF_SILENCE = 10.0


class LostLeaseError(Exception):
    """Another worker has taken the run over, or it was ended: nothing more of it may be written here."""


@dataclass(slots=True, eq=False)
class LogRow:
    """One attempt of a step as `execution_logs` keeps it; the JSON values are texts."""

    path: str
    kind: str
    status: str
    attempt: int = 1
    id: UUID = field(default_factory=new_id)
    inputs: str | None = None
    outputs: str | None = None
    error: str | None = None
    details: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(slots=True)
class Record:
    """What happened in a run since its last record, and its new status where it has one."""

    run: UUID
    epoch: int
    rows: list[LogRow]
    status: str | None = None
    output: str | None = None
    error: str | None = None
    wake_at: datetime | None = None
    waiting_for: str | None = None
    handed_back: bool = False  # on purpose, which is no sign of a run that ends its workers

    @property
    def gets_on(self) -> bool:
        return (
            self.handed_back
            or self.status is not None
            or any(row.status in ("completed", "skipped") for row in self.rows)
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    status: str
    cancelled: bool


# The function enters the organization. Of what its row allows is read for each row of the function, so after it.
_CLAIM = (
    "SELECT r.*, (SELECT o.egress_allow FROM organizations o WHERE o.id = r.org_id) AS egress_allow"
    " FROM tolstoy.claim_runs($1, $2, $3) r"
)
_RECORD = (
    "SELECT r.*, (SELECT o.egress_allow FROM organizations o WHERE o.id = $1 AND r.run IS NOT NULL) AS egress_allow"
    f" FROM tolstoy.record_runs({', '.join(f'${number}' for number in range(1, 24))}) r"
)
_ROW = (
    "id", "path", "kind", "attempt", "status", "inputs", "outputs", "error", "details", "started_at", "finished_at"
)  # fmt: skip


def _unheard(org_id: UUID, allowed: str | None) -> None:
    """Where nothing is called."""


class Journal:
    """`hear` is told what an organization's row allows to call, by each claim and record: no step asks for it."""

    def __init__(self, database: Database, hear: Callable[[UUID, str | None], None] = _unheard) -> None:
        self._database = database
        self._hear = hear
        self._claims: Groups[UUID, tuple[UUID, int], asyncpg.Record | None] = Groups(
            self._claim, most=MOST_AT_ONCE
        )
        self._records: Groups[UUID, Record, Recorded | None] = Groups(self._record, most=MOST_AT_ONCE)

    async def claim(self, org_id: UUID, run: UUID, job: int) -> asyncpg.Record | None:
        """The run's row, now this worker's; None where this job may not, or not now, claim it."""
        return await self._claims.ask(org_id, (run, job))

    async def record(self, org_id: UUID, record: Record) -> Recorded:
        """Committed when it returns; raises LostLeaseError."""
        done = await self._records.ask(org_id, record)
        if done is None:
            raise LostLeaseError
        return done

    async def _claim(
        self, org_id: UUID, asked: Sequence[tuple[UUID, int]]
    ) -> Sequence[asyncpg.Record | None]:
        runs, jobs = [run for run, _ in asked], [job for _, job in asked]
        rows = await outlasting(lambda: tenancy.call(self._database, _CLAIM, org_id, runs, jobs))
        self._tell(org_id, rows)
        claimed = {row["id"]: row for row in rows}
        return [claimed.pop(run, None) for run in runs]

    async def _record(self, org_id: UUID, records: Sequence[Record]) -> Sequence[Recorded | None]:
        if len({record.run for record in records}) < len(records):  # a statement may change a row only once
            return await self._in_turn(org_id, records)
        args = _arguments(records)
        rows = await outlasting(lambda: tenancy.call(self._database, _RECORD, org_id, *args))
        self._tell(org_id, rows)
        done = {row["run"]: Recorded(row["now_is"], row["cancelled"]) for row in rows}
        return [done.get(record.run) for record in records]

    def _tell(self, org_id: UUID, rows: Sequence[asyncpg.Record]) -> None:
        if rows:
            self._hear(org_id, rows[0]["egress_allow"])

    async def _in_turn(self, org_id: UUID, records: Sequence[Record]) -> Sequence[Recorded | None]:
        first: dict[UUID, Record] = {}
        for record in records:
            first.setdefault(record.run, record)
        chosen = list(first.values())
        later = [record for record in records if first[record.run] is not record]
        done = dict(zip(map(id, chosen), await self._record(org_id, chosen), strict=True))
        done |= dict(zip(map(id, later), await self._record(org_id, later), strict=True))
        return [done[id(record)] for record in records]


def _arguments(records: Sequence[Record]) -> list[list[Any]]:
    rows = [(record.run, row, place) for record in records for place, row in enumerate(record.rows, 1)]
    return [
        [record.run for record in records],
        [record.epoch for record in records],
        [record.status for record in records],
        [record.output for record in records],
        [record.error for record in records],
        [record.wake_at for record in records],
        [record.waiting_for for record in records],
        # the new status is an event of its own, behind those of the rows
        [len(record.rows) + (record.status is not None) for record in records],
        [record.gets_on for record in records],
        [run for run, _, _ in rows],
        *([getattr(row, name) for _, row, _ in rows] for name in _ROW),
        [place for _, _, place in rows],
    ]


async def within(seconds: float, work: Awaitable[T]) -> T:
    """A connection that something between here and the database has forgotten is silent for ever: give it up."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as exc:
        raise DatabaseUnavailableError(f"The database has not answered for {seconds:g} s.") from exc


async def outlasting(attempt: Callable[[], Awaitable[T]]) -> T:
    """The answer of `attempt`, also when the database restarts meanwhile, or lets another transaction go first.

    What it does must be harmless to do twice: an answer may be lost after its commit.
    """
    loop = asyncio.get_running_loop()
    give_up, delay = loop.time() + SECONDS_OF_OUTAGE, 0.05
    while True:
        try:
            return await within(SECONDS_OF_SILENCE, attempt())
        except (UnavailableError, WriteConflictError) as exc:
            if loop.time() + delay > give_up:
                raise
            log.get().warning(f"trying again: {exc.detail}", action="engine_database_retry")
        await asyncio.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311 - a delay, not a secret
        delay = min(2.0, delay * 2)
