"""What is written aside is what had happened then; a run that ends its workers is given up before it does."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.engine.home import Home
from tests.engine.test_recovery import Bench, Tool, http_step
from tolstoy.engine import recall
from tolstoy.engine.journal import Record, Recorded
from tolstoy.engine.trail import Trail


class SlowWriter:
    """As `Groups` behind a batch that is under way: reads what it is given only when its turn comes."""

    def __init__(self) -> None:
        self.turn = asyncio.Event()
        self.asked = asyncio.Event()
        self.written: list[list[tuple[str, str]]] = []
        self._one_by_one = asyncio.Lock()

    async def record(self, _org_id: object, record: Record) -> Recorded:
        self.asked.set()
        async with self._one_by_one:
            await self.turn.wait()
            self.written.append([(row.path, row.status) for row in record.rows])
        return Recorded(record.status or "running", False)


async def test_a_record_holds_what_had_happened_when_it_was_made() -> None:
    """Else a switch is completed on record before what is inside it, which a recovery then takes for skipped."""
    writer = SlowWriter()
    trail = Trail(uuid4(), uuid4(), 1, writer)
    row = trail.begin("switch", "switch")
    await writer.asked.wait()
    trail.begin("inner", "transform", status="completed", outputs="1")
    trail.end(row, "completed", outputs="1")
    writer.turn.set()
    await trail.flush()
    await trail.settle()
    assert writer.written[0] == [("switch", "started")], writer.written


async def test_a_run_that_ends_its_workers_is_given_up_before_its_state_is_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool({})
    bench = Bench(home, tool)
    tool.stuck.add("/a")
    run = await bench.start(http_step("a", "/a"))
    await bench.work_and_die(run)
    await home.owner.execute("UPDATE executions SET claims = 10 WHERE id = $1", run)

    async def deadly(*_: Any) -> Any:
        pytest.fail("this is where an OOM kill would end the worker, at every claim, for ever")

    monkeypatch.setattr(recall, "read", deadly)
    await bench.work(run)
    assert '"crashed"' in (await bench.row(run))["error"]
