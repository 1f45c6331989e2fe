"""How each kind of step runs: a file for each, and the map that says which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tolstoy.engine.step import Step
from tolstoy.engine.steps import (
    action,
    approval,
    callback,
    flow,
    for_each,
    http,
    parallel,
    switch,
    transform,
    wait,
)

# Each answers with the step's output, or raises StepError.
RUNNERS: Mapping[str, Callable[[Step], Awaitable[Any]]] = {
    "action": action.run,
    "http": http.run,
    "transform": transform.run,
    "wait": wait.run,
    "approval": approval.run,
    "callback": callback.run,
    "forEach": for_each.run,
    "switch": switch.run,
    "parallel": parallel.run,
    "flow": flow.run,
}
