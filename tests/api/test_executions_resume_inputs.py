"""Resuming a run with other inputs."""

from __future__ import annotations

from tests.api.acting import new_version, resume, resumed, transform, until
from tests.api.problems import pointers, reasons, refused
from tests.engine.lab import Lab


async def test_changed_inputs_take_the_place_of_those_before(lab: Lab) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    failed = await lab.run(
        transform("a", "{{ inputs.n }}"), transform("b", "{{ 6 / inputs.n }}"),
        inputs={"n": 0}, inputSchema=schema, output=["{{ steps.a.output }}", "{{ steps.b.output }}"],
    )  # fmt: skip
    assert failed["error"]["code"] == "expression.arithmetic"
    assert pointers(await resume(lab, failed, inputs={"n": "two"})) == ["/inputs/n"]
    assert pointers(await resume(lab, failed, inputs={})) == ["/inputs"]
    assert (await until(lab, failed, "failed"))["inputs"] == {"n": 0}, "what is refused changes nothing"
    ended = await resumed(lab, failed, inputs={"n": 2})
    assert (ended["output"], ended["inputs"]) == ([0, 3], {"n": 2})


async def test_inputs_have_to_fit_the_version(lab: Lab) -> None:
    flow = await lab.flow(transform("a", "{{ inputs.no }}"))
    failed = await lab.start(flow, 30)
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    version = await new_version(lab, flow, transform("a", "{{ inputs.n }}"), inputSchema=schema)
    assert pointers(await resume(lab, failed, version=version)) == ["/inputs"]
    assert (await resumed(lab, failed, version=version, inputs={"n": 1}))["status"] == "succeeded"


async def test_with_other_inputs_a_loop_that_goes_on_has_to_begin_anew(lab: Lab) -> None:
    """What is recorded of its items is told apart by their numbers only."""
    lines = {
        "items": "{{ inputs.n }}",
        "steps": [transform("double", "{{ 2 * item }}"), transform("half", "{{ 6 / item }}")],
    }
    failed = await lab.run(
        {"key": "lines", "forEach": lines}, inputs={"n": [3, 0]}, output="{{ steps.lines.output }}"
    )
    assert failed["error"]["step"] == "lines[1].half"
    problem = refused(await resume(lab, failed, inputs={"n": [1, 2]}), 409, "cannot-resume")
    assert reasons(problem) == {"lines[0].double": "other_items", "lines[0].half": "other_items"}
    assert {error["pointer"] for error in problem["errors"]} == {"/inputs"}
    assert (await resumed(lab, failed, inputs={"n": [3, 0]}))["status"] == "failed", "these are those before"
    refused(await resume(lab, failed, inputs={"n": [1, 2]}, fromStep="lines[1].half"), 409, "cannot-resume")
    ended = await resumed(lab, failed, inputs={"n": [1, 2]}, fromStep="lines")
    assert (ended["status"], ended["output"]) == ("succeeded", [6, 3])
