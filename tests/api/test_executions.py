"""Executions: started, found, read with the tree of their steps."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.acting import FAIL_AT_ONCE, call, transform, until, waiting
from tests.api.factories import make_flow
from tests.api.problems import parameters, pointers, refused
from tests.conftest import Member
from tests.engine.lab import Lab

INPUTS = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def _tree(steps: list[dict[str, Any]]) -> list[Any]:
    return [[step["path"], step["status"], *_tree(step["steps"])] for step in steps]


async def test_a_run_is_started_and_found(lab: Lab) -> None:
    flow = await lab.flow(
        transform("a", "{{ inputs.n }}"), output="{{ steps.a.output + 1 }}", inputSchema=INPUTS
    )
    started = await lab.post(f"/flows/{flow}/executions", {"inputs": {"n": 1}})
    assert started.status_code == 202
    run = started.json()
    assert started.headers["Location"] == f"/executions/{run['id']}"
    assert (run["flowId"], run["version"], run["trigger"], run["userId"]) == (
        flow,
        1,
        "manual",
        lab.member.user_id,
    )
    ended = await until(lab, run, "succeeded")
    assert (ended["output"], ended["error"], ended["inputs"]) == (2, None, {"n": 1})
    assert ended["startedAt"] <= ended["finishedAt"]


async def test_with_wait_it_answers_with_the_result(lab: Lab) -> None:
    flow = await lab.flow(transform("a", 1), output="{{ steps.a.output }}")
    done = await lab.post(f"/flows/{flow}/executions", {}, params={"wait": 30})
    assert (done.status_code, done.json()["status"], done.json()["output"]) == (200, "succeeded", 1)
    assert done.headers["Location"] == f"/executions/{done.json()['id']}"
    later = await lab.flow({"key": "w", "wait": {"seconds": 3600}})
    queued = await lab.post(f"/flows/{later}/executions", {}, params={"wait": 0})
    assert queued.status_code == 202
    for wait in (-1, 51, "x"):
        answer = await lab.post(f"/flows/{flow}/executions", {}, params={"wait": wait})
        assert parameters(answer) == ["wait"]


async def test_inputs_that_break_the_schema_are_refused(lab: Lab) -> None:
    flow = await lab.flow(transform("a"), inputSchema=INPUTS)
    path = f"/flows/{flow}/executions"
    assert pointers(await lab.post(path, {"inputs": {"n": "one"}})) == ["/inputs/n"]
    assert pointers(await lab.post(path, {})) == ["/inputs"]
    assert pointers(await lab.post(path, {"inputs": [], "more": 1})) == ["/more", "/inputs"]
    assert (await lab.get("/executions", flowId=flow))["data"] == []


async def test_only_published_versions_run(lab: Lab) -> None:
    draft = await make_flow(lab.http, lab.member)
    path = f"/flows/{draft['id']}/executions"
    refused(await lab.post(path, {}), 409, "not-published")
    refused(await lab.post(path, {"version": 1}), 409, "not-published")
    refused(await lab.post(path, {"version": 2}), 404, "not-found")
    refused(await lab.post(f"/flows/{uuid4()}/executions", {}), 404, "not-found")


async def test_a_key_starts_one_run(lab: Lab) -> None:
    flow = await lab.flow(transform("a"))
    headers = {**lab.member.headers, "Idempotency-Key": uuid4().hex}
    answers = [await lab.http.post(f"/flows/{flow}/executions", json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len((await lab.get("/executions", flowId=flow))["data"]) == 1


async def test_they_are_found_by_what_they_are(lab: Lab) -> None:
    good, bad = await lab.flow(transform("a")), await lab.flow(transform("a", "{{ inputs.n }}"))
    runs = [await lab.start(flow, 30) for flow in (good, bad, good)]
    assert [run["status"] for run in runs] == ["succeeded", "failed", "succeeded"]

    async def found(**query: Any) -> list[str]:
        return [run["id"] for run in (await lab.get("/executions", **query))["data"]]

    first, second, third = (run["id"] for run in runs)
    assert await found() == [third, second, first]
    assert await found(flowId=good) == [third, first]
    assert await found(status="failed") == [second]
    assert await found(status="succeeded", flowId=bad) == []
    assert await found(trigger="manual", version=1, userId=lab.member.user_id) == [third, second, first]
    assert await found(trigger="schedule") == []
    assert await found(createdAfter=runs[0]["createdAt"]) == [third, second]
    assert "steps" not in (await lab.get("/executions"))["data"][0]
    for query in ({"status": "done"}, {"trigger": "x"}, {"flowId": "7"}):
        answer = await lab.http.get("/executions", params=query, headers=lab.member.headers)
        assert parameters(answer) == list(query)


async def test_a_tree_of_all_kinds(lab: Lab) -> None:
    action = await lab.action("/echo")
    flaky = await lab.action(f"/flaky/{uuid4().hex}/1")
    retry = {"maxAttempts": 2, "intervalSeconds": 0, "jitter": "none"}
    cases = [
        {"when": "false", "steps": [transform("never")]},
        {"when": "true", "steps": [transform("chosen", "x")]},
    ]
    run = await lab.run(
        call("a", action, name="The first"),
        transform("skipped", executeIf="false"),
        {"key": "l", "forEach": {"items": [1, 2], "concurrency": 2, "steps": [transform("i", "{{ item }}")]}},
        {"key": "s", "switch": {"cases": cases}},
        {"key": "p", "parallel": {"branches": [[transform("b0")], [transform("b1")]]}},
        call("f", flaky, retry=retry),
    )
    path = f"/executions/{run['id']}"
    seen = await lab.get(path)
    assert _tree(seen["steps"]) == [
        ["a", "completed"],
        ["skipped", "skipped"],
        ["l", "completed", ["l[0].i", "completed"], ["l[1].i", "completed"]],
        ["s", "completed", ["chosen", "completed"]],
        ["p", "completed", ["b0", "completed"], ["b1", "completed"]],
        ["f", "completed"],
    ]
    steps = {step["key"]: step for step in seen["steps"]}
    assert (steps["a"]["name"], steps["f"]["attempts"], steps["l"]["items"]) == ("The first", 2, 2)
    assert not any("output" in step for step in seen["steps"])
    assert (seen["truncated"], seen["onFailure"]) == (False, [])
    full = await lab.get(path, include="outputs")
    outputs = {step["key"]: step.get("output") for step in full["steps"]}
    assert (outputs["l"], outputs["s"], outputs["skipped"], outputs["a"]["status"]) == (
        [1, 2],
        "x",
        None,
        200,
    )
    answer = await lab.http.get(path, params={"include": "inputs"}, headers=lab.member.headers)
    assert parameters(answer) == ["include"]


async def test_a_tree_says_what_is_waited_for_and_why_it_failed(lab: Lab) -> None:
    run = await waiting(
        lab, transform("a"), {"key": "ok", "approval": {"approvals": 2, "timeoutSeconds": 60}}
    )
    _, ok = (await lab.get(f"/executions/{run['id']}"))["steps"]
    assert (ok["status"], ok["wait"]["for"], ok["wait"]["approvals"]) == ("waiting", "approval", 2)
    assert ok["wait"]["dueAt"] == run["wakeAt"]
    action = await lab.action("/status/418")
    failed = await lab.run(
        call("a", action), transform("b"), onFailure=[transform("tell", "{{ error.code }}")]
    )
    seen = await lab.get(f"/executions/{failed['id']}", include="outputs")
    assert [(step["status"], (step["error"] or {}).get("code")) for step in seen["steps"]] == [
        ("failed", "http.418"),
        ("pending", None),
    ]
    assert [(step["path"], step["output"]) for step in seen["onFailure"]] == [("tell", "http.418")]


async def test_a_large_tree_is_cut_and_large_values_are_marked(lab: Lab) -> None:
    loop = {"items": "{{ inputs.items }}", "steps": [transform("i")]}
    steps = ({"key": "l", "forEach": loop}, transform("big", "{{ inputs.text }}"))
    flow = await lab.flow(*steps)
    run = await lab.start(flow, 50, items=list(range(1100)), text="x" * 20_000)
    assert run["status"] == "succeeded"
    seen = await lab.get(f"/executions/{run['id']}", include="outputs")
    loop_seen, big = seen["steps"]
    assert (seen["truncated"], loop_seen["items"], len(loop_seen["steps"])) == (True, 1100, 998)
    assert [step["path"] for step in loop_seen["steps"][-2:]] == ["l[996].i", "l[997].i"]
    assert big["output"] == {"truncated": True, "bytes": 20_002}


async def test_the_etag_is_that_of_what_happened(lab: Lab) -> None:
    run = await lab.run(transform("a"))
    path = f"/executions/{run['id']}"
    first = await lab.http.get(path, headers=lab.member.headers)
    tagged = {**lab.member.headers, "If-None-Match": first.headers["ETag"]}
    assert (await lab.http.get(path, headers=tagged)).status_code == 304
    including = await lab.http.get(path, params={"include": "outputs"}, headers=tagged)
    assert including.status_code == 200 and "ETag" not in including.headers


async def test_what_the_engine_recorded_cannot_be_changed(lab: Lab) -> None:
    run = await lab.run(call("a", await lab.action(), retry=FAIL_AT_ONCE))
    (log,) = await lab.logs(run)
    assert (log["kind"], log["attempt"], log["recorded"], log["superseded"]) == ("action", 1, True, False)
    assert log["details"]["request"]["method"] == "POST"
    assert log["startedAt"] <= log["finishedAt"]
    path = f"/execution-logs/{log['id']}"
    changed = await lab.http.put(path, json={"status": "failed"}, headers=lab.member.headers)
    refused(changed, 409, "recorded-log")
    refused(await lab.http.delete(path, headers=lab.member.headers), 409, "recorded-log")
    assert await lab.logs(run) == [log]
    own = {
        "flowId": run["flowId"],
        "executionId": run["id"],
        "stepKey": "a",
        "inputs": {},
        "status": "failed",
    }
    mine = await lab.post("/execution-logs", own)
    assert (mine.json()["recorded"], mine.json()["kind"], mine.json()["startedAt"]) == (False, None, None)
    assert (await lab.get(f"/executions/{run['id']}"))["steps"][0]["status"] == "completed"
    found = await lab.get("/execution-logs", executionId=run["id"], kind="action")
    assert [one["id"] for one in found["data"]] == [log["id"]]
    removed = await lab.http.delete(f"/execution-logs/{mine.json()['id']}", headers=lab.member.headers)
    assert removed.status_code == 204


@pytest.mark.parametrize("path", ["", "/events"])
async def test_charlie_sees_nothing(lab: Lab, charlie: Member, path: str) -> None:
    run = await lab.run(transform("a"))
    refused(await lab.http.get(f"/executions/{run['id']}{path}", headers=charlie.headers), 404, "not-found")
    assert (await lab.http.get("/executions", headers=charlie.headers)).json()["data"] == []
