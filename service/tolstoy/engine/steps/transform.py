"""A value made of expressions."""

from __future__ import annotations

from typing import Any

from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    return step.render(step.node.template)
