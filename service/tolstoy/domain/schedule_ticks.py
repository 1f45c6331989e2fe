"""What happens when a schedule is due: runs start, or are buffered, or are skipped, in one transaction with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from tolstoy.core import log
from tolstoy.core.errors import ProblemError, StorageFullError, WriteConflictError
from tolstoy.db import tenancy
from tolstoy.db.statements import json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import cron, executions
from tolstoy.domain.executions import Origin

# Locked, so that of two schedulers one fires; the time is the database's, the same for all of them.
_DUE = (
    "SELECT flow_id, user_id, cron, time_zone, overlap, catch_up_seconds, inputs, next_at, last_at, buffered_at,"
    " last_error, clock_timestamp() AS now FROM schedules"
    " WHERE org_id = $1 AND id = $2 AND due_at <= clock_timestamp() FOR UPDATE SKIP LOCKED"
)
_UNENDED = (
    "SELECT EXISTS (SELECT FROM executions WHERE org_id = $1 AND trigger_id = $2 AND trigger = 'schedule'"
    " AND status IN ('queued', 'running', 'waiting'))"
)
_DONE = (
    "UPDATE schedules SET next_at = $3, due_at = $3, last_at = $4, buffered_at = $5, skipped = skipped + $6,"
    " last_error = $7 WHERE org_id = $1 AND id = $2"
)
# What another scheduler fired meanwhile stays as that left it.
_PUT_OFF = (
    "UPDATE schedules SET due_at = clock_timestamp() + $3::float8 * interval '1 second',"
    " last_error = coalesce($4, last_error) WHERE org_id = $1 AND id = $2 AND due_at <= clock_timestamp()"
)
FULL_SECONDS: Final = 60.0  # about how often stored bytes are measured


class _FullError(Exception):
    """A tick has no room for its run, and the transaction is lost."""

    def __init__(self, problem: StorageFullError, nominal: datetime) -> None:
        self.problem, self.nominal = problem, nominal


@dataclass
class _Firing:
    """A schedule as it is being fired."""

    scope: Scope
    schedule_id: UUID
    row: asyncpg.Record
    unended: bool
    last_at: datetime | None
    buffered_at: datetime | None
    last_error: str | None
    skipped: int = 0

    async def tick(self, nominal: datetime) -> None:
        overlap = self.row["overlap"]
        if overlap == "allow" or not self.unended:
            await self.start(nominal)
        elif overlap == "buffer" and self.buffered_at is None:
            self.buffered_at = nominal
        else:
            self.skipped += 1

    async def start(self, nominal: datetime) -> None:
        """Start the run of a tick, unless there is one: the key is the same whoever fires it, and whenever."""
        self.last_at = nominal if self.last_at is None else max(nominal, self.last_at)
        key = f"schedule:{self.schedule_id}:{nominal.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        origin = Origin(trigger="schedule", trigger_id=self.schedule_id, dedupe_key=key)
        try:
            run = await executions.start_once(
                replace(self.scope, user_id=self.row["user_id"]),
                self.row["flow_id"],
                msgspec.json.decode(self.row["inputs"]),
                origin=origin,
            )
        except StorageFullError as exc:
            raise _FullError(exc, nominal) from exc
        except ProblemError as exc:
            if exc.status >= 500 or isinstance(exc, WriteConflictError):  # the transaction is lost
                raise
            self.last_error = _told(exc, nominal)
            return
        self.last_error = None
        self.unended = self.unended or run is not None


async def fire(scope: Scope, schedule_id: UUID) -> None:
    """Fire what is due of a schedule; nothing where it is not, or where another scheduler is at it.

    Ticks that have no room for their runs stay due, and are looked at again in FULL_SECONDS.
    """
    try:
        await _fire(scope, schedule_id)
    except _FullError as exc:
        await put_off(scope, schedule_id, FULL_SECONDS, _told(exc.problem, exc.nominal))
        log.get().warning(
            "a schedule waits for its organization to have room",
            action="schedule_waits",
            org_id=scope.org_id,
            schedule_id=schedule_id,
        )


async def put_off(scope: Scope, schedule_id: UUID, seconds: float, error: str | None = None) -> None:
    """Have a schedule looked at again in so many seconds, with the ticks that it has: others have their turn first."""
    async with tenancy.transaction(scope) as inner:
        await inner.open_connection.execute(_PUT_OFF, scope.org_id, schedule_id, seconds, error)


async def _fire(scope: Scope, schedule_id: UUID) -> None:
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        row = await connection.fetchrow(_DUE, scope.org_id, schedule_id)
        if row is None:
            return
        unended = await connection.fetchval(_UNENDED, scope.org_id, schedule_id)
        firing = _Firing(
            inner, schedule_id, row, unended, row["last_at"], row["buffered_at"], row["last_error"]
        )
        if firing.buffered_at is not None and (not unended or row["overlap"] == "allow"):
            nominal, firing.buffered_at = firing.buffered_at, None
            await firing.start(nominal)
        following = await _fire_ticks(firing, row)
        await connection.execute(
            _DONE,
            scope.org_id,
            schedule_id,
            following,
            firing.last_at,
            firing.buffered_at,
            firing.skipped,
            firing.last_error,
        )
    if firing.skipped:
        log.get().warning(
            "ticks of a schedule started no run",
            action="schedule_skipped",
            org_id=scope.org_id,
            schedule_id=schedule_id,
            ticks=firing.skipped,
        )


async def _fire_ticks(firing: _Firing, row: asyncpg.Record) -> datetime | None:
    next_at: datetime | None = row["next_at"]
    if next_at is None:
        return None
    window = timedelta(seconds=row["catch_up_seconds"])
    due = cron.due(row["cron"], row["time_zone"], next_at, row["now"], window)
    firing.skipped += due.dropped
    for nominal in due.ticks:
        await firing.tick(nominal)
    return due.following


def _told(problem: ProblemError, nominal: datetime) -> str | None:
    return json_text(
        {
            "tick": nominal,
            "code": problem.code,
            "detail": "; ".join(f"{one.pointer} {one.detail}" for one in problem.findings) or problem.detail,
            "errors": list(problem.findings),
        }
    )
