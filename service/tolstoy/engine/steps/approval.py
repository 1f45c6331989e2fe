"""Waits for people to approve."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tolstoy.core import moments
from tolstoy.domain.flow_step import Approval
from tolstoy.engine.failures import StepError
from tolstoy.engine.step import Step, moment


async def run(step: Step) -> Any:
    approval = step.node.step.approval
    if not isinstance(approval, Approval):
        raise TypeError(approval)
    due = step.run.now() + timedelta(seconds=approval.timeout_seconds)
    due = moment(step.begin(dueAt=moments.text(due), approvals=approval.approvals), "dueAt")
    outcome = await decision(step, "approval", approval.approvals, due)
    if not outcome["approved"]:
        raise StepError("rejected", "the approval was refused", decisions=outcome["decisions"])
    return outcome


async def decision(step: Step, kind: str, needed: int, due: datetime) -> dict[str, Any]:
    """How the wait of this step ended; raises StepError when its time is over."""
    await step.run.trail.flush()
    while True:
        seen = step.run.signals
        outcome = await step.run.effects.decided(step.path, kind, round_=step.round, needed=needed, due=due)
        if outcome is not None and outcome.get("timedOut"):
            raise StepError(f"{kind}_timed_out", f"no {kind} came until {moments.text(due)}")
        if outcome is not None:
            return outcome
        await step.pause(due, kind, since=seen)
