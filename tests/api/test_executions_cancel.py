"""Cancelling a run: at once where nothing is under way, promptly where something is, and with all that it started."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests.api.acting import call, cancel, completed, happened, transform, until, waiting
from tests.api.at_once import at_once
from tests.api.problems import pointers, refused
from tests.conftest import Member
from tests.engine.lab import Lab

HOUR = {"key": "hour", "wait": {"seconds": 3600}}
OK = {"key": "ok", "approval": {}}


async def _calling(lab: Lab, **document: Any) -> dict[str, Any]:
    """A run in the middle of a call that is not answered."""
    action = await lab.action("/hang")
    flow = await lab.flow(call("call", action, timeoutSeconds=600), **document)
    seen = len(_hangs(lab))
    run = await lab.start(flow)
    await happened(lambda: len(_hangs(lab)) > seen)
    return run


async def _children(lab: Lab, parent: dict[str, Any]) -> list[dict[str, Any]]:
    """Once there is one."""
    async with asyncio.timeout(30):
        while not (found := (await lab.get("/executions", parentId=parent["id"]))["data"]):
            await asyncio.sleep(0.02)
    children: list[dict[str, Any]] = found
    return children


def _hangs(lab: Lab) -> list[Any]:
    return [asked for asked in list(lab.echo.requests) if asked["path"] == "/hang"]


async def test_a_run_that_waits_ends_at_once(lab: Lab) -> None:
    run = await waiting(lab, transform("a"), HOUR)
    answer = await cancel(lab, run, reason="not needed any more")
    assert answer.status_code == 200
    ended = answer.json()
    assert (ended["status"], ended["wakeAt"], ended["waitingFor"]) == ("cancelled", None, None)
    assert ended["finishedAt"] and ended["cancelRequestedAt"]
    assert ended["error"] == {
        "code": "cancelled",
        "message": "The run was cancelled.",
        "userId": lab.member.user_id,
        "reason": "not needed any more",
    }
    assert await lab.statuses(run) == {"a": "completed", "hour": "failed"}


async def test_a_run_in_the_middle_of_a_call_is_stopped_by_its_worker(lab: Lab) -> None:
    """And says why it was cancelled, by whom."""
    run = await _calling(lab, onFailure=[transform("alarm")])
    answer = await cancel(lab, run, reason="hangs")
    assert answer.status_code in (200, 202) and answer.json()["cancelRequestedAt"]
    ended = await until(lab, run, "cancelled", "failed", "succeeded")
    assert ended["status"] == "cancelled"
    assert (ended["error"]["reason"], ended["error"]["userId"]) == ("hangs", lab.member.user_id)
    assert await lab.statuses(run) == {"call": "failed"}, "onFailure is for failures"


async def test_to_cancel_again_changes_nothing(lab: Lab) -> None:
    run = await waiting(lab, HOUR)
    first = (await cancel(lab, run, reason="one")).json()
    answers = await at_once(*(cancel(lab, run, reason="two") for _ in range(5)), expected={200})
    assert all(answer.json() == first for answer in answers)


async def test_many_cancel_at_once_and_the_first_reason_stands(lab: Lab) -> None:
    run = await _calling(lab)
    assert (await cancel(lab, run, reason="first")).status_code in (200, 202)
    await at_once(*(cancel(lab, run, reason=f"{n}") for n in range(5)), expected={200, 202})
    ended = await until(lab, run, "cancelled")
    assert ended["error"]["reason"] == "first"


async def test_what_has_ended_is_not_cancelled(lab: Lab) -> None:
    for steps, status in (([transform("a")], "succeeded"), ([transform("a", "{{ inputs.no }}")], "failed")):
        run = await lab.run(*steps)
        problem = refused(await cancel(lab, run), 409, "run-finished")
        assert status in problem["detail"]
        assert await lab.get(f"/executions/{run['id']}") == await until(lab, run, status)


async def test_a_run_that_waits_for_a_place_is_cancelled_too(lab: Lab) -> None:
    """Its job, when a worker gets it, does nothing."""
    flow = await lab.flow(HOUR, transform("never"))
    limited = await lab.http.put(
        f"/flows/{flow}", json={"maxRunningExecutions": 1}, headers=lab.member.headers
    )
    assert limited.status_code == 200, limited.text
    runs = [await lab.start(flow) for _ in range(5)]
    for run in runs:
        assert (await cancel(lab, run)).status_code in (200, 202)
    for run in runs:
        ended = await until(lab, run, "cancelled")
        assert "never" not in await completed(lab, ended)


async def test_with_a_run_go_those_that_its_steps_started(lab: Lab) -> None:
    child = await lab.flow(OK)
    parent = await waiting(lab, {"key": "sub", "flow": {"id": child}})
    (started,) = await _children(lab, parent)
    started = await until(lab, started, "waiting")
    assert (await cancel(lab, parent)).json()["status"] == "cancelled"
    ended = await until(lab, started, "cancelled", "failed", "succeeded")
    assert (ended["status"], ended["error"]["code"]) == ("cancelled", "parent_ended")
    refused(await lab.post(f"/executions/{started['id']}/steps/ok/approve"), 409, "run-finished")


async def test_with_a_running_run_go_its_children_once_it_has_stopped(lab: Lab) -> None:
    child = await lab.flow(OK)
    hang = await lab.action("/hang")
    branches = [[{"key": "sub", "flow": {"id": child}}], [call("call", hang, timeoutSeconds=600)]]
    seen = len(_hangs(lab))
    parent = await lab.start(await lab.flow({"key": "both", "parallel": {"branches": branches}}))
    await happened(lambda: len(_hangs(lab)) > seen)
    (started,) = await _children(lab, parent)
    await until(lab, started, "waiting")
    await cancel(lab, parent)
    assert (await until(lab, parent, "cancelled", "failed"))["status"] == "cancelled"
    assert (await until(lab, started, "cancelled", "failed"))["status"] == "cancelled"


async def test_a_cancelled_child_fails_the_step_that_started_it(lab: Lab) -> None:
    parent = await waiting(lab, {"key": "sub", "flow": {"id": await lab.flow(OK)}})
    (started,) = await _children(lab, parent)
    await until(lab, started, "waiting")
    assert (await cancel(lab, started)).status_code == 200
    ended = await until(lab, parent, "failed", "succeeded")
    assert (ended["status"], ended["error"]["code"]) == ("failed", "flow_cancelled")


async def test_what_a_cancel_may_say(lab: Lab) -> None:
    run = await waiting(lab, HOUR)
    assert pointers(await cancel(lab, run, reason="")) == ["/reason"]
    assert pointers(await cancel(lab, run, reason="x" * 501)) == ["/reason"]
    assert pointers(await cancel(lab, run, why="x")) == ["/why"]
    refused(await lab.post(f"/executions/{uuid4()}/cancel"), 404, "not-found")
    assert (await until(lab, run, "waiting"))["cancelRequestedAt"] is None


async def test_a_stranger_cancels_nothing(lab: Lab, charlie: Member) -> None:
    run = await waiting(lab, HOUR)
    for path in ("cancel", "resume", "steps/hour/approve", "waits"):
        method = "GET" if path == "waits" else "POST"
        answer = await lab.http.request(method, f"/executions/{run['id']}/{path}", headers=charlie.headers)
        refused(answer, 404, "not-found")
    assert (await lab.get(f"/executions/{run['id']}"))["status"] == "waiting"


async def test_at_whatever_moment_a_run_and_its_children_end_as_cancelled(lab: Lab) -> None:
    """Or had ended before; none fails for it, and none is left behind."""
    child = {"key": "sub", "flow": {"id": await lab.flow(transform("a"))}}
    loop = {"items": list(range(8)), "concurrency": 8, "steps": [child]}
    flow = await lab.flow({"key": "loop", "forEach": loop}, transform("end"))

    async def one(number: int) -> dict[str, Any]:
        run = await lab.start(flow)
        await asyncio.sleep(0.01 * (number % 20))  # there is no event of «whatever moment»
        answer = await cancel(lab, run)
        assert answer.status_code in (200, 202, 409), answer.text
        return await until(lab, run, "cancelled", "succeeded", "failed")

    runs = await asyncio.gather(*(one(number) for number in range(60)))
    assert {run["status"] for run in runs} <= {"cancelled", "succeeded"}, [run["error"] for run in runs]
    for status in ("queued", "running", "waiting"):
        for left in (await lab.get("/executions", status=status, limit=200))["data"]:
            await until(lab, left, "cancelled", "succeeded", "failed")
    failed = (await lab.get("/executions", status="failed"))["data"]
    assert failed == [], [run["error"] for run in failed]


async def test_a_run_cancelled_and_resumed_again_and_again_does_each_step_once(lab: Lab) -> None:
    """Every call of a step with the same key, whichever claim makes it."""
    paths = [f"/{uuid4().hex}" for _ in range(6)]
    actions = [await lab.action(path) for path in paths]
    steps = [call(f"s{number}", action) for number, action in enumerate(actions)]
    run = await lab.start(
        await lab.flow(*steps, {"key": "hour", "wait": {"seconds": 3600}}, transform("end"))
    )
    for _ in range(15):
        await cancel(lab, run)
        await until(lab, run, "cancelled")
        assert (await lab.post(f"/executions/{run['id']}/resume")).status_code == 202
    await until(lab, run, "waiting")
    assert await completed(lab, run) == {f"s{number}": 1 for number in range(6)}
    assert [len(lab.keys(path)) for path in paths] == [1] * 6
    assert (await cancel(lab, run)).status_code == 200
