"""Runs branches at once and joins them."""

from __future__ import annotations

from typing import Any

from tolstoy.engine.branches import side_by_side
from tolstoy.engine.frame import Frame
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    """The outputs of the branches' last steps. Each has a frame of its own, joined at the end into the one around."""
    step.begin(branches=len(step.node.lists))
    frames = [Frame(step.frame.facts, step.frame, prefix=step.frame.prefix) for _ in step.node.lists]

    async def branch(number: int) -> Any:
        return await step.run_list(frames[number], step.node.lists[number])

    outputs = await side_by_side(step, frames, branch, len(frames))
    for frame in frames:
        step.frame.values.update(frame.values)
    return outputs
