"""Schedules: when a flow runs by itself. What a tick does is in schedule_ticks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tolstoy.core.errors import ConflictError, Finding, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy, trigger_models
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import cron as clock
from tolstoy.domain import crud, executions, flows
from tolstoy.domain.executions import Execution, Inputs, Origin
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, Name, StoredObject

Overlap = Annotated[
    Literal["skip", "buffer", "allow"],
    Meta(
        description="skip, buffer or allow, what a tick does while a run of the schedule has not ended: nothing, wait"
        " for its end (one tick does, further ones are skipped), or start another"
    ),
]
Cron = Annotated[
    str,
    Meta(
        max_length=200,
        description="a cron expression of five fields, such as 30 7 * * MON-FRI",
        examples=["30 7 * * MON-FRI"],
    ),
]
TimeZone = Annotated[
    str, Meta(max_length=100, description="a time zone of the IANA database", examples=["Europe/Berlin"])
]
CatchUp = Annotated[
    int,
    Meta(
        ge=10,
        le=2_678_400,
        description="a number of seconds from 10 to 2678400 (31 days): ticks that nobody was there for are made up for"
        " when they are not older",
    ),
]
Note = Annotated[str, Meta(max_length=500, description="why it is paused")]


class ScheduleCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID
    name: Name
    cron: Cron
    time_zone: TimeZone = "UTC"
    overlap: Overlap = "skip"
    catch_up_seconds: CatchUp = 3600
    inputs: Inputs = {}


class ScheduleChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    cron: Cron | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    overlap: Overlap | UnsetType = UNSET
    catch_up_seconds: CatchUp | UnsetType = UNSET
    inputs: Inputs | UnsetType = UNSET


class SchedulePause(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    note: Note | None = None


class Schedule(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    flow_id: UUID
    user_id: Annotated[UUID, Meta(description="On whose behalf its runs are.")]
    name: str
    cron: str
    time_zone: str
    overlap: Overlap
    catch_up_seconds: int
    inputs: StoredObject
    paused: bool
    note: str | None
    next_at: Annotated[Moment | None, Meta(description="The next tick; null while it is paused.")]
    last_at: Annotated[Moment | None, Meta(description="The last tick that started a run, or should have.")]
    buffered_at: Annotated[Moment | None, Meta(description="The tick that waits for the end of a run.")]
    skipped: Annotated[
        int, Meta(description="How many ticks started nothing: because of overlap, or too old.")
    ]
    last_error: Annotated[StoredObject | None, Meta(description="Why the last tick could start no run.")]
    created_at: Moment
    updated_at: Moment
    revision: int


class ScheduleQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID | None = None
    paused: bool | None = None


class NextQuery(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    count: Annotated[
        int, Meta(ge=1, le=100, description="a number from 1 to 100, how many to answer with")
    ] = 10


class NextTicks(Struct, frozen=True, rename="camel"):
    time_zone: str
    ticks: Annotated[list[Moment], Meta(description="The ticks from now on, were it not paused.")]


class PausedError(ConflictError):
    """The schedule is paused already."""

    code, title = "paused", "Paused already"


class NotPausedError(ConflictError):
    """The schedule is not paused."""

    code, title = "not-paused", "Not paused"


TABLE = Table(trigger_models.Schedule, Schedule)
_CONDITIONS = {"flow_id": "flow_id = {}", "paused": "paused = {}"}
_CONFLICTS = {"schedules_flows_fk": flows.not_here}
_ONE = TABLE.one()
_INSERT = TABLE.insert(
    (
        "id",
        "flow_id",
        "name",
        "cron",
        "time_zone",
        "overlap",
        "catch_up_seconds",
        "inputs",
        "next_at",
        "due_at",
    ),
    entered_user="user_id",
)


async def get(scope: Scope, schedule_id: UUID) -> Schedule:
    return await crud.get(scope, TABLE, _ONE, schedule_id)


async def page(scope: Scope, query: ScheduleQuery) -> Page[Schedule]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: ScheduleCreate) -> Schedule:
    _check(new.cron, new.time_zone)
    first = next(clock.after(new.cron, new.time_zone, datetime.now(UTC)), None)
    args = (
        new_id(),
        new.flow_id,
        new.name,
        new.cron,
        new.time_zone,
        new.overlap,
        new.catch_up_seconds,
        json_text(new.inputs),
        first,
        first,
    )
    return await crud.insert_by(scope, TABLE, _INSERT, args, _CONFLICTS)


async def change(
    scope: Scope, schedule_id: UUID, sent: ScheduleChange, if_match: frozenset[int] | None
) -> Schedule:
    values = crud.given(sent)
    if "inputs" in values:
        values["inputs"] = json_text(values["inputs"])
    async with tenancy.transaction(scope) as inner:
        stored = await crud.locked(inner, TABLE, trigger_models.Schedule, schedule_id, if_match)
        cron, zone = values.get("cron", stored.cron), values.get("time_zone", stored.time_zone)
        _check(cron, zone)
        if not stored.paused and (cron, zone) != (stored.cron, stored.time_zone):
            values |= _coming(cron, zone, stored.last_at)
        if stored.buffered_at is not None and "overlap" in values:
            values["due_at"] = datetime.now(UTC)  # what waits may not have to any more
        return await crud.update(inner, TABLE, schedule_id, values, {})


async def remove(scope: Scope, schedule_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        stored = await crud.locked(inner, TABLE, trigger_models.Schedule, schedule_id, if_match)
        await stored.delete()


async def pause(
    scope: Scope, schedule_id: UUID, note: str | None, if_match: frozenset[int] | None
) -> Schedule:
    """Ticks while it is paused are not made up for, and a tick that was buffered is given up."""
    async with tenancy.transaction(scope) as inner:
        stored = await crud.locked(inner, TABLE, trigger_models.Schedule, schedule_id, if_match)
        if stored.paused:
            raise PausedError
        values = {"paused": True, "note": note, "next_at": None, "due_at": None, "buffered_at": None}
        return await crud.update(inner, TABLE, schedule_id, values, {})


async def resume(scope: Scope, schedule_id: UUID, if_match: frozenset[int] | None) -> Schedule:
    async with tenancy.transaction(scope) as inner:
        stored = await crud.locked(inner, TABLE, trigger_models.Schedule, schedule_id, if_match)
        if not stored.paused:
            raise NotPausedError
        coming = _coming(stored.cron, stored.time_zone, stored.last_at)
        return await crud.update(inner, TABLE, schedule_id, {"paused": False, "note": None, **coming}, {})


async def run(scope: Scope, schedule_id: UUID) -> Execution:
    """Start a run now, on behalf of who asks; whether it is paused or another runs does not matter."""
    async with tenancy.transaction(scope) as inner:
        stored = await crud.found(inner, TABLE, trigger_models.Schedule, schedule_id)
        origin = Origin(trigger="schedule", trigger_id=schedule_id)
        return await executions.start(inner, stored.flow_id, stored.inputs, origin=origin)


async def coming(scope: Scope, schedule_id: UUID, query: NextQuery) -> NextTicks:
    schedule = await get(scope, schedule_id)
    ticks = clock.after(schedule.cron, schedule.time_zone, datetime.now(UTC))
    return NextTicks(schedule.time_zone, list(islice(ticks, query.count)))


def _coming(cron: str, zone: str, last_at: datetime | None) -> dict[str, Any]:
    """The next tick from now on; where the clock was set back, not before the last one again."""
    now = datetime.now(UTC)
    tick = next(clock.after(cron, zone, max(now, last_at or now)), None)
    return {"next_at": tick, "due_at": tick}


def _check(cron: str, zone: str) -> None:
    if zone not in clock.time_zones():
        detail = "there is no such time zone: write a name of the IANA database, such as Europe/Berlin or UTC"
        raise InvalidError(findings=[Finding("unknown_time_zone", detail, pointer="/timeZone")])
    try:
        clock.check(cron, zone)
    except clock.CronError as exc:
        raise InvalidError(findings=[Finding("invalid_cron", str(exc), pointer="/cron")]) from exc
