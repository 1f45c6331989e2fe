"""What happens in a run, numbered: each step begun or ended, and the run's newest status."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.db import tenancy
from tolstoy.db.statements import utc
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud
from tolstoy.domain.execution_steps import shown
from tolstoy.domain.executions import FINISHED, TABLE, Status
from tolstoy.domain.text import Moment

MOST_AT_ONCE = 200


class StepEvent(Struct, frozen=True, rename="camel"):
    path: str
    kind: str
    status: Literal["started", "completed", "skipped", "failed"]
    attempt: int
    at: Moment | None
    error: Raw | None
    output: Annotated[Raw | None, Meta(description="Up to 16 kB; above, a mark that says so.")]
    retry_at: Annotated[
        Moment | UnsetType, Meta(description="When the next attempt begins, after a failed one.")
    ] = UNSET


class ExecutionEvent(Struct, frozen=True, rename="camel"):
    status: Status
    waiting_for: str | None
    wake_at: Moment | None
    output: Raw | None
    error: Raw | None


class Event(NamedTuple):
    seq: int
    value: StepEvent | ExecutionEvent


class News(NamedTuple):
    """What came after a number. `seq` is the number to ask from the next time."""

    events: list[Event]
    seq: int
    more: bool
    finished: bool
    watched: bool


_NULL = Raw(b"null")


class _Row(Struct, frozen=True, rename="camel"):
    seq: int
    path: str
    kind: str
    status: Literal["started", "completed", "skipped", "failed"]
    attempt: int
    at: Moment | None
    error: Raw = _NULL
    output: Raw = _NULL
    retry_at: Moment | None = None


# Numbers first and their rows after: what a page does not show is not read. And nothing where nothing is new.
_EVENTS = (
    ", CASE WHEN t.seq > $4 THEN (SELECT jsonb_agg(CASE WHEN chosen.begun"
    " THEN jsonb_build_object('seq', chosen.seq, 'path', l.step_key, 'kind', l.kind, 'status', 'started',"
    f" 'attempt', l.attempt, 'at', {utc('l.started_at')})"
    " ELSE jsonb_build_object('seq', chosen.seq, 'path', l.step_key, 'kind', l.kind, 'status', l.status,"
    f" 'attempt', l.attempt, 'at', {utc('l.finished_at')}, 'error', {shown('l.error')},"
    f" 'output', {shown('l.outputs')}, 'retryAt', l.details ->> 'retryAt') END ORDER BY chosen.seq) FROM ("
    "SELECT o.id, e.seq, e.begun FROM execution_logs o"
    " CROSS JOIN LATERAL (VALUES (o.started_seq, true), (o.finished_seq, false)) e (seq, begun)"
    f" WHERE o.org_id = $1 AND o.execution_id = t.id AND o.recorded AND e.seq > $4 ORDER BY e.seq LIMIT {MOST_AT_ONCE}"
    ") chosen JOIN execution_logs l ON l.org_id = $1 AND l.id = chosen.id) END AS events"
)
_NEWS = tenancy.reading(
    "SELECT id, status, waiting_for, wake_at, seq, status_seq, watched,"
    " CASE WHEN status_seq > $4 THEN output END AS output, CASE WHEN status_seq > $4 THEN error END AS error"
    " FROM executions WHERE org_id = $1 AND id = $3",
    extra=_EVENTS,
)
_WATCH = "UPDATE executions SET watched = true WHERE org_id = $1 AND id = $2 AND NOT watched"
_read_rows = msgspec.json.Decoder(list[_Row]).decode


async def after(scope: Scope, execution_id: UUID, seq: int) -> News:
    """At most so many events, in their order; a status that was replaced meanwhile is not among them."""
    row = await tenancy.fetchrow(scope, _NEWS, execution_id, seq)
    if row is None:
        raise crud.missing(TABLE, execution_id)
    rows = [] if row["events"] is None else _read_rows(row["events"])
    more = len(rows) == MOST_AT_ONCE
    until = rows[-1].seq if more else max(seq, row["seq"])
    events = [Event(one.seq, _step(one)) for one in rows]
    if seq < row["status_seq"] <= until:
        output, error = (None if row[name] is None else Raw(row[name]) for name in ("output", "error"))
        status = ExecutionEvent(row["status"], row["waiting_for"], row["wake_at"], output, error)
        events.append(Event(row["status_seq"], status))
        events.sort(key=lambda event: event.seq)
    return News(events, until, more, row["status"] in FINISHED and not more, row["watched"])


async def watch(scope: Scope, execution_id: UUID) -> None:
    """Have whoever works on the run tell those who follow it."""
    async with tenancy.transaction(scope) as inner:
        await inner.open_connection.execute(_WATCH, scope.org_id, execution_id)


def _step(row: _Row) -> StepEvent:
    retry_at = UNSET if row.retry_at is None else row.retry_at
    return StepEvent(row.path, row.kind, row.status, row.attempt, row.at, row.error, row.output, retry_at)
