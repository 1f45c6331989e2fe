"""Running one action at once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sanic import Blueprint

from tolstoy.api import watching
from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import StorageFullError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import action_runs
from tolstoy.domain.action_runs import ActionExecute
from tolstoy.domain.executions import Execution

routes = Blueprint("action_runs")


class ExecuteQuery(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    wait: Annotated[
        float,
        Meta(
            ge=0,
            le=watching.MOST_SECONDS,
            description="a number of seconds up to 50: how long to wait for the result",
        ),
    ] = 30


@routes.post("/actions/<action_id>/execute")
@endpoint(
    tag="Actions",
    status=202,
    answers={200: Execution},
    raises=(StorageFullError,),
    location="/executions/{id}",
    then=watching.result_within,
)
async def execute_action(
    scope: Scope, action_id: UUID, body: ActionExecute, query: ExecuteQuery
) -> Execution:
    """Run one action now: an execution of its own, with the same client, retries and log as in a flow.

    Answers 200 with the execution when it has ended, its output then the tool's answer (`{status, headers, body}`);
    202 where it takes longer than ?wait=.
    """
    return await action_runs.start(scope, action_id, body, watched=query.wait > 0)
