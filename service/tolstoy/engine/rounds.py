"""What a worker looks after from time to time, over all organizations: notifications are hints, this is the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from tolstoy.core import log
from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.errors import DatabaseUnavailableError, ProblemError, SchemaOutdatedError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Statement
from tolstoy.domain import queue_state
from tolstoy.engine.journal import within
from tolstoy.engine.outage import Outage

MOST_DUE = 500
SHORTEST, LONGEST = 0.02, 1.0
PATIENCE = 30.0
SECONDS_BETWEEN_COUNTS = 30.0
SECONDS_BETWEEN_LINES = 30.0

_DUE = "SELECT org_id, id FROM tolstoy.due_runs($1)"
_NEXT = "SELECT tolstoy.next_due() AS at"
_CROWDED = "SELECT org_id FROM tolstoy.crowded()"
_WAKE = Statement(
    "SELECT tolstoy.wake_run(id) FROM s CROSS JOIN LATERAL"
    " (SELECT id FROM unnest($3::uuid[]) id WHERE s.role IS NOT NULL OFFSET 0) due"
)
_JOBLESS = "SELECT org_id, id, job_id FROM tolstoy.jobless($1)"
_REQUEUE = Statement("SELECT tolstoy.requeue($3, $4) FROM s")
_ADMIT = Statement("SELECT tolstoy.admit_parked() FROM s")


async def wake_due(database: Database) -> float:
    """Let runs whose time has come go on; returns the seconds until there may be more."""
    rows = await tenancy.call(database, _DUE, MOST_DUE)
    for org_id, due in groupby(sorted((row["org_id"], row["id"]) for row in rows), key=lambda pair: pair[0]):
        await tenancy.fetch(tenancy.engine(database, org_id), _WAKE, [run for _, run in due])
    if len(rows) == MOST_DUE:
        return 0.0
    at = (await tenancy.call(database, _NEXT))[0]["at"]
    return LONGEST if at is None else (at - datetime.now(UTC)).total_seconds()


async def admit(database: Database) -> float:
    """Give the places that are free to runs that wait for one; the end of a run does so at once, where it can."""
    for row in await tenancy.call(database, _CROWDED):
        await tenancy.fetch(tenancy.engine(database, UUID(str(row["org_id"]))), _ADMIT)
    return 2.0


async def tell(database: Database) -> float:
    """Log how the queue is: what an operator scales workers by, and is woken by, also where nobody asks the API."""
    state = await queue_state.read(database)
    log.get().info(
        f"the queue: {state.queued} queued, {state.in_hand} in hand",
        action="queue",
        queued=state.queued,
        in_hand=state.in_hand,
        oldest_seconds=round(state.oldest_seconds, 1),
        workers=state.workers,
        parked=state.parked,
        waiting=state.waiting,
    )
    return SECONDS_BETWEEN_LINES


async def requeue(database: Database) -> float:
    """Give a job to runs whose own has gone: what is true stands in their rows, not in the queue."""
    for row in await tenancy.call(database, _JOBLESS, MOST_DUE):
        log.get().error("a run had no job", action="run_requeued", execution_id=row["id"])
        await tenancy.fetch(tenancy.engine(database, row["org_id"]), _REQUEUE, row["id"], row["job_id"])
    return SECONDS_BETWEEN_COUNTS


async def repeat(
    name: str,
    work: Callable[[], Awaitable[float | None]],
    *,
    outage: Outage,
    where: ConnectOptions,
    longest: float = LONGEST,
    patience: float = PATIENCE,
) -> None:
    """For ever: `work`, then the seconds that it asked for. What fails, or takes too long, is tried again."""
    while True:
        try:
            seconds = await within(patience, work())
            outage.over(name)
        except Exception as exc:  # one round's mistake must not end the others
            seconds = _failed(name, exc, outage, where)
        await asyncio.sleep(max(SHORTEST, min(longest if seconds is None else seconds, longest)))


def _failed(name: str, exc: Exception, outage: Outage, where: ConnectOptions) -> float:
    """Says so; the seconds until the next try."""
    problem = tenancy.translated(exc)
    if isinstance(problem, DatabaseUnavailableError | SchemaOutdatedError):
        outage.begun(name, where, exc)
        return 1.0
    if isinstance(problem, ProblemError):
        log.get().warning(f"{name} is put off: {problem.detail}", action="round_failed", round=name)
        return 1.0
    log.get().error(f"{name} failed", action="round_broke", round=name, exc_info=exc)
    return 5.0
