"""Each kind of step, run by a real worker against a real tool."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engine.lab import Lab


async def test_actions_pass_their_outputs_on(lab: Lab) -> None:
    key = await lab.action()
    execution = await lab.run(
        {"key": "first", "action": key, "inputs": {"n": "{{ inputs.n }}"}},
        {"key": "second", "action": key, "inputs": {"saw": "{{ steps.first.output.status }}"}},
        inputs={"n": 7},
        output={"sent": "{{ steps.second.output.body.body }}", "text": "got {{ steps.first.output.status }}"},
    )
    assert execution["status"] == "succeeded", execution["error"]
    assert json.loads(execution["output"]["sent"]) == {"saw": 200}
    assert execution["output"]["text"] == "got 200"
    first, second = await lab.logs(execution)
    assert [(row["stepKey"], row["status"]) for row in (first, second)] == [
        ("first", "completed"),
        ("second", "completed"),
    ]
    assert first["inputs"] == {"n": 7} and first["outputs"]["status"] == 200


async def test_an_action_maps_its_inputs_to_path_query_header_and_body(lab: Lab) -> None:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "page": {"type": "integer", "in": "query"},
            "trace": {"type": "string", "in": "header"},
            "note": {"type": "string"},
        },
    }
    key = await lab.action("/orders/{id}", inputSchema=schema, headers={"X-Who": "{{ inputs.id }}"})
    sent = {"id": "a b", "page": 2, "trace": "t1", "note": "hi"}
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": sent}, output="{{ steps.call.output }}"
    )
    saw = execution["output"]["body"]
    assert saw["path"] == "/orders/a%20b" and saw["query"] == [["page", "2"]]
    assert (saw["headers"]["trace"], saw["headers"]["x-who"]) == ("t1", "a b")
    assert json.loads(saw["body"]) == {"note": "hi"}


async def test_an_http_step_sends_what_is_written(lab: Lab) -> None:
    call = {
        "method": "PUT",
        "url": lab.echo.url + "/things?a=1",
        "headers": {"X-N": "{{ inputs.n }}"},
        "query": {"b": ["x", "y"]},
        "body": {"deep": [1, "{{ inputs.n }}"]},
    }
    execution = await lab.run(
        {"key": "raw", "http": call}, inputs={"n": 5}, output="{{ steps.raw.output.body }}"
    )
    saw = execution["output"]
    assert (saw["method"], saw["path"]) == ("PUT", "/things")
    assert saw["query"] == [["a", "1"], ["b", "x"], ["b", "y"]] and saw["headers"]["x-n"] == "5"
    assert json.loads(saw["body"]) == {"deep": [1, 5]}


async def test_execute_if_skips_and_what_was_skipped_can_be_told(lab: Lab) -> None:
    execution = await lab.run(
        {"key": "no", "executeIf": "inputs.n > 10", "transform": "never"},
        {"key": "yes", "executeIf": "steps.no.status == 'skipped'", "transform": "{{ steps.no.output }}"},
        inputs={"n": 1},
    )
    assert await lab.statuses(execution) == {"no": "skipped", "yes": "completed"}


async def test_an_actions_own_condition_is_honoured(lab: Lab) -> None:
    key = await lab.action(executeIf="inputs.amount > 0")
    execution = await lab.run(
        {"key": "none", "action": key, "inputs": {"amount": 0}},
        {"key": "some", "action": key, "inputs": {"amount": 1}},
    )
    assert await lab.statuses(execution) == {"none": "skipped", "some": "completed"}


async def test_for_each_keeps_the_order_and_sees_its_item(lab: Lab) -> None:
    key = await lab.action()
    loop = {
        "items": "{{ inputs.rows }}",
        "concurrency": 4,
        "steps": [
            {"key": "call", "action": key, "inputs": {"id": "{{ item.id }}"}},
            {"key": "inner", "forEach": {"items": [1, 2], "steps": [
                {"key": "sum", "transform": "{{ item + loops.outer.item.id }}"},
            ]}},
            {"key": "shape", "transform": {"n": "{{ index }}", "sums": "{{ steps.inner.output }}"}},
        ],
    }  # fmt: skip
    execution = await lab.run(
        {"key": "outer", "forEach": loop},
        inputs={"rows": [{"id": 10}, {"id": 20}, {"id": 30}]},
        output="{{ steps.outer.output }}",
    )
    assert execution["output"] == [
        {"n": 0, "sums": [11, 12]},
        {"n": 1, "sums": [21, 22]},
        {"n": 2, "sums": [31, 32]},
    ]
    paths = await lab.statuses(execution)
    assert {"outer", "outer[0].call", "outer[2].inner[1].sum"} <= paths.keys()


async def test_switch_takes_the_first_case_that_holds(lab: Lab) -> None:
    switch = {
        "cases": [
            {"when": "inputs.n > 100", "steps": [{"key": "huge", "transform": "huge"}]},
            {"when": "inputs.n > 10", "steps": [{"key": "big", "transform": "big"}]},
        ],
        "default": [{"key": "small", "transform": "small"}],
    }
    flow = await lab.flow({"key": "size", "switch": switch}, output="{{ steps.size.output }}")
    found = [(await lab.start(flow, 30, n=n))["output"] for n in (1000, 50, 1)]
    assert found == ["huge", "big", "small"]


async def test_a_switch_without_a_case_that_holds_fails(lab: Lab) -> None:
    switch = {"cases": [{"when": "false", "steps": []}]}
    execution = await lab.run({"key": "size", "switch": switch})
    assert (execution["status"], execution["error"]["code"]) == ("failed", "no_case")


async def test_branches_run_side_by_side_and_join(lab: Lab) -> None:
    wait = {"wait": {"seconds": 0.6}}
    branches: list[list[dict[str, Any]]] = [
        [{"key": "w1", **wait}, {"key": "one", "transform": 1}],
        [{"key": "w2", **wait}, {"key": "two", "transform": 2}],
    ]
    execution = await lab.run(
        {"key": "both", "parallel": {"branches": branches}},
        {"key": "after", "transform": "{{ steps.one.output + steps.two.output }}"},
        output=["{{ steps.both.output }}", "{{ steps.after.output }}"],
    )
    assert execution["output"] == [[1, 2], 3]
    rows = {row["stepKey"]: row for row in await lab.logs(execution)}
    assert rows["w1"]["startedAt"] < rows["w2"]["finishedAt"]
    assert rows["w2"]["startedAt"] < rows["w1"]["finishedAt"]


async def test_waits_end_at_their_time(lab: Lab) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    execution = await lab.run(
        {"key": "short", "wait": {"seconds": 0.2}},
        {"key": "none", "wait": {"seconds": "{{ inputs.n }}"}},
        {"key": "until", "wait": {"until": "{{ inputs.until }}"}},
        inputs={"n": 0, "until": until},
    )
    assert execution["status"] == "succeeded", execution["error"]
    assert execution["finishedAt"] >= until[:19]


async def test_a_flow_runs_another_and_takes_its_output(lab: Lab) -> None:
    child = await lab.flow(
        {"key": "pause", "wait": {"seconds": 2.5}},
        {"key": "double", "transform": "{{ inputs.n * 2 }}"},
        inputSchema={"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
        output="{{ steps.double.output }}",
    )
    parent = await lab.flow(
        {"key": "child", "flow": {"id": child, "inputs": {"n": "{{ inputs.n }}"}}},
        output="{{ steps.child.output }}",
    )
    execution = await lab.start(parent, 30, n=21)
    assert (execution["status"], execution["output"]) == ("succeeded", 42), execution
    runs = (await lab.get("/executions", parentId=execution["id"]))["data"]
    assert [(run["trigger"], run["parentPath"], run["status"]) for run in runs] == [
        ("flow", "child", "succeeded")
    ]
    refused = await lab.start(parent, 30, n="x")
    assert (refused["status"], refused["error"]["code"]) == ("failed", "invalid")


async def test_a_transform_makes_any_json(lab: Lab) -> None:
    value = {"list": [1, "{{ inputs.x }}"], "text": "{{ inputs.x }} and {{ size(inputs.l) }}", "none": None}
    execution = await lab.run(
        {"key": "t", "transform": value}, inputs={"x": True, "l": [1]}, output="{{ steps.t.output }}"
    )
    assert execution["output"] == {"list": [1, True], "text": "true and 1", "none": None}
