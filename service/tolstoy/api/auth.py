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
    UnknownIdentityError,
)
from tolstoy.core.ids import parse_id
from tolstoy.core.settings import Settings
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain.key_ring import Holder
from tolstoy.domain.token_ring import TokenHolder

if TYPE_CHECKING:
    from tolstoy.core.permissions import Permission
    from tolstoy.domain.key_ring import KeyRing
    from tolstoy.domain.token_ring import TokenRing

ORG_HEADER: Final = "X-Org-ID"
USER_HEADER: Final = "X-User-ID"
GATEWAY_HEADER: Final = "X-Gateway-Secret"
_SCHEME: Final = "bearer "
_BY_KEY: Final = ("api-key", "oidc")
_WANTED: Final = {
    "api-key": "Send an API key: Authorization: Bearer tol_…",
    "oidc": "Send an access token of the identity provider's, or an API key: Authorization: Bearer …",
}


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
    if isinstance(holder, Holder):
        return _by_key(database, holder, requires)
    if holder is not None:
        org_id, user_id, identity = holder.org_id, holder.user_id, holder.identity
        return Scope(database, Door.MEMBER, org_id, user_id, permission=requires, identity=identity)
    door = Door.MEMBER if door is Door.PLATFORM else door
    return Scope(database, door, *_claimed(request), permission=requires)


def is_platform(request: Request) -> bool:
    """Whether the request has the platform's key, where there is one."""
    settings: Settings = request.app.ctx.settings
    key = _bearer(request) if settings.auth_mode in _BY_KEY else None
    return key is not None and settings.platform_key is not None and _same(key, settings.platform_key)


def ended(request: Request, refusal: InvalidKeyError | UnknownIdentityError) -> None:
    """The database let the request's key in no more, and will not again; or nobody by its token."""
    holder: Holder | TokenHolder | None = getattr(request.ctx, "holder", None)
    if isinstance(holder, Holder):
        holder.ended = refusal.detail
    elif holder is not None:
        tokens: TokenRing = request.app.ctx.tokens
        tokens.forget(holder)


def logged(request: Request) -> dict[str, str] | None:
    """Whom a key or a token let in, for the log."""
    holder: Holder | TokenHolder | None = getattr(request.ctx, "holder", None)
    if holder is None:
        return None
    told = {"org_id": str(holder.org_id), "user_id": str(holder.user_id)}
    return {**told, "key_id": str(holder.key_id)} if isinstance(holder, Holder) else told


def _key(request: Request) -> str | None:
    """The key or token by which this request wants to be let in; None where its headers are believed."""
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
        raise UnauthenticatedError(_WANTED[settings.auth_mode], headers={"WWW-Authenticate": "Bearer"})
    return key


def _acts_as_platform(request: Request, key: str | None) -> bool:
    mode = request.app.ctx.settings.auth_mode
    if mode in _BY_KEY:
        return is_platform(request)
    if mode == "gateway":  # which says whom it speaks for, unless it speaks for itself
        return ORG_HEADER not in request.headers and USER_HEADER not in request.headers
    return key is None


async def _holder(request: Request, key: str) -> Holder | TokenHolder:
    """Whose key or token it is, who must be whom the headers name where they are sent."""
    if not key.startswith(api_key_text.PREFIX):
        if is_platform(request):
            raise ForbiddenError("The platform's key opens the routes of organizations only.")
        if request.app.ctx.settings.auth_mode == "oidc":
            return await _token_holder(request, key)
    keys: KeyRing = request.app.ctx.keys
    holder: Holder = await keys.holder(key)
    request.ctx.holder = holder
    if holder.ended is not None:  # before it is counted, so that it uses up nothing of its organization's
        raise InvalidKeyError(holder.ended)
    _agree(request, holder, "API key")
    return holder


async def _token_holder(request: Request, token: str) -> TokenHolder:
    org_id = None
    if request.app.ctx.settings.oidc_org_claim is None:
        sent = _header_id(request, ORG_HEADER)
        if isinstance(sent, Finding):
            raise MalformedError(f"Say in which organization: {ORG_HEADER} with its id.", findings=[sent])
        org_id = sent
    tokens: TokenRing = request.app.ctx.tokens
    holder = await tokens.holder(token, org_id)
    request.ctx.holder = holder
    _agree(request, holder, "access token")
    return holder


def _agree(request: Request, holder: Holder | TokenHolder, proof: str) -> None:
    for name, known in ((ORG_HEADER, holder.org_id), (USER_HEADER, holder.user_id)):
        if name in request.headers:
            sent = _header_id(request, name)
            if isinstance(sent, Finding):
                raise MalformedError(f"{name} may be left out beside an {proof}.", findings=[sent])
            if sent != known:
                finding = Finding("mismatch", f"this is not whom the {proof} acts for", header=name)
                raise ForbiddenError(f"The {proof} belongs to another than {name} says.", findings=[finding])


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
