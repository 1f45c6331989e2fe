"""Who sends a request. How that is proven is one setting, AUTH_MODE."""

from __future__ import annotations

from hmac import compare_digest
from uuid import UUID

from sanic import Request

from tolstoy.core.errors import Finding, MalformedError, UnauthenticatedError
from tolstoy.core.ids import parse_id
from tolstoy.core.settings import Settings
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope

ORG_HEADER = "X-Org-ID"
USER_HEADER = "X-User-ID"
GATEWAY_HEADER = "X-Gateway-Secret"


def scope(request: Request, door: Door) -> Scope:
    """The scope the request asks for; the database checks the membership when it is entered."""
    database: Database = request.app.ctx.database
    prove(request)
    if door is Door.PLATFORM:
        return tenancy.platform(database)
    org, user = _header_id(request, ORG_HEADER), _header_id(request, USER_HEADER)
    if isinstance(org, Finding) or isinstance(user, Finding):
        wrong = [finding for finding in (org, user) if isinstance(finding, Finding)]
        raise MalformedError(
            f"Say for whom you ask: {ORG_HEADER} with the organization's id and {USER_HEADER} with the user's.",
            findings=wrong,
        )
    return Scope(database, door, org, user)


def prove(request: Request) -> None:
    """In gateway mode the headers are believed only from the gateway that knows the secret."""
    settings: Settings = request.app.ctx.settings
    if settings.auth_mode != "gateway":
        return
    sent = request.headers.getone(GATEWAY_HEADER, "")
    if not compare_digest(sent.encode(errors="surrogateescape"), (settings.gateway_secret or "").encode()):
        raise UnauthenticatedError(f"Requests must come through the gateway, which sends {GATEWAY_HEADER}.")


def _header_id(request: Request, name: str) -> UUID | Finding:
    values = request.headers.getall(name, [])
    if not values:
        return Finding("required", "this header is missing", header=name)
    if len(values) > 1:
        return Finding("duplicate", "this header was sent more than once", header=name)
    return parse_id(values[0]) or Finding("invalid_id", f"{values[0]!r} is not a UUID", header=name)
