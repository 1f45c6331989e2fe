"""The routes of flows."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import InUseError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import flow_validation, flow_versions, flows
from tolstoy.domain.flow_validation import FlowValidate, Validation
from tolstoy.domain.flow_versions import DiffQuery, FlowDiff, FlowVersion, FlowVersionQuery
from tolstoy.domain.flows import Flow, FlowChange, FlowCreate, FlowQuery
from tolstoy.domain.paging import Page

routes = Blueprint("flows", url_prefix="/flows")


@routes.get("/")
@endpoint(tag="Flows")
async def list_flows(scope: Scope, query: FlowQuery) -> Page[Flow]:
    """List flows, newest first."""
    return await flows.page(scope, query)


@routes.post("/")
@endpoint(tag="Flows", status=201)
async def create_flow(scope: Scope, body: FlowCreate) -> Flow:
    """Create a flow."""
    return await flows.create(scope, body)


@routes.post("/validate")
@endpoint(tag="Flows")
async def validate_flow(scope: Scope, body: FlowValidate) -> Validation:
    """Say all that is wrong or doubtful with a flow, without saving it."""
    return await flow_validation.validate(scope, body)


@routes.get("/<flow_id>")
@endpoint(tag="Flows")
async def get_flow(scope: Scope, flow_id: UUID) -> Flow:
    """Get a flow."""
    return await flows.get(scope, flow_id)


@routes.put("/<flow_id>")
@routes.patch("/<flow_id>", name="patch_flow")
@endpoint(tag="Flows")
async def change_flow(scope: Scope, flow_id: UUID, body: FlowChange, if_match: frozenset[int] | None) -> Flow:
    """Change the fields that are sent; null clears one that may be empty.

    A change of the document goes into the draft; after a publication that is a new version.
    """
    return await flows.change(scope, flow_id, body, if_match)


@routes.delete("/<flow_id>")
@endpoint(tag="Flows", status=204, raises=(InUseError,))
async def delete_flow(scope: Scope, flow_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete a flow."""
    await flows.remove(scope, flow_id, if_match)


@routes.post("/<flow_id>/publish")
@endpoint(tag="Flows")
async def publish_flow(scope: Scope, flow_id: UUID, if_match: frozenset[int] | None) -> Flow:
    """Publish the draft: its version never changes again."""
    return await flow_versions.publish(scope, flow_id, if_match)


@routes.get("/<flow_id>/versions")
@endpoint(tag="Flows")
async def list_flow_versions(scope: Scope, flow_id: UUID, query: FlowVersionQuery) -> Page[FlowVersion]:
    """List a flow's versions, newest first."""
    return await flow_versions.page(scope, flow_id, query)


@routes.get("/<flow_id>/versions/<version>")
@endpoint(tag="Flows")
async def get_flow_version(scope: Scope, flow_id: UUID, version: int) -> FlowVersion:
    """Get one version of a flow."""
    return await flow_versions.get(scope, flow_id, version)


@routes.post("/<flow_id>/versions/<version>/restore")
@endpoint(tag="Flows")
async def restore_flow_version(
    scope: Scope, flow_id: UUID, version: int, if_match: frozenset[int] | None
) -> Flow:
    """Make the document of an old version the draft."""
    return await flow_versions.restore(scope, flow_id, version, if_match)


@routes.get("/<flow_id>/diff")
@endpoint(tag="Flows")
async def diff_flow(scope: Scope, flow_id: UUID, query: DiffQuery) -> FlowDiff:
    """Compare two versions of a flow."""
    return await flow_versions.diff(scope, flow_id, query)
