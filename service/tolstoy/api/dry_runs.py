"""Trying a flow without any effect."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint, Request

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import UnavailableError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import dry_runs
from tolstoy.domain.dry_runs import DryRun, DryRunCreate, Rehearse

routes = Blueprint("dry_runs")


@routes.post("/flows/<flow_id>/dry-run")
@endpoint(tag="Flows")
async def dry_run_flow(scope: Scope, flow_id: UUID, body: DryRunCreate | None, request: Request) -> DryRun:
    """Go through a flow without any call: with the answers given, or those that an execution got.

    Nothing is sent and nothing stored. Waits pass at once and retries follow without delay. A call for which there is
    no answer is assumed to get 200 without a body, an approval to be given, and what a `flow` step starts to end with
    null; such are marked `assumed`. At most 1000 requests and 5000 attempts of steps.
    """
    rehearse: Rehearse | None = request.app.ctx.dry_run
    if rehearse is None:
        raise UnavailableError("This server was started without what dry runs need.")
    return await rehearse(await dry_runs.prepare(scope, flow_id, body or DryRunCreate()))
