"""An error that is too large to be kept whole is still an error after a recovery."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

from tests.engine.home import Home
from tests.engine.test_recovery import Bench, Tool, http_step
from tolstoy.engine.runner import Runner


class Small(Bench):
    def runner(self) -> Runner:
        return Runner(self.home.database, self.tool, max_payload_bytes=1024, public_url="http://t")  # type: ignore[arg-type]


async def _work_until_bad_and_die(bench: Bench, run: UUID) -> None:
    """The step `bad` has failed on record, beside one whose call is stuck."""
    task = asyncio.create_task(bench.work(run))
    await bench.tool.reached.wait()
    failed = "SELECT FROM execution_logs WHERE step_key = 'bad' AND status = 'failed'"
    while not await bench.home.owner.fetch(failed):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    bench.tool.stuck.clear()


async def test_a_large_error_keeps_its_code(home: Home) -> None:
    tool = Tool({"/bad": (400, {"said": "x" * 3000})})
    bench = Small(home, tool)
    tool.stuck.add("/slow")
    run = await bench.start(
        {"key": "both", "parallel": {"branches": [[http_step("slow", "/slow")], [http_step("bad", "/bad")]]}},
        on_failure=[http_step("undo", "/undo")],
    )
    await _work_until_bad_and_die(bench, run)
    await bench.work(run)
    assert "/undo" in [path for path, _ in tool.seen]
    assert '"http.400"' in (await bench.row(run))["error"]


async def test_an_error_that_holds_what_cannot_be_stored_keeps_its_code(home: Home) -> None:
    bench = Bench(home, Tool({}))
    run = await bench.start({"key": "t", "transform": "{{ {'a': 1}['b\\u0000'] }}"})
    await bench.work(run)
    row = await bench.row(run)
    assert row["status"] == "failed" and '"code"' in row["error"], row["error"]


async def test_an_open_step_is_closed_with_such_an_error(home: Home) -> None:
    """Left open by a worker that died, and by the next as well, since the step beside it has failed."""
    tool = Tool({"/bad": (400, {})})
    bench = Bench(home, tool)
    tool.stuck.add("/slow")
    branches = [[http_step("bad", "/bad")], [http_step("slow", "/slow")]]
    run = await bench.start(
        {"key": "both", "onError": "continue", "parallel": {"branches": branches}},
        output="{{ {'a': 1}['b\\u0000'] }}",
    )
    await _work_until_bad_and_die(bench, run)
    await bench.work(run)
    error = json.loads((await bench.row(run))["error"])
    assert error["code"] == "expression.undefined", error
    rows = await home.owner.fetch("SELECT status, error FROM execution_logs WHERE step_key = 'slow'")
    assert [(row["status"], json.loads(row["error"])["code"]) for row in rows] == [("failed", error["code"])]
