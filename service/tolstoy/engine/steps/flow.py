"""Runs another flow and waits for its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tolstoy.core.errors import ProblemError
from tolstoy.domain.flow_step import ChildFlow
from tolstoy.engine.failures import StepError
from tolstoy.engine.step import Step

MAX_DEPTH = 8


async def run(step: Step) -> Any:
    child = step.node.step.flow
    if not isinstance(child, ChildFlow):
        raise TypeError(child)
    if step.run.identity.depth >= MAX_DEPTH:
        raise StepError("too_deep", f"flows start flows at most {MAX_DEPTH} deep")
    inputs = step.render(step.node.template)
    step.begin(inputs=inputs, flowId=child.id)
    await step.run.trail.flush()
    version = child.version if isinstance(child.version, int) else None
    while True:
        seen = step.run.signals
        try:
            ended = await step.run.effects.child(step.path, UUID(child.id), version, inputs, step.round)
        except ProblemError as exc:
            if exc.status >= 500:
                raise
            findings = [f"{finding.pointer} {finding.detail}" for finding in exc.findings]
            said = "; ".join(findings) or exc.detail
            raise StepError(exc.code, said) from exc
        if ended is None:
            await step.pause(None, "flow", since=seen)
        elif ended.status == "succeeded":
            return ended.output
        else:
            raise StepError(
                f"flow_{ended.status}", f"the run {ended.id} {_ended(ended.status)}", execution=str(ended.id),
                cause=ended.error,
            )  # fmt: skip


def _ended(status: str) -> str:
    return "was cancelled" if status == "cancelled" else "failed"
