"""The routes of organizations."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import InUseError
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import organizations
from tolstoy.domain.organizations import (
    Organization,
    OrganizationChange,
    OrganizationCreate,
    OrganizationQuery,
    OrganizationView,
)
from tolstoy.domain.paging import Page
from tolstoy.domain.users import ExternalIdTakenError

routes = Blueprint("organizations", url_prefix="/organizations")


@routes.get("/")
@endpoint(tag="Organizations", door=Door.PLATFORM)
async def list_organizations(scope: Scope, query: OrganizationQuery) -> Page[Organization]:
    """List organizations, newest first."""
    return await organizations.page(scope, query)


@routes.post("/")
@endpoint(tag="Organizations", status=201, door=Door.PLATFORM, raises=(ExternalIdTakenError,))
async def create_organization(scope: Scope, body: OrganizationCreate) -> Organization:
    """Create an organization."""
    return await organizations.create(scope, body)


@routes.get("/<organization_id>")
@endpoint(tag="Organizations", door=Door.PLATFORM)
async def get_organization(scope: Scope, organization_id: UUID, query: OrganizationView) -> Organization:
    """Get an organization."""
    return await organizations.get(scope, organization_id, query)


@routes.put("/<organization_id>")
@routes.patch("/<organization_id>", name="patch_organization")
@endpoint(tag="Organizations", door=Door.PLATFORM, raises=(ExternalIdTakenError,))
async def change_organization(
    scope: Scope, organization_id: UUID, body: OrganizationChange, if_match: frozenset[int] | None
) -> Organization:
    """Change the fields that are sent; null clears one that may be empty."""
    return await organizations.change(scope, organization_id, body, if_match)


@routes.delete("/<organization_id>")
@endpoint(tag="Organizations", status=204, door=Door.PLATFORM, raises=(InUseError,))
async def delete_organization(scope: Scope, organization_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete an organization."""
    await organizations.remove(scope, organization_id, if_match)
