"""Runs its steps for each item of a list."""

from __future__ import annotations

from typing import Any

from tolstoy.domain.flow_step import MAX_ITEMS, ForEach
from tolstoy.engine.branches import side_by_side
from tolstoy.engine.failures import StepError
from tolstoy.engine.frame import Frame
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    """For each item, the output of the last step."""
    loop = step.node.step.for_each
    if not isinstance(loop, ForEach):
        raise TypeError(loop)
    items = step.render(step.node.template)
    if not isinstance(items, list):
        raise StepError("not_a_list", f"forEach takes a list, and items is {_named(items)}")
    if len(items) > MAX_ITEMS:
        raise StepError("too_many_items", f"forEach takes at most {MAX_ITEMS} items, not {len(items)}")
    step.begin(items=len(items))
    facts, key = step.frame.facts, step.node.key
    frames = [
        Frame(facts, step.frame, prefix=f"{step.path}[{index}].", loop=key, item=item, index=index)
        for index, item in enumerate(items)
    ]

    async def iteration(index: int) -> Any:
        try:
            return await step.run_list(frames[index], step.node.lists[0])
        finally:
            frames[index].values.clear()  # nothing behind the iteration sees them

    return await side_by_side(step, frames, iteration, loop.concurrency)


def _named(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a text"
        case dict():
            return "an object"
    return "a number"
