"""One action run at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.api.acting import happened, until
from tests.api.problems import parameters, pointers, refused
from tests.conftest import Member
from tests.engine.lab import Lab


async def _action(lab: Lab, endpoint: str = "/echo", **fields: Any) -> dict[str, Any]:
    sent = {
        "toolId": lab.tool_id,
        "name": f"a{uuid4().hex}",
        "method": "POST",
        "endpoint": endpoint,
        **fields,
    }
    made = await lab.post("/actions", sent)
    assert made.status_code == 201, made.text
    action: dict[str, Any] = made.json()
    return action


async def _execute(lab: Lab, action: dict[str, Any], **inputs: Any) -> httpx.Response:
    return await lab.post(f"/actions/{action['id']}/execute", {"inputs": inputs})


async def test_its_output_is_the_tools_answer(lab: Lab) -> None:
    action = await _action(lab, "/things/{id}", headers={"X-Kind": "{{ inputs.kind }}"})
    done = await _execute(lab, action, id=7, kind="new")
    assert done.status_code == 200
    run = done.json()
    assert done.headers["Location"] == f"/executions/{run['id']}"
    assert (run["status"], run["trigger"], run["flowId"], run["actionKey"]) == (
        "succeeded", "action", None, action["key"]
    )  # fmt: skip
    answer = run["output"]
    assert (answer["status"], answer["body"]["path"]) == (200, "/things/7")
    assert answer["body"]["headers"]["x-kind"] == "new"
    assert answer["body"]["headers"]["idempotency-key"]
    (log,) = await lab.logs(run)
    assert (log["stepKey"], log["status"], log["flowId"], log["userId"]) == (
        "action", "completed", None, lab.member.user_id
    )  # fmt: skip
    seen = await lab.get(f"/executions/{run['id']}")
    assert [(step["path"], step["kind"], step["status"]) for step in seen["steps"]] == [
        ("action", "action", "completed")
    ]
    found = await lab.get("/executions", actionKey=action["key"])
    assert [one["id"] for one in found["data"]] == [run["id"]]


async def test_it_is_retried_with_one_key_and_fails_as_in_a_flow(lab: Lab) -> None:
    path = f"/flaky/{uuid4().hex}/1"
    done = await _execute(lab, await _action(lab, path))
    assert done.json()["status"] == "succeeded"
    assert list(lab.keys(path).values()) == [2]
    failed = await _execute(lab, await _action(lab, "/status/404"))
    assert (failed.status_code, failed.json()["status"], failed.json()["output"]) == (200, "failed", None)
    assert (failed.json()["error"]["code"], failed.json()["error"]["status"]) == ("http.404", 404)


async def test_inputs_are_checked_before_anything_runs(lab: Lab) -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    action = await _action(lab, inputSchema=schema)
    assert pointers(await _execute(lab, action, id="x")) == ["/inputs/id"]
    assert pointers(await _execute(lab, action)) == ["/inputs"]
    assert pointers(await lab.post(f"/actions/{action['id']}/execute", {"id": 1})) == ["/id"]
    assert (await lab.get("/executions", actionKey=action["key"]))["data"] == []


async def test_its_own_condition_is_honoured(lab: Lab) -> None:
    path = f"/echo/{uuid4().hex}"
    action = await _action(lab, path, executeIf="inputs.go")
    skipped = await _execute(lab, action, go=False)
    assert (skipped.json()["status"], skipped.json()["output"]) == ("succeeded", None)
    assert not lab.keys(path)
    assert (await _execute(lab, action, go=True)).json()["output"]["status"] == 200


async def test_one_that_takes_longer_is_answered_with_where_it_will_be(lab: Lab) -> None:
    path = f"/slow?seconds=0.2&{uuid4().hex}"
    action = await _action(lab, path.partition("?")[0], method="GET")
    execute = f"/actions/{action['id']}/execute"
    answer = await lab.post(execute, {"inputs": {"seconds": 0.2}}, params={"wait": 0})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/executions/{answer.json()['id']}"
    assert (await until(lab, answer.json(), "succeeded"))["output"]["status"] == 200
    assert parameters(await lab.post(execute, {}, params={"wait": 51})) == ["wait"]


async def test_a_key_runs_it_once(lab: Lab) -> None:
    path = f"/echo/{uuid4().hex}"
    action = await _action(lab, path)
    headers = {**lab.member.headers, "Idempotency-Key": uuid4().hex}
    first, again = [
        await lab.http.post(f"/actions/{action['id']}/execute", json={}, headers=headers) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    await happened(lambda: lab.keys(path))
    assert list(lab.keys(path).values()) == [1]


async def test_charlie_runs_nothing(lab: Lab, charlie: Member) -> None:
    path = f"/echo/{uuid4().hex}"
    action = await _action(lab, path)
    answer = await lab.http.post(f"/actions/{action['id']}/execute", json={}, headers=charlie.headers)
    refused(answer, 404, "not-found")
    assert not lab.keys(path)
