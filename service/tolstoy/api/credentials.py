"""The routes of a tool's credentials."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint, Request

from tolstoy.api.endpoint import endpoint
from tolstoy.core.crypto import NoKeyError
from tolstoy.core.errors import InUseError
from tolstoy.core.settings import Settings
from tolstoy.db.tenancy import Scope
from tolstoy.domain import credential_authorizations, credentials
from tolstoy.domain.credential_authorizations import Authorization, NothingToAuthorizeError
from tolstoy.domain.credentials import (
    Credential,
    CredentialChange,
    CredentialCreate,
    CredentialQuery,
    NameTakenError,
)
from tolstoy.domain.paging import Page

routes = Blueprint("credentials", url_prefix="/tools/<tool_id>/credentials")


@routes.get("/")
@endpoint(tag="Credentials")
async def list_credentials(scope: Scope, tool_id: UUID, query: CredentialQuery) -> Page[Credential]:
    """List a tool's credentials, newest first, without their secrets."""
    return await credentials.page(scope, tool_id, query)


@routes.post("/")
@endpoint(tag="Credentials", status=201, raises=(NameTakenError, NoKeyError))
async def create_credential(scope: Scope, tool_id: UUID, body: CredentialCreate) -> Credential:
    """Store what a tool is called with. No answer tells the secret again.

    It is encrypted, and sent to the tool's own address only: scheme, host and port as they are now.
    """
    return await credentials.create(scope, tool_id, body)


@routes.get("/<credential_id>")
@endpoint(tag="Credentials")
async def get_credential(scope: Scope, tool_id: UUID, credential_id: UUID) -> Credential:
    """Get a credential, without its secret."""
    return await credentials.get(scope, tool_id, credential_id)


@routes.put("/<credential_id>")
@routes.patch("/<credential_id>", name="patch_credential")
@endpoint(tag="Credentials", raises=(NameTakenError, NoKeyError))
async def change_credential(
    scope: Scope, tool_id: UUID, credential_id: UUID, body: CredentialChange, if_match: frozenset[int] | None
) -> Credential:
    """Change the fields that are sent. A new secret replaces the whole one before."""
    return await credentials.change(scope, tool_id, credential_id, body, if_match)


@routes.post("/<credential_id>/authorize")
@endpoint(tag="Credentials", raises=(NothingToAuthorizeError, NoKeyError))
async def authorize_credential(
    scope: Scope, tool_id: UUID, credential_id: UUID, request: Request
) -> Authorization:
    """Begin to authorize a credential whose grant is authorizationCode.

    The answer's `url` is for the browser of whoever allows it at the provider; it is not shown again, opens once, and
    for ten minutes. `redirectUri` is what the provider has to know this client by.
    """
    settings: Settings = request.app.ctx.settings
    return await credential_authorizations.begin(scope, tool_id, credential_id, settings.public_url)


@routes.delete("/<credential_id>")
@endpoint(tag="Credentials", status=204, raises=(InUseError,))
async def delete_credential(
    scope: Scope, tool_id: UUID, credential_id: UUID, if_match: frozenset[int] | None
) -> None:
    """Delete a credential; nothing of its secret is left in the database."""
    await credentials.remove(scope, tool_id, credential_id, if_match)
