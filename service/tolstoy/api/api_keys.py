"""The routes of API keys."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint, Request

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import ForbiddenError
from tolstoy.core.settings import Settings
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import api_keys
from tolstoy.domain.api_keys import (
    ApiKey,
    ApiKeyCreate,
    ApiKeyQuery,
    ApiKeyRotate,
    ApiKeyWithText,
    FirstKeyCreate,
    KeyEndedError,
)
from tolstoy.domain.paging import Page

routes = Blueprint("api_keys")


@routes.get("/api-keys/")
@endpoint(tag="API keys")
async def list_api_keys(scope: Scope, query: ApiKeyQuery) -> Page[ApiKey]:
    """List API keys, newest first, with those that have ended."""
    return await api_keys.page(scope, query)


@routes.post("/api-keys/")
@endpoint(tag="API keys", status=201, raises=(ForbiddenError,))
async def create_api_key(scope: Scope, body: ApiKeyCreate, request: Request) -> ApiKeyWithText:
    """Create an API key, whose text is shown this once."""
    return await api_keys.create(scope, body, per_minute=_per_minute(request))


@routes.get("/api-keys/<api_key_id>")
@endpoint(tag="API keys")
async def get_api_key(scope: Scope, api_key_id: UUID) -> ApiKey:
    """Get an API key, without its text."""
    return await api_keys.get(scope, api_key_id)


@routes.delete("/api-keys/<api_key_id>")
@endpoint(tag="API keys", status=204)
async def revoke_api_key(scope: Scope, api_key_id: UUID) -> None:
    """Revoke an API key: from the next request on it opens nothing. It stays to be seen."""
    await api_keys.revoke(scope, api_key_id)


@routes.post("/api-keys/<api_key_id>/rotate")
@endpoint(tag="API keys", status=201, location="/api-keys/{id}", raises=(KeyEndedError, ForbiddenError))
async def rotate_api_key(scope: Scope, api_key_id: UUID, body: ApiKeyRotate) -> ApiKeyWithText:
    """Make a new key in the place of this one, which works on for `overlapSeconds`."""
    return await api_keys.rotate(scope, api_key_id, body)


@routes.post("/organizations/<organization_id>/api-keys")
@endpoint(tag="API keys", status=201, door=Door.PLATFORM, location="/api-keys/{id}")
async def create_first_key(
    scope: Scope, organization_id: UUID, body: FirstKeyCreate, request: Request
) -> ApiKeyWithText:
    """Create an API key for a user of any organization, in the name of the platform.

    So an organization gets its first key, or one again where all are lost.
    """
    return await api_keys.create_first(scope, organization_id, body, per_minute=_per_minute(request))


def _per_minute(request: Request) -> int:
    settings: Settings = request.app.ctx.settings
    return settings.rate_limit
