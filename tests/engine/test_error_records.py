"""An error that is too large to be kept whole is still an error after a recovery."""

from __future__ import annotations

import asyncio

from tests.engine.home import Home
from tests.engine.test_recovery import Bench, Tool, http_step
from tolstoy.engine.runner import Runner


class Small(Bench):
    def runner(self) -> Runner:
        return Runner(self.home.database, self.tool, max_payload_bytes=1024, public_url="http://t")  # type: ignore[arg-type]


async def test_a_large_error_keeps_its_code(home: Home) -> None:
    tool = Tool({"/bad": (400, {"said": "x" * 3000})})
    bench = Small(home, tool)
    tool.stuck.add("/slow")
    run = await bench.start(
        {"key": "both", "parallel": {"branches": [[http_step("slow", "/slow")], [http_step("bad", "/bad")]]}},
        on_failure=[http_step("undo", "/undo")],
    )
    task = asyncio.create_task(bench.work(run))
    await tool.reached.wait()
    while not await home.owner.fetch(
        "SELECT FROM execution_logs WHERE step_key = 'bad' AND status = 'failed'"
    ):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    tool.stuck.clear()
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
    bench = Bench(home, Tool({"/bad": (400, {})}))
    run = await bench.start(
        {
            "key": "both",
            "onError": "continue",
            "parallel": {
                "branches": [
                    [{"key": "ask", "approval": {}}],
                    [{"key": "w", "wait": {"seconds": 0.2}}, http_step("bad", "/bad")],
                ]
            },
        },
        {"key": "t", "transform": "{{ {'a': 1}['b\\u0000'] }}"},
    )
    await bench.work(run)
    assert '"internal_error"' not in (await bench.row(run))["error"], (await bench.row(run))["error"]
