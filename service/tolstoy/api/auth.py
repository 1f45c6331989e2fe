"""Who sends a request. How that is proven is one setting, AUTH_MODE."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sanic import Request

from tolstoy.api.permissions import PLATFORM, Requirement
from tolstoy.core import api_key_text
from tolstoy.core.errors import (
    Finding,
    ForbiddenError,
    InvalidKeyError,
    MalformedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from tolstoy.core.ids import parse_id
from tolstoy.core.settings import Settings
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope

if TYPE_CHECKING:
    from tolstoy.core.permissions import Permission
    from tolstoy.domain.key_ring import Holder, KeyRing

ORG_HEADER: Final = "X-Org-ID"
USER_HEADER: Final = "X-User-ID"
GATEWAY_HEADER: Final = "X-Gateway-Secret"
_SCHEME: Final = "bearer "


async def scope(request: Request, door: Door, requires: Requirement) -> Scope:
    """The scope the request asks for; the database checks the membership, role and key when it is entered.

    Raises UnauthenticatedError, MalformedError, ForbiddenError.
    """
    database: Database = request.app.ctx.database
    key = _key(request)
    if door is Door.PLATFORM and _acts_as_platform(request, key):
        return tenancy.platform(database)
    holder = None if key is None else await _holder(request, key)
    if requires == PLATFORM:
        raise ForbiddenError("This is for who runs the installation, not for the members of an organization.")
    if holder is not None:
        return _by_key(database, holder, requires)
    door = Door.MEMBER if door is Door.PLATFORM else door
    return Scope(database, door, *_claimed(request), permission=requires)


def is_platform(request: Request) -> bool:
    """Whether the request has the platform's key, where there is one."""
    settings: Settings = request.app.ctx.settings
    key = _bearer(request) if settings.auth_mode == "api-key" else None
    return key is not None and settings.platform_key is not None and _same(key, settings.platform_key)


def ended(request: Request, refusal: InvalidKeyError) -> None:
    """The database let the request's key in no more, and will not again."""
    holder: Holder | None = getattr(request.ctx, "holder", None)
    if holder is not None:
        holder.ended = refusal.detail


def logged(request: Request) -> dict[str, str] | None:
    """Whom a key let in, for the log."""
    holder: Holder | None = getattr(request.ctx, "holder", None)
    if holder is None:
        return None
    return {"org_id": str(holder.org_id), "user_id": str(holder.user_id), "key_id": str(holder.key_id)}


def _key(request: Request) -> str | None:
    """The key by which this request wants to be let in; None where its headers say who sends it, and are believed."""
    settings: Settings = request.app.ctx.settings
    if settings.auth_mode == "gateway":
        sent = request.headers.getone(GATEWAY_HEADER, "")
        if not _same(sent, settings.gateway_secret or ""):
            raise UnauthenticatedError(
                f"Requests must come through the gateway, which sends {GATEWAY_HEADER}."
            )
        return None
    key = _bearer(request)
    if settings.auth_mode == "headers":
        return key if key is not None and key.startswith(api_key_text.PREFIX) else None
    if key is None:
        raise UnauthenticatedError(
            "Send an API key: Authorization: Bearer tol_…", headers={"WWW-Authenticate": "Bearer"}
        )
    return key


def _acts_as_platform(request: Request, key: str | None) -> bool:
    mode = request.app.ctx.settings.auth_mode
    if mode == "api-key":
        return is_platform(request)
    if mode == "gateway":  # which says whom it speaks for, unless it speaks for itself
        return ORG_HEADER not in request.headers and USER_HEADER not in request.headers
    return key is None


async def _holder(request: Request, key: str) -> Holder:
    """Whose key it is, who must be whom the headers name where they are sent."""
    if not key.startswith(api_key_text.PREFIX) and is_platform(request):
        raise ForbiddenError("The platform's key opens the routes of organizations only.")
    keys: KeyRing = request.app.ctx.keys
    holder: Holder = await keys.holder(key)
    request.ctx.holder = holder
    if holder.ended is not None:  # before it is counted, so that it uses up nothing of its organization's
        raise InvalidKeyError(holder.ended)
    for name, known in ((ORG_HEADER, holder.org_id), (USER_HEADER, holder.user_id)):
        if name in request.headers:
            sent = _header_id(request, name)
            if isinstance(sent, Finding):
                raise MalformedError(f"{name} may be left out beside an API key.", findings=[sent])
            if sent != known:
                finding = Finding("mismatch", "this is not whom the API key acts for", header=name)
                raise ForbiddenError(f"The API key belongs to another than {name} says.", findings=[finding])
    return holder


def _by_key(database: Database, holder: Holder, permission: Permission) -> Scope:
    if holder.scopes is not None and permission not in holder.scopes:
        raise PermissionDeniedError(
            f"This takes the permission {permission}, which the scopes of this API key do not give."
        )
    return Scope(
        database,
        Door.MEMBER,
        holder.org_id,
        holder.user_id,
        permission=permission,
        key_id=holder.key_id,
        scopes=holder.scopes,
    )


def _claimed(request: Request) -> tuple[UUID, UUID]:
    org, user = _header_id(request, ORG_HEADER), _header_id(request, USER_HEADER)
    if isinstance(org, Finding) or isinstance(user, Finding):
        wrong = [finding for finding in (org, user) if isinstance(finding, Finding)]
        raise MalformedError(
            f"Say for whom you ask: {ORG_HEADER} with the organization's id and {USER_HEADER} with the user's.",
            findings=wrong,
        )
    return org, user


def _bearer(request: Request) -> str | None:
    """What stands behind `Bearer`; None where there is no such header, or more than one."""
    sent = request.headers.getall("authorization", [])
    if len(sent) != 1 or sent[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return str(sent[0][len(_SCHEME) :].strip())


def _same(sent: str, secret: str) -> bool:
    return compare_digest(sent.encode(errors="surrogateescape"), secret.encode())


def _header_id(request: Request, name: str) -> UUID | Finding:
    values = request.headers.getall(name, [])
    if not values:
        return Finding("required", "this header is missing", header=name)
    if len(values) > 1:
        return Finding("duplicate", "this header was sent more than once", header=name)
    return parse_id(values[0]) or Finding("invalid_id", f"{values[0]!r} is not a UUID", header=name)
