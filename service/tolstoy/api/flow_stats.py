"""How a flow's runs have gone lately."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.db.tenancy import Scope
from tolstoy.domain import flow_stats
from tolstoy.domain.flow_stats import FlowStats, FlowStatsQuery

routes = Blueprint("flow_stats")


@routes.get("/flows/<flow_id>/stats")
@endpoint(tag="Flows")
async def get_flow_stats(scope: Scope, flow_id: UUID, query: FlowStatsQuery) -> FlowStats:
    """Count a flow's runs of a window of time, with their success rate and how long they took."""
    return await flow_stats.get(scope, flow_id, query)
