"""Resuming where steps were cut off, not ended by themselves: their `onError` is about failures of their own."""

from __future__ import annotations

from typing import Any

from tests.api.acting import call, cancel, failing_once, resume, transform, until, waiting
from tests.engine.lab import Lab

ASK = {"key": "ask", "approval": {}, "onError": "continue"}


async def _asked_again(lab: Lab, run: dict[str, Any]) -> None:
    assert (await resume(lab, run)).status_code == 202
    assert (await until(lab, run, "waiting", "succeeded", "failed"))["status"] == "waiting"
    approved = await lab.post(f"/executions/{run['id']}/steps/ask/approve")
    assert approved.status_code == 200, approved.text


async def test_what_a_cancel_cut_off_is_gone_through_again(lab: Lab) -> None:
    run = await waiting(lab, ASK, transform("pay"))
    assert (await cancel(lab, run)).json()["status"] == "cancelled"
    await _asked_again(lab, run)
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"
    assert await lab.statuses(run) == {"ask": "completed", "pay": "completed"}


async def test_items_that_a_cancel_cut_off_run_too(lab: Lab) -> None:
    loop = {"items": [1, 2], "concurrency": 1, "steps": [{"key": "nap", "wait": {"seconds": 3600}}]}
    run = await waiting(lab, {"key": "all", "forEach": loop, "onError": "continue"}, transform("after"))
    assert (await cancel(lab, run)).status_code == 200
    assert (await resume(lab, run)).status_code == 202
    assert (await until(lab, run, "waiting", "succeeded", "failed"))["status"] == "waiting"
    assert (await cancel(lab, run)).status_code == 200


async def test_what_a_limit_of_time_cut_off_is_gone_through_again(lab: Lab) -> None:
    run = await waiting(lab, ASK, transform("pay"), maxDurationSeconds=1)
    assert (await until(lab, run, "failed"))["error"]["code"] == "run_timed_out"
    assert (await resume(lab, run)).status_code == 202
    again = await until(lab, run, "succeeded", "failed")
    assert (again["status"], again["error"]["code"]) == ("failed", "run_timed_out"), "it was asked again"


async def test_what_a_siblings_failure_cut_off_is_gone_through_again(lab: Lab) -> None:
    """And what stands behind it in its branch."""
    flaky, _ = await failing_once(lab)
    ready = {"key": "ready", "wait": {"seconds": 0.2}}
    branches = [[ASK, transform("tail", "told")], [ready, call("flaky", flaky)]]
    run = await lab.run(
        {"key": "both", "parallel": {"branches": branches}}, output="{{ steps.both.output[0] }}"
    )
    assert (run["status"], run["error"]["step"]) == ("failed", "flaky")
    await _asked_again(lab, run)
    ended = await until(lab, run, "succeeded", "failed")
    assert (ended["status"], ended["output"]) == ("succeeded", "told")
