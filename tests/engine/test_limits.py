"""Limits of docs/flows.md that a run comes to while it goes: the last that passes, the first that fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.acting import new_version, transform
from tests.engine.lab import Lab
from tests.engine.test_fair_turns import Nowhere, run_of
from tolstoy.domain.flow_step import MAX_ITEMS, MAX_WAIT_SECONDS
from tolstoy.engine import stepper
from tolstoy.engine.drive import drive
from tolstoy.engine.steps.flow import MAX_DEPTH

MAX_PAYLOAD_BYTES = 1 << 20  # as the service that the lab talks to has it, and Nowhere
QUOTES = 2


async def _driven(*steps: dict[str, Any], **inputs: Any) -> tuple[str, str | None]:
    """The status and the error's code of a run of these steps."""
    writer = Nowhere()
    await drive(run_of(*steps, writer=writer, **inputs))
    assert writer.ended is not None and writer.ended.status is not None
    error = writer.ended.error
    return writer.ended.status, None if error is None else json.loads(error)["code"]


def _ended(code: str | None) -> tuple[str, str | None]:
    return ("succeeded" if code is None else "failed", code)


@pytest.mark.parametrize(("number", "code"), [(MAX_ITEMS, None), (MAX_ITEMS + 1, "too_many_items")])
async def test_the_items_of_a_loop(number: int, code: str | None) -> None:
    each = {"items": "{{ inputs.rows }}", "steps": [transform("t")]}
    assert await _driven({"key": "each", "forEach": each}, rows=[0] * number) == _ended(code)


@pytest.mark.parametrize(
    ("seconds", "ended"),
    [(MAX_WAIT_SECONDS, ("waiting", None)), (MAX_WAIT_SECONDS + 1, ("failed", "wait_too_long"))],
)
async def test_a_wait(seconds: int, ended: tuple[str, str | None]) -> None:
    assert await _driven({"key": "w", "wait": {"seconds": "{{ inputs.n }}"}}, n=seconds) == ended


@pytest.mark.parametrize(("minutes", "ended"), [(-1, ("waiting", None)), (1, ("failed", "wait_too_long"))])
async def test_a_wait_until_a_time(minutes: int, ended: tuple[str, str | None]) -> None:
    until = datetime.now(UTC) + timedelta(seconds=MAX_WAIT_SECONDS, minutes=minutes)
    step = {"key": "w", "wait": {"until": "{{ inputs.time }}"}}
    assert await _driven(step, time=until.isoformat()) == ended


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "too_many_steps")])
async def test_the_steps_that_a_run_goes_through(more: int, code: str | None) -> None:
    loops = stepper.MOST_STEPS // MAX_ITEMS
    each = {"items": "{{ inputs.rows }}", "steps": [transform("t", None)]}
    steps = [{"key": f"each{number}", "forEach": each} for number in range(loops)]
    last = [transform(f"last{number}") for number in range(more)]
    # a loop is a step as well
    assert await _driven(*steps, *last, rows=[0] * (MAX_ITEMS - 1)) == _ended(code)


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "run_too_large")])
async def test_the_outputs_of_a_run_in_all(more: int, code: str | None) -> None:
    number = stepper.MOST_KEPT_BYTES // MAX_PAYLOAD_BYTES
    steps = [transform(f"t{n}", "{{ inputs.text }}") for n in range(number)]
    last = [transform(f"last{n}") for n in range(more)]
    assert await _driven(*steps, *last, text="x" * (MAX_PAYLOAD_BYTES - QUOTES)) == _ended(code)


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "payload_too_large")])
async def test_the_output_of_a_step(lab: Lab, more: int, code: str | None) -> None:
    text, rest = "x" * 500_000, "x" * (MAX_PAYLOAD_BYTES - 1_000_000 - QUOTES + more)
    run = await lab.run(
        transform("t", "{{ inputs.text }}{{ inputs.text }}{{ inputs.rest }}"),
        inputs={"text": text, "rest": rest},
    )
    assert (run["status"], run["error"] and run["error"]["code"]) == _ended(code)


async def test_inputs_too_large_to_log_are_sent_all_the_same(lab: Lab) -> None:
    key = await lab.action("/status/200")
    inputs = {name: "{{ inputs.text }}" for name in ("a", "b", "c")}
    run = await lab.run({"key": "call", "action": key, "inputs": inputs}, inputs={"text": "x" * 400_000})
    assert run["status"] == "succeeded", run["error"]
    (row,) = await lab.logs(run)
    call = row["details"]["idempotencyKey"]
    (sent,) = [asked for asked in lab.echo.requests if asked["headers"].get("idempotency-key") == call]
    assert json.loads(sent["body"]) == dict.fromkeys(inputs, "x" * 400_000)
    size = len(sent["body"])
    assert row["inputs"] == {"truncated": True, "reason": row["inputs"]["reason"], "bytes": size}
    assert row["inputs"]["reason"] == f"the value has {size} bytes; at most {MAX_PAYLOAD_BYTES} are kept"


async def test_flows_that_start_flows(lab: Lab) -> None:
    """One that starts itself goes as deep as it may."""
    flow = await lab.flow(transform("t"))
    await new_version(lab, flow, {"key": "again", "flow": {"id": flow}})
    run = await lab.start(flow, 30)
    depth = 0
    while children := (await lab.get("/executions", parentId=run["id"]))["data"]:
        assert (run["status"], run["error"]["code"]) == ("failed", "flow_failed")
        (run,) = children
        depth += 1
    assert (depth, run["status"], run["error"]["code"]) == (MAX_DEPTH, "failed", "too_deep")
