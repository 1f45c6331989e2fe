"""A request written out in the flow."""

from __future__ import annotations

from typing import Any

from tolstoy.domain import action_request
from tolstoy.engine.calls import Prepared, call
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    def prepare() -> Prepared:
        rendered = step.render(step.node.template)
        return Prepared(action_request.for_http(rendered), rendered)

    return await call(step, prepare, on_unknown="retry")
