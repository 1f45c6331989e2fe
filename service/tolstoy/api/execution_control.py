"""The routes by which people act on runs: cancelling, resuming, deciding what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from tolstoy.api.endpoint import endpoint
from tolstoy.db.tenancy import Scope
from tolstoy.domain import execution_bulk, execution_control, waits
from tolstoy.domain.execution_bulk import (
    ExecutionsCancel,
    ExecutionsCancelled,
    ExecutionsResume,
    ExecutionsResumed,
)
from tolstoy.domain.execution_control import (
    CannotResumeError,
    ExecutionCancel,
    ExecutionResume,
    RunFinishedError,
    RunNotFinishedError,
)
from tolstoy.domain.executions import FINISHED, Execution, NotPublishedError
from tolstoy.domain.paging import Page
from tolstoy.domain.waits import (
    AlreadyDecidedError,
    ApprovalTimedOutError,
    DecidedByYouError,
    Decision,
    ExecutionWait,
    WaitQuery,
)

routes = Blueprint("execution_control", url_prefix="/executions")

_DECIDING = (AlreadyDecidedError, ApprovalTimedOutError, DecidedByYouError, RunFinishedError)


async def _accepted_if_running(
    _request: Request, _scope: Scope, execution: Execution, _arguments: Mapping[str, Any]
) -> HTTPResponse | None:
    """202 for a run that its worker has yet to stop."""
    if execution.status in FINISHED:
        return None
    return HTTPResponse(msgspec.json.encode(execution), 202, content_type="application/json")


@routes.post("/<execution_id>/cancel")
@endpoint(tag="Executions", answers={202: Execution}, raises=(RunFinishedError,), then=_accepted_if_running)
async def cancel_execution(scope: Scope, execution_id: UUID, body: ExecutionCancel | None) -> Execution:
    """Cancel an execution, and those that its flow steps started.

    What waits ends at once; what is running has `cancelRequestedAt` (202) until its worker stops it, promptly, in the
    middle of a call if need be. To cancel again what was cancelled changes nothing.
    """
    return await execution_control.cancel(scope, execution_id, body or ExecutionCancel())


@routes.post("/<execution_id>/resume")
@endpoint(
    tag="Executions",
    status=202,
    raises=(CannotResumeError, RunNotFinishedError, NotPublishedError),
    location="/executions/{id}",
)
async def resume_execution(scope: Scope, execution_id: UUID, body: ExecutionResume | None) -> Execution:
    """Let an execution that failed or was cancelled go on, under the same id.

    Without a body it goes on where it ended. From a step that is named, that step and all that comes after it run
    again; what came before, other branches and other items keep what they gave. What is kept was made with the inputs
    and the version of its time: where a step of the version is another one now, this is refused (`cannot-resume`). A
    call that had succeeded and runs again gets a new `Idempotency-Key`. An execution that succeeded can be run again
    from a step, too.
    """
    return await execution_control.resume(scope, execution_id, body or ExecutionResume())


@routes.get("/<execution_id>/waits")
@endpoint(tag="Executions")
async def list_waits(scope: Scope, execution_id: UUID, query: WaitQuery) -> Page[ExecutionWait]:
    """List what an execution waits for, and has waited for, newest first."""
    return await waits.page(scope, execution_id, query)


@routes.post("/<execution_id>/steps/<step_path>/approve")
@endpoint(tag="Executions", raises=_DECIDING)
async def approve_step(
    scope: Scope, execution_id: UUID, step_path: str, body: Decision | None
) -> ExecutionWait:
    """Approve what a step waits for; with the last approval that it needs, the run goes on."""
    return await waits.decide(scope, execution_id, unquote(step_path), body or Decision(), approved=True)


@routes.post("/<execution_id>/steps/<step_path>/reject")
@endpoint(tag="Executions", raises=_DECIDING)
async def reject_step(
    scope: Scope, execution_id: UUID, step_path: str, body: Decision | None
) -> ExecutionWait:
    """Refuse what a step waits for: the step fails."""
    return await waits.decide(scope, execution_id, unquote(step_path), body or Decision(), approved=False)


@routes.post("/cancel")
@endpoint(tag="Executions")
async def cancel_executions(scope: Scope, body: ExecutionsCancel) -> ExecutionsCancelled:
    """Cancel the executions that match a filter, at most 10,000 at a time, the oldest first."""
    return await execution_bulk.cancel(scope, body)


@routes.post("/resume")
@endpoint(tag="Executions", raises=(NotPublishedError,))
async def resume_executions(scope: Scope, body: ExecutionsResume) -> ExecutionsResumed:
    """Let the executions that match a filter go on where they ended, at most 10,000 at a time, the oldest first."""
    return await execution_bulk.resume(scope, body)
