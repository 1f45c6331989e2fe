"""A request written out in the flow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET

from tolstoy.domain import action_request
from tolstoy.engine.calls import Prepared, call
from tolstoy.engine.failures import StepError
from tolstoy.engine.step import Step


async def run(step: Step) -> Any:
    credential = None
    written = step.node.step.http
    if written is not UNSET and (named := written.credential) is not UNSET:
        credential = step.run.credentials.get(UUID(named))
        if credential is None:
            raise StepError("unknown_credential", f"there is no credential {named} any more")

    def prepare() -> Prepared:
        rendered = step.render(step.node.template)
        return Prepared(action_request.for_http(rendered), rendered, credential)

    return await call(step, prepare, on_unknown="retry")
