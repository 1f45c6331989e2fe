"""Schedules that cannot be fired, and those of others."""

from __future__ import annotations

import msgspec
import pytest

from tests.engine.home import Home, neighbour, published
from tests.engine.hourly import key_of, keys_of, make_hourly, set_back
from tolstoy.domain import schedule_ticks, schedules
from tolstoy.engine import scheduler


async def test_a_schedule_that_breaks_does_not_keep_others_from_running(home: Home) -> None:
    broken, whole = await make_hourly(home), await make_hourly(home)
    for schedule in (broken, whole):
        await set_back(home, schedule, 1)
    await home.owner.execute(
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$"
    )
    await home.owner.execute(
        "CREATE TRIGGER breaks BEFORE UPDATE ON schedules FOR EACH ROW"
        f" WHEN (OLD.id = '{broken.id}') EXECUTE FUNCTION breaks()"
    )
    assert await scheduler.tick(home.database) == scheduler.AGAIN_SECONDS
    assert (len(await home.runs(broken.id)), len(await home.runs(whole.id))) == (0, 1)


async def test_ticks_without_room_wait_and_keep_nobody_from_running(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as are fired at a time, of an organization that stores too much, before one of another."""
    monkeypatch.setattr(scheduler, "MOST", 3)
    full = [await make_hourly(home) for _ in range(scheduler.MOST)]
    for schedule in full:
        (tick,) = await set_back(home, schedule, 1)
    other = await neighbour(home)
    theirs = await make_hourly(other)
    await set_back(other, theirs, 1)
    await home.owner.execute(
        "UPDATE schedules SET due_at = due_at + interval '1 second' WHERE id = $1", theirs.id
    )
    await home.owner.execute(
        "INSERT INTO stored_volumes (id, org_id, bytes, most, seconds) VALUES ($1, $1, 2, 1, 0)",
        home.scope.org_id,
    )
    for _ in range(2):
        await scheduler.tick(home.database)
    assert len(await other.runs(theirs.id)) == 1
    for schedule in full:
        waiting = await schedules.get(home.scope, schedule.id)
        assert (waiting.next_at, waiting.last_at, waiting.skipped) == (tick, None, 0)
        assert waiting.last_error is not None
        assert msgspec.json.decode(waiting.last_error)["code"] == "storage-full"
    seconds = await scheduler.tick(home.database)
    assert seconds is not None and 0 < seconds <= schedule_ticks.FULL_SECONDS
    # room again, a minute later
    await home.owner.execute("UPDATE stored_volumes SET bytes = 0")
    await home.owner.execute("UPDATE schedules SET due_at = next_at WHERE org_id = $1", home.scope.org_id)
    await scheduler.tick(home.database)
    for schedule in full:
        assert await keys_of(home, schedule) == [key_of(schedule, tick)]
        assert (await schedules.get(home.scope, schedule.id)).last_error is None


async def test_those_that_break_let_others_have_their_turn(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST", 2)
    broken = await published(home.scope)
    made = [await make_hourly(home, flow_id=broken) for _ in range(scheduler.MOST)]
    whole = await make_hourly(home)
    for schedule in (*made, whole):
        await set_back(home, schedule, 1)
    await home.owner.execute(
        "UPDATE schedules SET due_at = due_at + interval '1 second' WHERE id = $1", whole.id
    )
    await home.owner.execute(
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$"
    )
    await home.owner.execute(
        "CREATE TRIGGER breaks BEFORE INSERT ON executions FOR EACH ROW"
        f" WHEN (NEW.flow_id = '{broken}') EXECUTE FUNCTION breaks()"
    )
    for _ in range(2):
        await scheduler.tick(home.database)
    assert [len(await home.runs(schedule.id)) for schedule in (*made, whole)] == [0, 0, 1]


async def test_a_tick_of_one_organization_is_not_held_up_by_many_of_another(home: Home) -> None:
    """At most so many at a time, those first that have waited longest."""
    made = [await make_hourly(home) for _ in range(scheduler.MOST + 5)]
    await home.owner.execute(
        "UPDATE schedules SET next_at = now() - interval '1 minute', due_at = now() - interval '1 minute'"
    )
    other = await neighbour(home)
    theirs = await make_hourly(other)
    await home.owner.execute(
        "UPDATE schedules SET next_at = now() - interval '2 minutes', due_at = now() - interval '2 minutes'"
        " WHERE id = $1",
        theirs.id,
    )
    started = "SELECT count(*) FROM executions WHERE org_id = $1"
    await scheduler.tick(home.database)
    assert len(await home.runs(theirs.id)) == 1
    assert await home.owner.fetchval(started, home.scope.org_id) == scheduler.MOST - 1
    await scheduler.tick(home.database)
    assert await home.owner.fetchval(started, home.scope.org_id) == len(made)
