"""What comes in is data: templates are in flow documents, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from tests.engine.lab import Lab

TEXT = "{{ inputs.hidden }} {{ 1 + 1 }} {% raw %} ${inputs.hidden}"
ALL: dict[str, Any] = {"text": TEXT, "{{ inputs.hidden }}": [TEXT]}


async def test_what_looks_like_a_template_in_a_value_is_sent_and_told_as_it_is(lab: Lab) -> None:
    """Of inputs, of answers and of earlier outputs; whole, in texts, as a condition and through functions."""
    key = await lab.action()
    run = await lab.run(
        {"key": "call", "action": key, "inputs": {"sent": "{{ inputs.given }}"}},
        {"key": "again", "action": key, "inputs": {"sent": "{{ steps.call.output.body.body }}"}},
        {
            "key": "shape",
            "transform": {"text": "<{{ inputs.given.text }}>", "all": "{{ steps.again.output.body.body }}"},
        },
        {"key": "never", "executeIf": "inputs.condition == 'yes'", "transform": 1},
        inputs={"given": ALL, "hidden": "hidden", "condition": "{{ 'yes' }}"},
        output={"shape": "{{ steps.shape.output }}", "never": "{{ steps.never.status }}"},
    )
    assert run["status"] == "succeeded", run["error"]
    assert run["output"]["shape"]["text"] == f"<{TEXT}>"
    again = json.loads(run["output"]["shape"]["all"])
    assert json.loads(again["sent"]) == {"sent": ALL}
    assert run["output"]["never"] == "skipped"
