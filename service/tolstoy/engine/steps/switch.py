"""Runs the first case that holds."""

from __future__ import annotations

from typing import Any

from tolstoy.engine.failures import StepError
from tolstoy.engine.frame import SKIPPED
from tolstoy.engine.plan import inside
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    """The output of the last step of the case; the case once chosen stays so."""
    node = step.node
    if step.recall is None:
        chosen = next((n for n, when in enumerate(node.whens) if step.frame.truth(when)), len(node.whens))
        step.begin(case=chosen)
    else:
        chosen = step.begin()["case"]
    if chosen >= len(node.lists):
        raise StepError("no_case", "no case holds and there is no default")
    for number, others in enumerate(node.lists):
        for other in others if number != chosen else ():
            for skipped in (other, *inside(other)):
                step.frame.values[skipped.key] = SKIPPED
    return await step.run_list(step.frame, node.lists[chosen])
