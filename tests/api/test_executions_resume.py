"""Resuming a run: what ended well stays; what failed, and what comes after it, runs again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.acting import (
    call,
    cancel,
    completed,
    failing_once,
    new_version,
    resume,
    resumed,
    transform,
    until,
    waiting,
)
from tests.api.at_once import at_once, statuses
from tests.api.problems import pointers, reasons, refused
from tests.conftest import Member
from tests.engine.lab import Lab

HOUR = {"key": "hour", "wait": {"seconds": 3600}}


async def test_a_failed_run_goes_on_from_the_step_that_failed(lab: Lab) -> None:
    """Under the same id, with what was there before."""
    before, (flaky, path) = await lab.action(f"/{uuid4().hex}"), await failing_once(lab)
    failed = await lab.run(
        call("before", before), call("flaky", flaky), transform("after"), output="{{ steps.after.output }}"
    )
    assert failed["status"] == "failed"
    answer = await resume(lab, failed)
    assert answer.status_code == 202 and answer.headers["Location"] == f"/executions/{failed['id']}"
    assert answer.json()["status"] == "queued" and answer.json()["error"] is None
    assert answer.json()["finishedAt"] is None
    ended = await until(lab, failed, "succeeded", "failed")
    assert (ended["status"], ended["output"], ended["error"]) == ("succeeded", 1, None)
    assert ended["startedAt"] == failed["startedAt"] and ended["finishedAt"] > failed["finishedAt"]
    assert await completed(lab, failed) == {"before": 1, "flaky": 1, "after": 1}
    assert list(lab.keys(path).values()) == [2], "a call that had not succeeded keeps its key"


async def test_from_a_step_that_is_named_calls_get_another_key(lab: Lab) -> None:
    """Their effect is wanted again; what comes before keeps what it gave."""
    paths = [f"/{uuid4().hex}" for _ in range(3)]
    actions = [await lab.action(path) for path in paths]
    done = await lab.run(*(call(key, action) for key, action in zip("abc", actions, strict=True)))
    refused(await resume(lab, done), 409, "cannot-resume")
    assert (await resumed(lab, done, fromStep="b"))["status"] == "succeeded"
    assert await completed(lab, done) == {"a": 1, "b": 2, "c": 2}
    assert [sorted(lab.keys(path).values()) for path in paths] == [[1], [1, 1], [1, 1]]


async def test_from_one_item_of_a_loop_the_other_items_stay(lab: Lab) -> None:
    charge, path = await failing_once(lab)
    lines = {
        "items": ["x", "y", "z"],
        "steps": [transform("fetch", "{{ item }}"), call("charge", charge), transform("name", "{{ item }}")],
    }
    steps = [
        transform("before"),
        {"key": "lines", "forEach": lines},
        transform("after", "{{ steps.lines.output }}"),
    ]
    failed = await lab.run(*steps, output="{{ steps.after.output }}")
    assert failed["error"]["step"] == "lines[0].charge"
    ended = await resumed(lab, failed)
    assert ended["output"] == ["x", "y", "z"]
    assert await completed(lab, failed) == {
        "before": 1, "lines": 1, "after": 1,
        **{f"lines[{n}].{key}": 1 for n in range(3) for key in ("fetch", "charge", "name")},
    }  # fmt: skip
    ended = await resumed(lab, failed, fromStep="lines[1].charge")
    assert ended["output"] == ["x", "y", "z"]
    counts = await completed(lab, failed)
    assert {path for path, times in counts.items() if times == 2} == {
        "lines", "lines[1].charge", "lines[1].name", "after"
    }  # fmt: skip
    assert sorted(lab.keys(path).values()) == [1, 1, 1, 2]


async def test_other_branches_stay(lab: Lab) -> None:
    flaky, _ = await failing_once(lab)
    branches = [[transform("a"), call("flaky", flaky), transform("b")], [transform("c"), transform("d")]]
    failed = await lab.run({"key": "both", "parallel": {"branches": branches}}, transform("end"))
    assert failed["error"]["step"] == "flaky"
    assert (await resumed(lab, failed))["status"] == "succeeded"
    assert await completed(lab, failed) == dict.fromkeys(("a", "b", "c", "d", "flaky", "both", "end"), 1)


async def test_on_failure_runs_again_when_the_run_fails_again(lab: Lab) -> None:
    path = f"/{uuid4().hex}"
    alarm = await lab.action(path)
    failed = await lab.run(transform("a", "{{ inputs.no }}"), onFailure=[call("alarm", alarm)])
    assert (await resumed(lab, failed))["status"] == "failed"
    assert sorted(lab.keys(path).values()) == [1, 1]
    assert pointers(await resume(lab, failed, fromStep="alarm")) == ["/fromStep"]


async def test_a_failure_that_the_flow_goes_on_with_stays(lab: Lab) -> None:
    flaky, path = await failing_once(lab)
    failed = await lab.run(
        call("flaky", flaky, onError="continue"),
        transform("b", "{{ inputs.no }}"),
        output="{{ steps.flaky.status }}",
    )
    ended = await resumed(lab, failed, inputs={"no": 1})
    assert (ended["status"], ended["output"]) == ("succeeded", "failed")
    assert sum(lab.keys(path).values()) == 1
    assert (await resumed(lab, failed, fromStep="flaky"))["output"] == "completed"


async def test_a_cancelled_run_goes_on_where_it_was(lab: Lab) -> None:
    """What it waited for it waits for anew."""
    run = await waiting(lab, transform("a"), HOUR)
    await cancel(lab, run)
    answer = await resume(lab, run)
    assert answer.status_code == 202 and answer.json()["cancelRequestedAt"] is None
    again = await until(lab, run, "waiting")
    assert again["wakeAt"] > run["wakeAt"] and again["deadlineAt"] > run["deadlineAt"]
    assert await completed(lab, run) == {"a": 1}
    assert (await cancel(lab, run)).status_code == 200


async def test_a_flow_step_that_runs_again_starts_another_run(lab: Lab) -> None:
    flaky, _ = await failing_once(lab)
    child = await lab.flow(call("flaky", flaky), output="done")
    parent = await lab.run({"key": "sub", "flow": {"id": child}}, output="{{ steps.sub.output }}")
    assert parent["error"]["code"] == "flow_failed"
    assert (await resumed(lab, parent))["output"] == "done"
    children = (await lab.get("/executions", parentId=parent["id"]))["data"]
    assert [run["status"] for run in children] == ["succeeded", "failed"]
    assert (await resumed(lab, children[1]))["status"] == "succeeded", "and the first one can go on by itself"


async def test_only_one_of_many_resumes_wins(lab: Lab) -> None:
    run = await waiting(lab, HOUR)
    await cancel(lab, run)
    answers = await at_once(*(resume(lab, run) for _ in range(8)), expected={202, 409})
    assert statuses(answers) == {202: 1, 409: 7}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "run-not-finished")
    await until(lab, run, "waiting")
    assert (await cancel(lab, run)).status_code == 200


async def test_an_idempotency_key_resumes_once(lab: Lab) -> None:
    failed = await lab.run(transform("a", "{{ inputs.no }}"))
    headers = {**lab.member.headers, "Idempotency-Key": uuid4().hex}
    path = f"/executions/{failed['id']}/resume"
    first = await lab.http.post(path, headers=headers)
    await until(lab, failed, "failed")
    second = await lab.http.post(path, headers=headers)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ({"fromStep": "nothing"}, "/fromStep"),
        ({"fromStep": ""}, "/fromStep"),
        ({"fromStep": "a\u0000"}, "/fromStep"),
        ({"fromStep": "a[0].b"}, "/fromStep"),
        ({"fromStep": "x" * 5000}, "/fromStep"),
        ({"fromStep": 1}, "/fromStep"),
        ({"version": 0}, "/version"),
        ({"version": "1"}, "/version"),
        ({"inputs": []}, "/inputs"),
        ({"force": True}, "/force"),
    ],
)
async def test_what_a_resume_may_say(lab: Lab, sent: dict[str, Any], at: str) -> None:
    failed = await lab.run(transform("a", "{{ inputs.no }}"))
    assert pointers(await resume(lab, failed, **sent)) == [at]


async def test_what_has_not_ended_cannot_be_resumed(lab: Lab) -> None:
    run = await waiting(lab, HOUR)
    refused(await resume(lab, run), 409, "run-not-finished")
    refused(await resume(lab, run, fromStep="hour"), 409, "run-not-finished")
    refused(await lab.post(f"/executions/{uuid4()}/resume"), 404, "not-found")


async def test_a_newer_version_mends_the_run(lab: Lab) -> None:
    """What it adds before the step runs, too."""
    flow = await lab.flow(transform("a", "kept"), transform("b", "{{ inputs.no }}"))
    failed = await lab.start(flow, 30)
    version = await new_version(
        lab, flow, transform("zero"),
        transform("a", "changed"), transform("new", "{{ steps.a.output }}!"), transform("b", "mended"),
        output=["{{ steps.new.output }}", "{{ steps.b.output }}"],
    )  # fmt: skip
    assert (await resumed(lab, failed))["status"] == "failed", "the version stays unless another is named"
    ended = await resumed(lab, failed, version=version)
    assert (ended["status"], ended["version"]) == ("succeeded", version)
    assert ended["output"] == ["kept!", "mended"]
    assert await completed(lab, failed) == {"zero": 1, "a": 1, "new": 1, "b": 1}


async def test_what_no_longer_fits_is_told_for_each_step(lab: Lab) -> None:
    one, two = await lab.action(), await lab.action()
    flow = await lab.flow(
        transform("gone"), transform("kind"), call("target", one), transform("place"), transform("later"),
        transform("b", "{{ inputs.no }}"),
    )  # fmt: skip
    failed = await lab.start(flow, 30)
    version = await new_version(
        lab, flow, {"key": "kind", "wait": {"seconds": 0}}, call("target", two),
        {"key": "loop", "forEach": {"items": [1], "steps": [transform("place")]}},
        transform("b"), transform("later"),
    )  # fmt: skip
    problem = refused(await resume(lab, failed, version=version, fromStep="b"), 409, "cannot-resume")
    assert reasons(problem) == {
        "gone": "unknown_step", "kind": "other_kind", "target": "other_target", "place": "moved",
        "later": "comes_later",
    }  # fmt: skip
    assert {error["pointer"] for error in problem["errors"]} == {"/version"}
    assert (await until(lab, failed, "failed"))["version"] == 1
    assert (await resumed(lab, failed, version=version, fromStep="gone"))["status"] == "succeeded"


async def test_only_published_versions_are_resumed(lab: Lab) -> None:
    flow = await lab.flow(transform("a", "{{ inputs.no }}"))
    failed = await lab.start(flow, 30)
    await lab.http.put(f"/flows/{flow}", json={"steps": [transform("a")]}, headers=lab.member.headers)
    refused(await resume(lab, failed, version=2), 409, "not-published")
    refused(await resume(lab, failed, version=3), 404, "not-found")


async def test_an_output_that_failed_is_made_again(lab: Lab) -> None:
    """All steps had completed: none runs again."""
    flow = await lab.flow(transform("a"), output="{{ steps.a.output.none }}")
    failed = await lab.start(flow, 30)
    assert failed["error"]["code"].startswith("expression.")
    version = await new_version(lab, flow, transform("a"), output="{{ steps.a.output }}")
    ended = await resumed(lab, failed, version=version)
    assert (ended["status"], ended["output"]) == ("succeeded", 1)
    assert await completed(lab, failed) == {"a": 1}


async def test_a_stranger_resumes_nothing(lab: Lab, charlie: Member) -> None:
    failed = await lab.run(transform("a", "{{ inputs.no }}"))
    answer = await lab.http.post(f"/executions/{failed['id']}/resume", headers=charlie.headers)
    refused(answer, 404, "not-found")
    assert (await lab.get(f"/executions/{failed['id']}"))["revision"] == failed["revision"]


async def test_retries_are_counted_anew(lab: Lab) -> None:
    path = f"/flaky/{uuid4().hex}/3"
    action = await lab.action(path)
    retry = {"maxAttempts": 2, "intervalSeconds": 0}
    failed = await lab.run(call("a", action, retry=retry))
    assert failed["status"] == "failed"
    assert (await resumed(lab, failed))["status"] == "succeeded"
    attempts = [row["status"] for row in await lab.logs(failed) if row["kind"] == "action"]
    assert attempts == ["failed", "failed", "failed", "completed"]
