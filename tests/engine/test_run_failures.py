"""What runs do when something goes wrong: each error names what, where, and what was there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.lab import Lab

NO_RETRY = {"maxAttempts": 1}


async def test_a_failed_step_fails_the_run_and_says_where(lab: Lab) -> None:
    key = await lab.action("/status/404")
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": {}}, {"key": "never", "transform": "not reached"}
    )
    assert execution["status"] == "failed"
    error = execution["error"]
    assert (error["step"], error["code"], error["status"]) == ("call", "http.404", 404)
    assert await lab.statuses(execution) == {"call": "failed"}


async def test_on_error_continue_goes_on_with_the_error_at_hand(lab: Lab) -> None:
    key = await lab.action("/status/418")
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": {}, "onError": "continue"},
        {"key": "told", "transform": "{{ steps.call.status }} {{ steps.call.error.code }}"},
        output="{{ steps.told.output }}",
    )
    assert (execution["status"], execution["output"]) == ("succeeded", "failed http.418")


async def test_on_failure_steps_see_the_error(lab: Lab) -> None:
    key, alarm = await lab.action("/status/500"), await lab.action("/alarm")
    execution = await lab.run(
        {"key": "before", "transform": "b"},
        {"key": "call", "action": key, "inputs": {}, "retry": NO_RETRY},
        onFailure=[
            {"key": "tell", "action": alarm, "inputs": {"why": "{{ error.code }} in {{ error.step }}"}}
        ],
    )
    assert execution["status"] == "failed" and execution["error"]["code"] == "http.500"
    rows = {row["stepKey"]: row for row in await lab.logs(execution)}
    assert rows["tell"]["inputs"] == {"why": "http.500 in call"} and rows["tell"]["status"] == "completed"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"transform": "{{ inputs.missing }}"}, "expression.undefined"),
        ({"transform": "{{ 1 / inputs.zero }}"}, "expression.arithmetic"),
        ({"transform": "{{ inputs.zero + 'a' }}"}, "expression.type"),
        ({"executeIf": "inputs.zero", "transform": 1}, "expression.type"),
        ({"forEach": {"items": "{{ inputs.zero }}", "steps": [{"key": "x", "transform": 1}]}}, "not_a_list"),
        ({"wait": {"seconds": "{{ inputs.zero - 1 }}"}}, "negative_wait"),
        ({"wait": {"until": "{{ inputs.word }}"}}, "invalid_time"),
        ({"http": {"method": "GET", "url": "{{ inputs.word }}"}}, "invalid_inputs"),
        ({"http": {"method": "GET", "url": "http://169.254.169.254/"}}, "refused_address"),
        ({"http": {"method": "GET", "url": "http://127.0.0.2:1/"}}, "refused_address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_done_fails_the_step(lab: Lab, step: dict[str, Any], code: str) -> None:
    execution = await lab.run({"key": "bad", **step}, inputs={"zero": 0, "word": "soon"})
    assert (execution["status"], execution["error"]["code"]) == ("failed", code), execution["error"]
    assert execution["error"]["step"] == "bad" and len(execution["error"]["message"]) > 10


async def test_an_undefined_reference_names_what_was_there(lab: Lab) -> None:
    key = await lab.action()
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": {}},
        {"key": "bad", "transform": "{{ steps.call.output.body.total > 3 }}"},
    )
    message = execution["error"]["message"]
    assert "steps.call.output.body" in message and "'total'" in message and "path" in message


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("/bad-json", "invalid_response"),
        ("/bad-utf8", "invalid_response"),
        ("/nul", "invalid_response"),
        ("/deep", "invalid_response"),
        ("/huge", "too_large"),
        ("/gzip-bomb", "too_large"),
        ("/loop", "redirect"),
        ("/close-early", "connection"),
        ("/close-at-once", "connection"),
        ("/garbage", "connection"),
        ("/hang", "timeout"),
        ("/drip", "timeout"),
        ("/status/500", "http.500"),
        ("/retry-after", "http.429"),
    ],
)
async def test_hostile_tools_fail_one_step_and_nothing_else(lab: Lab, endpoint: str, code: str) -> None:
    key = await lab.action(endpoint)
    patience = {"timeoutSeconds": 0.7} if code == "timeout" else {}
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": {}, "retry": NO_RETRY, "onError": "continue", **patience},
        {"key": "after", "transform": "{{ steps.call.error.code }}"},
        output="{{ steps.after.output }}",
    )
    assert (execution["status"], execution["output"]) == ("succeeded", code)


async def test_inputs_are_checked_before_the_call(lab: Lab) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    key = await lab.action("/never-called", inputSchema=schema)
    execution = await lab.run(
        {"key": "call", "action": key, "inputs": {"n": "{{ inputs.n }}"}}, inputs={"n": "seven"}
    )
    assert execution["error"]["code"] == "invalid_inputs"
    assert execution["error"]["errors"][0]["pointer"] == "/n"
    assert not lab.keys("/never-called")


async def test_a_failure_in_one_branch_lets_the_others_end_their_step_and_no_more(lab: Lab) -> None:
    slow, bad = await lab.action("/slow", method="GET"), await lab.action("/status/400")
    branches = [
        [{"key": "slow", "action": slow, "inputs": {"seconds": "0.5"}}, {"key": "never", "transform": 1}],
        [{"key": "bad", "action": bad, "inputs": {}}],
        [{"key": "asleep", "wait": {"seconds": 1000}}],
    ]
    execution = await lab.run({"key": "both", "parallel": {"branches": branches}})
    assert (execution["status"], execution["error"]["step"]) == ("failed", "bad")
    statuses = await lab.statuses(execution)
    assert statuses == {"both": "failed", "slow": "completed", "bad": "failed", "asleep": "failed"}


async def test_a_loop_that_may_fail_goes_on_with_its_error(lab: Lab) -> None:
    loop = {"items": [1, 0], "steps": [{"key": "x", "transform": "{{ 1 / item }}"}]}
    execution = await lab.run(
        {"key": "loop", "forEach": loop, "onError": "continue"},
        {"key": "after", "transform": "{{ steps.loop.error.step }}"},
        output="{{ steps.after.output }}",
    )
    assert (execution["status"], execution["output"]) == ("succeeded", "loop[1].x")


async def test_outputs_above_the_limit_are_refused(lab: Lab) -> None:
    big = {"key": "big", "transform": {"text": ["{{ inputs.text }}"] * 3}}
    execution = await lab.run(big, inputs={"text": "x" * 400_000})
    assert (execution["status"], execution["error"]["code"]) == ("failed", "payload_too_large")
    fits = await lab.run(
        {"key": "fits", "transform": "{{ inputs.text }}"},
        inputs={"text": "x" * 400_000},
        output="{{ steps.fits.output }}",
    )
    assert fits["status"] == "succeeded" and len(fits["output"]) == 400_000


async def test_a_run_ends_at_its_limit_of_time(lab: Lab) -> None:
    hang = await lab.action("/hang")
    for step in ({"key": "call", "action": hang, "inputs": {}}, {"key": "wait", "wait": {"seconds": 1000}}):
        execution = await lab.run(step, maxDurationSeconds=1.2)
        assert (execution["status"], execution["error"]["code"]) == ("failed", "run_timed_out")
        assert list((await lab.statuses(execution)).values()) == ["failed"]


async def test_an_unknown_action_is_told(lab: Lab) -> None:
    key = await lab.action()
    flow = await lab.flow({"key": "call", "action": key, "inputs": {}})
    action = (await lab.get("/actions", key=key))["data"][0]
    gone = await lab.http.delete(f"/actions/{action['id']}", headers=lab.member.headers)
    assert gone.status_code == 204
    execution = await lab.start(flow, 30)
    assert (execution["status"], execution["error"]["code"]) == ("failed", "unknown_action")
