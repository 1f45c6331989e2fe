"""The routes of executions: starting, listing, reading."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct
from sanic import Blueprint

from tolstoy.api import watching
from tolstoy.api.endpoint import endpoint
from tolstoy.api.watching import Wait
from tolstoy.core.errors import StorageFullError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import execution_removal, execution_views, executions
from tolstoy.domain.execution_control import RunNotFinishedError
from tolstoy.domain.execution_views import ExecutionView, ExecutionViewQuery
from tolstoy.domain.executions import Execution, ExecutionCreate, ExecutionQuery, NotPublishedError, Origin
from tolstoy.domain.paging import Page

routes = Blueprint("executions")


class StartQuery(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    wait: Wait = None


@routes.post("/flows/<flow_id>/executions")
@endpoint(
    tag="Executions",
    status=202,
    answers={200: Execution},
    raises=(NotPublishedError, StorageFullError),
    location="/executions/{id}",
    then=watching.result_within,
)
async def start_execution(
    scope: Scope, flow_id: UUID, body: ExecutionCreate | None, query: StartQuery
) -> Execution:
    """Start a run of a flow, of its newest published version unless another is named.

    Answers 202 when the run is queued, or with ?wait= 200 when it has ended by then.
    """
    body = body or ExecutionCreate()
    origin = Origin(trigger="manual", watched=bool(query.wait))
    return await executions.start(scope, flow_id, body.inputs, version=body.version, origin=origin)


@routes.get("/executions")
@endpoint(tag="Executions")
async def list_executions(scope: Scope, query: ExecutionQuery) -> Page[Execution]:
    """List executions, newest first."""
    return await executions.page(scope, query)


@routes.get("/executions/<execution_id>")
@endpoint(tag="Executions")
async def get_execution(scope: Scope, execution_id: UUID, query: ExecutionViewQuery) -> ExecutionView:
    """Get an execution, with the tree of its steps."""
    return await execution_views.get(scope, execution_id, query)


@routes.delete("/executions/<execution_id>")
@endpoint(tag="Executions", status=204, raises=(RunNotFinishedError,))
async def delete_execution(scope: Scope, execution_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete an execution that has ended, with all that is recorded of it.

    Its waits go with it, what a hook got for it, and what subscribers have yet to be told of it. Runs that its steps
    started stay; they and the run that started it must have ended, too.
    """
    await execution_removal.remove(scope, execution_id, if_match)
