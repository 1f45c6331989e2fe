"""The audit trail says who had a run go on, and how; the run itself goes on as if that were not there."""

from __future__ import annotations

from typing import Any

from tests.api.acting import call, cancel, failing_once, resume, resumed, transform, until, waiting
from tests.api.problems import refused
from tests.engine.lab import Lab


async def _resumes(lab: Lab, run: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in await lab.logs(run) if row["kind"] == "resume"]


async def test_each_resume_is_on_record(lab: Lab) -> None:
    flaky, path = await failing_once(lab)
    failed = await lab.run(transform("a"), call("flaky", flaky))
    await resumed(lab, failed)
    assert list(lab.keys(path).values()) == [2], "it is no round of the step that it names"
    await resumed(lab, failed, fromStep="a", inputs={"n": 1})
    rows = await _resumes(lab, failed)
    assert [(row["stepKey"], row["inputs"]) for row in rows] == [
        ("flaky", {"fromStep": None, "version": 1, "inputsGiven": False}),
        ("a", {"fromStep": "a", "version": 1, "inputsGiven": True}),
    ]
    for row in rows:
        assert (row["userId"], row["flowId"]) == (lab.member.user_id, failed["flowId"])
        assert (row["status"], row["recorded"], row["superseded"]) == ("completed", True, True)
        answer = await lab.http.delete(f"/execution-logs/{row['id']}", headers=lab.member.headers)
        refused(answer, 409, "recorded-log")


async def test_what_is_refused_is_not_on_record(lab: Lab) -> None:
    failed = await lab.run(transform("a", "{{ inputs.no }}"))
    refused(await resume(lab, failed, version=7), 404, "not-found")
    assert await _resumes(lab, failed) == []


async def test_the_tree_and_the_waits_do_not_know_of_it(lab: Lab) -> None:
    run = await waiting(lab, transform("a"), {"key": "ok", "approval": {}})
    for sent in ({}, {"fromStep": "ok"}):
        await cancel(lab, run)
        assert (await resume(lab, run, **sent)).status_code == 202
        await until(lab, run, "waiting")
    assert [row["stepKey"] for row in await _resumes(lab, run)] == ["", "ok"]
    assert (await lab.post(f"/executions/{run['id']}/steps/ok/approve")).status_code == 200
    ended = await until(lab, run, "succeeded", "failed")
    assert ended["status"] == "succeeded"
    assert [(step["key"], step["status"], step["attempts"]) for step in ended["steps"]] == [
        ("a", "completed", 1),
        ("ok", "completed", 1),
    ]
