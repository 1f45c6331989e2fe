"""The routes of schedules."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import StorageFullError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import schedules
from tolstoy.domain.executions import Execution, NotPublishedError
from tolstoy.domain.paging import Page
from tolstoy.domain.schedules import (
    NextQuery,
    NextTicks,
    NotPausedError,
    PausedError,
    Schedule,
    ScheduleChange,
    ScheduleCreate,
    SchedulePause,
    ScheduleQuery,
)

routes = Blueprint("schedules", url_prefix="/schedules")


@routes.get("/")
@endpoint(tag="Schedules")
async def list_schedules(scope: Scope, query: ScheduleQuery) -> Page[Schedule]:
    """List schedules, newest first."""
    return await schedules.page(scope, query)


@routes.post("/")
@endpoint(tag="Schedules", status=201)
async def create_schedule(scope: Scope, body: ScheduleCreate) -> Schedule:
    """Create a schedule, which starts runs of a flow's newest published version by the clock.

    What cannot be started at a tick (nothing is published, or the inputs break the flow's inputSchema) is written to
    `lastError`, and the next tick tries anew.
    """
    return await schedules.create(scope, body)


@routes.get("/<schedule_id>")
@endpoint(tag="Schedules")
async def get_schedule(scope: Scope, schedule_id: UUID) -> Schedule:
    """Get a schedule."""
    return await schedules.get(scope, schedule_id)


@routes.put("/<schedule_id>")
@routes.patch("/<schedule_id>", name="patch_schedule")
@endpoint(tag="Schedules")
async def change_schedule(
    scope: Scope, schedule_id: UUID, body: ScheduleChange, if_match: frozenset[int] | None
) -> Schedule:
    """Change the fields that are sent."""
    return await schedules.change(scope, schedule_id, body, if_match)


@routes.delete("/<schedule_id>")
@endpoint(tag="Schedules", status=204)
async def delete_schedule(scope: Scope, schedule_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete a schedule; the runs that it started stay."""
    await schedules.remove(scope, schedule_id, if_match)


@routes.post("/<schedule_id>/pause")
@endpoint(tag="Schedules", raises=(PausedError,))
async def pause_schedule(
    scope: Scope, schedule_id: UUID, body: SchedulePause | None, if_match: frozenset[int] | None
) -> Schedule:
    """Pause a schedule, with a note why. Its ticks meanwhile are not made up for."""
    note = None if body is None else body.note
    return await schedules.pause(scope, schedule_id, note, if_match)


@routes.post("/<schedule_id>/resume")
@endpoint(tag="Schedules", raises=(NotPausedError,))
async def resume_schedule(scope: Scope, schedule_id: UUID, if_match: frozenset[int] | None) -> Schedule:
    """Let a paused schedule go on, from now on."""
    return await schedules.resume(scope, schedule_id, if_match)


@routes.post("/<schedule_id>/run")
@endpoint(
    tag="Schedules", status=202, raises=(NotPublishedError, StorageFullError), location="/executions/{id}"
)
async def run_schedule(scope: Scope, schedule_id: UUID) -> Execution:
    """Start a run of a schedule now, whether it is paused or one of its runs has not ended."""
    return await schedules.run(scope, schedule_id)


@routes.get("/<schedule_id>/next")
@endpoint(tag="Schedules")
async def preview_schedule(scope: Scope, schedule_id: UUID, query: NextQuery) -> NextTicks:
    """Tell the next ticks of a schedule."""
    return await schedules.coming(scope, schedule_id, query)
