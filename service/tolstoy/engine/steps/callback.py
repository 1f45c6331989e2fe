"""Waits for someone outside to post to the address in `callbacks.<key>`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tolstoy.core import moments
from tolstoy.domain.flow_step import Callback
from tolstoy.engine.step import Step, moment
from tolstoy.engine.steps.approval import decision


async def run(step: Step) -> Any:
    callback = step.node.step.callback
    if not isinstance(callback, Callback):
        raise TypeError(callback)
    due = step.run.now() + timedelta(seconds=callback.timeout_seconds)
    due = moment(step.begin(dueAt=moments.text(due), address=step.run.facts.callback(step.path)), "dueAt")
    return await decision(step, "callback", 1, due)
