"""Waits for a number of seconds or until a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tolstoy.core import moments
from tolstoy.domain.flow_step import MAX_WAIT_SECONDS
from tolstoy.engine.failures import StepError
from tolstoy.engine.step import Step, moment


async def run(step: Step) -> Any:
    if step.recall is None:
        step.begin(**_until(step, step.render(step.node.template)))
        due = moment(step.run.trail.recalled[step.path].details, "dueAt")
    else:
        due = moment(step.begin(), "dueAt")
    while step.run.now() < due:
        await step.pause(due, "time")
    return {"waitedUntil": moments.text(due)}


def _until(step: Step, given: Any) -> dict[str, Any]:
    now = step.run.now()
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise StepError("invalid_wait", "wait takes a number of seconds, or a time as a text")
    if isinstance(given, str):
        due = _time(given)
    elif given < 0:
        raise StepError("negative_wait", f"there is no waiting for {given} seconds")
    else:
        due = now + timedelta(seconds=min(given, MAX_WAIT_SECONDS + 1))
    if due - now > timedelta(seconds=MAX_WAIT_SECONDS):
        raise StepError("wait_too_long", f"a step waits at most {MAX_WAIT_SECONDS} seconds")
    return {"inputs": {"until": moments.text(due)}, "dueAt": moments.text(due)}


def _time(text: str) -> datetime:
    try:
        due = datetime.fromisoformat(text)
    except ValueError as exc:
        raise StepError("invalid_time", f"{text[:80]!r} is no time such as 2030-01-31T09:00:00Z") from exc
    if due.tzinfo is None:
        raise StepError("invalid_time", f"{text!r} lacks its offset, as in 2030-01-31T09:00:00Z")
    try:
        return due.astimezone(UTC)
    except OverflowError as exc:
        raise StepError("invalid_time", f"{text!r} is beyond the calendar") from exc
