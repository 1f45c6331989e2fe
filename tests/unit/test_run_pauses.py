"""How branches pause together: a run gives its place back only when all of them do, and nothing is due soon."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tolstoy.engine.failures import AbandonedError
from tolstoy.engine.frame import Facts, Frame
from tolstoy.engine.journal import Record, Recorded
from tolstoy.engine.plan import compile_document
from tolstoy.engine.run import Identity, Run
from tolstoy.engine.trail import Trail

FACTS = Facts({}, {}, lambda path: path, {})


class Nowhere:
    async def record(self, _org_id: object, record: Record) -> Recorded:
        return Recorded(record.status or "running", False)


def a_run() -> Run:
    identity = Identity(uuid4(), uuid4(), uuid4(), 0, None)
    trail = Trail(identity.org_id, identity.id, 1, Nowhere())
    plan = compile_document({"steps": []})
    return Run(identity, plan, FACTS, {}, trail, None)  # type: ignore[arg-type]


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_lone_pause_suspends_the_run() -> None:
    run, frame = a_run(), Frame(FACTS)
    due = later(1000)
    work = run.begin(run.pause(frame, due, "time"))
    with pytest.raises(asyncio.CancelledError):
        await work
    assert run.suspended is not None
    assert (run.suspended.due, run.suspended.reason) == (due, "time")


async def test_what_is_due_soon_is_waited_for() -> None:
    run, frame = a_run(), Frame(FACTS)
    due = later(0.05)
    await run.begin(run.pause(frame, due, "time"))
    assert run.suspended is None and datetime.now(UTC) >= due


async def test_a_time_that_has_passed_does_not_pause() -> None:
    run, frame = a_run(), Frame(FACTS)
    await run.begin(run.pause(frame, later(-5), "time"))
    assert run.suspended is None


async def test_a_branch_at_work_keeps_the_run() -> None:
    run, frame, at_work = a_run(), Frame(FACTS), asyncio.Event()

    async def branches() -> None:
        ended = run.fork(2)

        async def working() -> None:
            await at_work.wait()
            ended()

        async def pausing() -> None:
            await run.pause(frame, later(1000), "retry")
            ended()

        await asyncio.gather(working(), pausing())

    work = run.begin(branches())
    for _ in range(5):
        await asyncio.sleep(0)
    assert run.suspended is None and not work.done()
    at_work.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert run.suspended is not None and run.suspended.reason == "retry"


async def test_of_several_pauses_the_first_due_is_when_to_go_on() -> None:
    run, frame = a_run(), Frame(FACTS)
    soon, late = later(500), later(1000)

    async def both() -> None:
        run.fork(2)
        await asyncio.gather(run.pause(frame, late, "approval"), run.pause(frame, soon, "time"))

    with pytest.raises(asyncio.CancelledError):
        await run.begin(both())
    assert run.suspended is not None
    assert (run.suspended.due, run.suspended.reason) == (soon, "approval")


async def test_a_signal_since_ends_a_pause_that_looks_for_one() -> None:
    run, frame = a_run(), Frame(FACTS)
    seen = run.signals
    run.signal()
    await run.begin(run.pause(frame, later(1000), "approval", since=seen))
    assert run.suspended is None


async def test_an_abandoned_frame_ends_its_pauses_and_those_inside() -> None:
    run, outer = a_run(), Frame(FACTS)
    inner = Frame(FACTS, outer)

    async def both() -> None:
        ended = run.fork(2)

        async def failing() -> None:
            await asyncio.sleep(0)
            run.abandon(outer)
            ended()

        with pytest.raises(AbandonedError):
            await asyncio.gather(run.pause(inner, later(1000), "time"), failing())

    await run.begin(both())
    assert run.suspended is None


async def test_a_clock_set_back_makes_a_wait_longer_and_never_shorter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A due time is a time on the clock, looked at again and again; waking up early is no reason to go on."""
    run, frame = a_run(), Frame(FACTS)
    due = later(0.05)
    hour = timedelta(hours=1)

    class Clock(datetime):
        back = hour

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) - cls.back

    monkeypatch.setattr("tolstoy.engine.run.datetime", Clock)
    with pytest.raises(asyncio.CancelledError):
        await run.begin(run.pause(frame, due, "time"))
    assert run.suspended is not None and run.suspended.due == due, "an hour is too long to hold the place"
    Clock.back = -hour
    await run.begin(run.pause(frame, later(1800), "time"))
    assert run.suspended is None, "set forward, it is due"
