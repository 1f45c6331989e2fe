"""A call of one of the organization's actions."""

from __future__ import annotations

from typing import Any

from tolstoy.domain import action_request
from tolstoy.domain.action_request import RequestError
from tolstoy.engine.calls import Prepared, call
from tolstoy.engine.failures import StepError
from tolstoy.engine.frame import Frame
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    action = step.run.actions.get(str(step.node.step.action))
    if action is None:
        raise StepError("unknown_action", f"there is no action {step.node.step.action!r} any more")

    def prepare() -> Prepared:
        inputs = step.render(step.node.template)
        if action.validator is not None and (wrong := action_request.validate(action.validator, inputs)):
            raise RequestError(wrong)
        headers = Frame.of_inputs(inputs).render(action.headers)
        return Prepared(action_request.build(action, action, inputs, headers), inputs, action.credential)

    return await call(step, prepare, on_unknown=action.on_unknown)
