"""An hourly schedule, and ticks that nobody was there for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.engine.home import Home
from tolstoy.domain import schedules
from tolstoy.domain.schedules import Schedule, ScheduleCreate

HOUR = timedelta(hours=1)


async def make_hourly(home: Home, *, flow_id: UUID | None = None, **fields: Any) -> Schedule:
    """An hourly schedule."""
    new = {"flow_id": flow_id or home.flow_id, "name": "Hourly", "cron": "0 * * * *", **fields}
    return await schedules.create(home.scope, ScheduleCreate(**new))


async def set_back(home: Home, schedule: Schedule, hours: int) -> list[datetime]:
    """As if nobody had looked for so many hours: the ticks that were missed."""
    now = await home.owner.fetchval("SELECT date_trunc('hour', clock_timestamp())")
    missed = [now - HOUR * back for back in range(hours - 1, -1, -1)]
    await home.owner.execute(
        "UPDATE schedules SET next_at = $2, due_at = $2 WHERE id = $1", schedule.id, missed[0]
    )
    return missed


def key_of(schedule: Schedule, tick: datetime) -> str:
    return f"schedule:{schedule.id}:{tick:%Y-%m-%dT%H:%M:%SZ}"


async def keys_of(home: Home, schedule: Schedule) -> list[str]:
    return [run["dedupe_key"] for run in await home.runs(schedule.id)]
