"""Workers whose clocks differ, or jump, go on from the same record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.engine.home import Home
from tests.engine.test_recovery import Bench, Tool, http_step
from tolstoy.engine import journal, rounds
from tolstoy.engine import run as runs


def _id_at(moment: datetime, number: int) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | number)


async def test_the_newest_attempt_is_the_one_with_the_highest_number(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt by a worker whose clock is ahead, the second by one whose clock is right."""
    tool = Tool({"/a": (503, {})})
    bench = Bench(home, tool)
    run = await bench.start(
        http_step(
            "a", "/a", retry={"maxAttempts": 3, "intervalSeconds": 3, "backoffRate": 1, "jitter": "none"}
        ),
        http_step("b", "/b"),
    )
    number = 0

    def ids_of(offset: timedelta) -> Any:
        def new_id() -> UUID:
            nonlocal number
            number += 1
            return _id_at(datetime.now(UTC) + offset, number)

        return new_id

    fields = journal.LogRow.__init__

    def with_ids(offset: timedelta) -> None:
        make = ids_of(offset)

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            fields(self, *args, **{"id": make(), **kwargs})

        monkeypatch.setattr(journal.LogRow, "__init__", init)

    with_ids(timedelta(seconds=30))
    await bench.work(run)
    assert (await bench.row(run))["status"] == "waiting"
    tool.answers["/a"] = {"done": True}
    with_ids(timedelta(0))
    past = datetime.now(UTC) - timedelta(seconds=1)
    await home.owner.execute(
        "UPDATE execution_logs SET details = details || jsonb_build_object('retryAt', $1::text)",
        past.isoformat(),
    )
    await home.owner.execute("UPDATE executions SET wake_at = $1", past)
    await rounds.wake_due(home.database)
    tool.stuck.add("/b")
    await bench.work_and_die(run)
    await bench.work(run)
    rows = await home.owner.fetch(
        "SELECT attempt, status FROM execution_logs WHERE step_key = 'a' ORDER BY id"
    )
    completed = [row for row in rows if row["status"] == "completed"]
    calls = [path for path, _ in tool.seen if path == "/a"]
    assert len(completed) == 1 and len(calls) == 2, (rows, calls)


async def test_a_worker_whose_clock_is_behind_does_not_go_round_and_round(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(home, Tool({}))
    run = await bench.start({"key": "w", "wait": {"seconds": 3600}})

    behind = timedelta(seconds=0)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) - behind

    monkeypatch.setattr(runs, "datetime", Clock)
    await bench.work(run)
    # an hour later by the database's clock; five seconds less by the worker's
    at = datetime.now(UTC)
    await home.owner.execute(
        "UPDATE execution_logs SET details = jsonb_build_object('dueAt', $1::text)", at.isoformat()
    )
    await home.owner.execute("UPDATE executions SET wake_at = $1", at)
    behind = timedelta(seconds=5)
    await rounds.wake_due(home.database)
    assert (await bench.row(run))["status"] == "queued"
    await bench.work(run)
    row = await bench.row(run)
    assert row["status"] == "waiting" and row["wake_at"] > row["updated_at"], "it is not due again at once"
    behind = timedelta(0)
    await home.owner.execute("UPDATE executions SET wake_at = $1", at)
    await rounds.wake_due(home.database)
    await bench.work(run)
    assert (await bench.row(run))["status"] == "succeeded"
