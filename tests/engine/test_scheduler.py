"""Schedules as they are fired: each tick once, whoever looks and whatever the clock does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.engine.home import Home, published
from tests.engine.hourly import HOUR, key_of, keys_of, make_hourly, set_back
from tests.tenancy.connections import holds_up
from tolstoy.db import tenancy
from tolstoy.domain import schedule_ticks, schedules
from tolstoy.domain.schedules import ScheduleChange
from tolstoy.engine import scheduler


async def test_a_tick_starts_a_run_with_the_inputs_on_behalf_of_its_maker(home: Home) -> None:
    schedule = await make_hourly(home, inputs={"who": "world"})
    assert (await home.runs(schedule.id)) == []
    (tick,) = await set_back(home, schedule, 1)
    seconds = await scheduler.tick(home.database)
    (run,) = await home.runs(schedule.id)
    assert (run["status"], run["dedupe_key"]) == ("queued", key_of(schedule, tick))
    assert (run["inputs"], run["user_id"]) == ('{"who": "world"}', home.scope.user_id)
    assert [job["subject"] for job in await home.jobs("run")] == [run["id"].bytes]
    fired = await schedules.get(home.scope, schedule.id)
    assert (fired.last_at, fired.next_at, fired.last_error) == (tick, tick + HOUR, None)
    assert seconds is not None and 0 < seconds <= 3600


async def test_where_nothing_is_due_nothing_happens(home: Home) -> None:
    assert await scheduler.tick(home.database) is None
    schedule = await make_hourly(home)
    assert schedule.next_at is not None
    seconds = await scheduler.tick(home.database)
    assert seconds is not None and 0 < seconds <= 3600
    assert await home.runs(schedule.id) == []


async def test_schedulers_at_once_fire_a_tick_once(home: Home) -> None:
    made = [await make_hourly(home) for _ in range(12)]
    for schedule in made:
        await set_back(home, schedule, 1)
    await asyncio.gather(*(scheduler.tick(home.database) for _ in range(4)))
    await scheduler.tick(home.database)
    assert [len(await home.runs(schedule.id)) for schedule in made] == [1] * len(made)


async def test_a_scheduler_that_is_killed_before_it_commits_leaves_the_tick_to_another(home: Home) -> None:
    schedule = await make_hourly(home)
    await set_back(home, schedule, 1)
    fired = asyncio.Event()

    async def fire_and_stay() -> None:
        async with tenancy.transaction(tenancy.engine(home.database, home.scope.org_id)) as inner:
            await schedule_ticks.fire(inner, schedule.id)
            fired.set()
            await asyncio.Event().wait()

    dying = asyncio.create_task(fire_and_stay())
    await fired.wait()
    await scheduler.tick(home.database)  # passes it by, and does not wait
    await home.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        " AND datname = current_database()"
    )
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await home.runs(schedule.id) == []
    await scheduler.tick(home.database)
    assert len(await home.runs(schedule.id)) == 1


async def test_a_tick_that_has_its_run_gets_no_other(home: Home) -> None:
    """As when the schedule's row is from a backup, or was set back by hand: the run's key knows."""
    schedule = await make_hourly(home, overlap="allow")
    for _ in range(2):
        (tick,) = await set_back(home, schedule, 1)
        await scheduler.tick(home.database)
    assert await keys_of(home, schedule) == [key_of(schedule, tick)]


async def test_a_clock_that_is_set_back_fires_nothing_again(home: Home) -> None:
    schedule = await make_hourly(home, overlap="allow")
    ahead = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR * 5
    # fired in what is now the future
    await home.owner.execute(
        "UPDATE schedules SET last_at = $2, next_at = $3, due_at = $3 WHERE id = $1",
        schedule.id,
        ahead,
        ahead + HOUR,
    )
    await scheduler.tick(home.database)
    assert await home.runs(schedule.id) == []
    changed = await schedules.change(home.scope, schedule.id, ScheduleChange(cron="0 */1 * * *"), None)
    assert changed.next_at == ahead + HOUR


@pytest.mark.parametrize(
    ("overlap", "started", "buffered", "skipped"), [("allow", 4, None, 0), ("skip", 1, None, 3), ("buffer", 1, 1, 2)]
)  # fmt: skip
async def test_missed_ticks_are_made_up_for_as_overlap_allows(
    home: Home, overlap: str, started: int, buffered: int | None, skipped: int
) -> None:
    schedule = await make_hourly(home, overlap=overlap, catch_up_seconds=86_400)
    missed = await set_back(home, schedule, 4)
    await scheduler.tick(home.database)
    assert await keys_of(home, schedule) == [key_of(schedule, tick) for tick in missed[:started]]
    fired = await schedules.get(home.scope, schedule.id)
    assert fired.buffered_at == (missed[buffered] if buffered else None)
    assert (fired.skipped, fired.next_at) == (skipped, missed[-1] + HOUR)


async def test_ticks_older_than_the_window_are_dropped_and_counted(home: Home) -> None:
    schedule = await make_hourly(home, overlap="allow", catch_up_seconds=2 * 3600)
    missed = await set_back(home, schedule, 10)
    await scheduler.tick(home.database)
    assert await keys_of(home, schedule) == [key_of(schedule, tick) for tick in missed[-2:]]
    assert (await schedules.get(home.scope, schedule.id)).skipped == 8


async def test_while_a_run_has_not_ended_ticks_are_skipped(home: Home) -> None:
    schedule = await make_hourly(home)
    await set_back(home, schedule, 1)
    await scheduler.tick(home.database)
    (run,) = await home.runs(schedule.id)
    for status in ("running", "waiting"):
        await home.move(run["id"], status)
        await set_back(home, schedule, 1)
        await scheduler.tick(home.database)
        assert len(await home.runs(schedule.id)) == 1
    assert (await schedules.get(home.scope, schedule.id)).skipped == 2


async def test_what_was_buffered_starts_when_the_run_has_ended(home: Home) -> None:
    schedule = await make_hourly(home, overlap="buffer", catch_up_seconds=86_400)
    first, second, *_ = await set_back(home, schedule, 3)
    await scheduler.tick(home.database)
    assert await keys_of(home, schedule) == [key_of(schedule, first)]
    assert await scheduler.tick(home.database) != 0, "it holds nobody up meanwhile"
    await home.move_all(schedule.id, "failed")
    assert await scheduler.tick(home.database)
    assert await keys_of(home, schedule) == [key_of(schedule, first), key_of(schedule, second)]
    fired = await schedules.get(home.scope, schedule.id)
    assert (fired.buffered_at, fired.skipped) == (None, 1)


async def test_a_run_that_ends_while_a_tick_is_being_buffered_is_seen(home: Home) -> None:
    """Its end waits for the scheduler's transaction, and makes the schedule due once more."""
    schedule = await make_hourly(home, overlap="buffer", catch_up_seconds=86_400)
    await set_back(home, schedule, 1)
    await scheduler.tick(home.database)
    await home.owner.execute(
        "UPDATE schedules SET next_at = next_at - interval '1 hour' + interval '1 second',"
        " due_at = clock_timestamp(), cron = '* * * * *' WHERE id = $1",
        schedule.id,
    )
    async with tenancy.transaction(tenancy.engine(home.database, home.scope.org_id)) as inner:
        await schedule_ticks.fire(inner, schedule.id)
        ending = asyncio.create_task(home.move_all(schedule.id))
        await holds_up(inner.connection, ending)
    await ending
    await scheduler.tick(home.database)
    assert len(await home.runs(schedule.id)) == 2


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        ({"input_schema": {"type": "object", "required": ["who"]}}, "invalid"),
        (None, "not-published"),
    ],
)
async def test_what_cannot_start_is_told_and_the_next_tick_tries_anew(
    home: Home, flow: dict[str, Any] | None, code: str
) -> None:
    if flow is None:
        flow_id = await home.owner.fetchval("UPDATE flows SET published_version = NULL RETURNING id")
    else:
        flow_id = await published(home.scope, **flow)
    schedule = await make_hourly(home, flow_id=flow_id)
    (tick,) = await set_back(home, schedule, 1)
    await scheduler.tick(home.database)
    assert await home.runs(schedule.id) == []
    row = await home.owner.fetchrow(
        "SELECT last_error->>'code', next_at, last_at, last_error->>'detail' AS detail FROM schedules"
    )
    assert row is not None and tuple(row)[:3] == (code, tick + HOUR, tick)
    assert "body" not in row["detail"]
    await scheduler.tick(home.database)
    assert (await schedules.get(home.scope, schedule.id)).next_at == tick + HOUR, "not tried for ever"
    if flow is None:
        await home.owner.execute("UPDATE flows SET published_version = 1")
    await schedules.change(home.scope, schedule.id, ScheduleChange(inputs={"who": "world"}), None)
    await set_back(home, schedule, 1)
    await home.owner.execute("UPDATE schedules SET last_at = NULL")
    await scheduler.tick(home.database)
    assert len(await home.runs(schedule.id)) == 1
    assert (await schedules.get(home.scope, schedule.id)).last_error is None


async def test_paused_ones_are_passed_by_and_go_on_from_then(home: Home) -> None:
    schedule = await make_hourly(home, overlap="buffer", catch_up_seconds=86_400)
    await set_back(home, schedule, 3)
    await scheduler.tick(home.database)
    paused = await schedules.pause(home.scope, schedule.id, "holidays", None)
    assert (paused.paused, paused.note, paused.next_at, paused.buffered_at) == (True, "holidays", None, None)
    await home.move_all(schedule.id)
    assert await scheduler.tick(home.database) is None
    assert len(await home.runs(schedule.id)) == 1
    resumed = await schedules.resume(home.scope, schedule.id, None)
    assert (resumed.paused, resumed.note) == (False, None)
    assert resumed.next_at is not None and resumed.next_at > datetime.now(UTC)
