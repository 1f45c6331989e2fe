"""What a run waits for happens while another of its branches is being recorded."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tests.engine.home import Home, published
from tests.engine.test_recovery import Bench, Tool, http_step
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Statement
from tolstoy.domain import executions
from tolstoy.domain.action_request import Request
from tolstoy.engine.answer import Response
from tolstoy.engine.journal import Journal, LogRow, Record


async def _claimed(home: Home, journal: Journal) -> UUID:
    run = await executions.start(home.scope, home.flow_id, {})
    assert run is not None
    job = await home.owner.fetchval("SELECT job_id FROM executions WHERE id = $1", run.id)
    assert await journal.claim(home.scope.org_id, run.id, job)
    return run.id


async def test_a_record_of_another_branch_does_not_swallow_the_signal(home: Home) -> None:
    journal = Journal(home.database)
    run, org = await _claimed(home, journal), home.scope.org_id
    await tenancy.fetch(home.scope, Statement("SELECT tolstoy.wake_run($3) FROM s"), run)
    await journal.record(org, Record(run, 1, [LogRow("other", "transform", "completed")]))
    done = await journal.record(org, Record(run, 1, [], "waiting", waiting_for="approval"))
    assert done.status == "running", "it waits for what has happened already, and nobody will tell it again"


async def test_a_parent_hears_of_its_child_while_another_branch_works(home: Home) -> None:
    """The child ends during a call of the other branch, and the call is recorded before the worker looks."""
    tool = Tool({})
    bench, gate = Bench(home, tool), asyncio.Event()
    child = await published(home.scope, steps=[{"key": "t", "transform": 1}])
    parent = await bench.start(
        {
            "key": "both",
            "parallel": {
                "branches": [
                    [{"key": "child", "flow": {"id": str(child)}}],
                    [http_step("slow", "/slow"), {"key": "moment", "wait": {"seconds": 0.3}}],
                ]
            },
        }
    )
    answer = tool.send

    async def send(org_id: UUID, request: Request, *, timeout_seconds: float) -> Response:
        tool.reached.set()
        await gate.wait()
        return await answer(org_id, request, timeout_seconds=timeout_seconds)

    tool.send = send  # type: ignore[method-assign]
    task = asyncio.create_task(bench.work(parent))
    await tool.reached.wait()
    while (
        kid := await home.owner.fetchval("SELECT id FROM executions WHERE parent_id = $1", parent)
    ) is None:
        await asyncio.sleep(0)
    await bench.work(kid)
    gate.set()
    await task
    row = await bench.row(parent)
    assert (await bench.row(kid))["status"] == "succeeded"
    assert row["status"] == "succeeded", f"it waits for a child that has ended, until {row['wake_at']}"


async def test_what_a_failed_sibling_ended_is_closed(home: Home) -> None:
    """An approval that nothing waits for any more is not asked for, and stands as ended."""
    tool = Tool({"/bad": (400, {})})
    bench = Bench(home, tool)
    tool.stuck.add("/mid")
    branches = [
        [{"key": "ask", "approval": {}}],
        [{"key": "moment", "wait": {"seconds": 0.2}}, http_step("bad", "/bad")],
    ]
    run = await bench.start(
        {"key": "both", "onError": "continue", "parallel": {"branches": branches}}, http_step("mid", "/mid")
    )
    await bench.work_and_die(run)
    wait = await home.owner.fetchrow("SELECT closed_at FROM waits WHERE execution_id = $1", run)
    log = await home.owner.fetchrow("SELECT status FROM execution_logs WHERE step_key = 'ask'")
    assert wait is not None and wait["closed_at"] is not None
    assert log is not None and log["status"] == "failed"
