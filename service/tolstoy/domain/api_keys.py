"""API keys: with what programs, and people without a browser, say who they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct, structs

from tolstoy.core import api_key_text
from tolstoy.core.api_key_text import new_key
from tolstoy.core.errors import ConflictError, Finding, ForbiddenError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.core.permissions import Permission
from tolstoy.db import access_models, tenancy
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, organizations
from tolstoy.domain.organizations import OrganizationView
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import MaxRequests, Moment, Name

MOST_OVERLAP_SECONDS = 30 * 86_400
MOST_YEARS = 100
_LONGEST = timedelta(days=365.25 * MOST_YEARS)

Scopes = Annotated[
    list[Permission],
    Meta(
        min_length=1,
        description="an array of permissions: it may do no more than these, and no more than its user's role gives",
        examples=[["read", "run"]],
    ),
]
ExpiresAt = Annotated[
    datetime,
    Meta(
        tz=True, description=f"an RFC 3339 time to come, with its offset, at most {MOST_YEARS} years from now"
    ),
]


class ApiKeyCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Without a userId it acts as you; without scopes it may do all that its user may; without expiresAt it stays."""

    name: Name
    user_id: UUID | None = None
    scopes: Scopes | None = None
    expires_at: ExpiresAt | None = None
    max_requests_per_minute: MaxRequests | None = None


class FirstKeyCreate(ApiKeyCreate, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The same, for a user who is named."""

    user_id: UUID


class ApiKeyRotate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    overlap_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=MOST_OVERLAP_SECONDS,
            description=f"a number of seconds up to {MOST_OVERLAP_SECONDS}, for which the old key still works",
        ),
    ] = 86_400
    expires_at: Annotated[
        ExpiresAt | None, Meta(description="Left out: the new key lives as long as the old one was made to.")
    ] = None


class ApiKey(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    user_id: Annotated[UUID, Meta(description="Whom it acts as.")]
    name: str
    prefix: Annotated[str, Meta(description="What its text begins with.")]
    scopes: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})] | None
    max_requests_per_minute: Annotated[
        int | None, Meta(description="null: it has no limit but its user's and its organization's.")
    ]
    expires_at: Moment | None
    last_used_at: Annotated[Moment | None, Meta(description="To the minute.")]
    revoked_at: Moment | None
    replaced_by: Annotated[UUID | None, Meta(description="The key that it was rotated to.")]
    created_at: Moment


class ApiKeyWithText(ApiKey, frozen=True, rename="camel"):
    shown_once: ClassVar[frozenset[str]] = frozenset({"key"})

    key: Annotated[
        str,
        Meta(
            description="What to send as `Authorization: Bearer …`. It is shown this once, and not again where the"
            " answer is replayed for its Idempotency-Key."
        ),
    ]


class ApiKeyQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    user_id: UUID | None = None
    prefix: str | None = None
    active: Annotated[bool | None, Meta(description="true: those that still work.")] = None


class KeyEndedError(ConflictError):
    """This API key has expired, was revoked or was rotated before; make a new one."""

    code, title = "key-ended", "Key ended"


def _no_such_user() -> InvalidError:
    return InvalidError(findings=[Finding("not_found", "there is no such user here", pointer="/userId")])


TABLE = Table(access_models.ApiKey, ApiKey)
_CONDITIONS = {
    "user_id": "user_id = {}",
    "prefix": "prefix = {}",
    "active": "(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) = {}",
}
_LIMIT = tenancy.reading("SELECT max_requests_per_minute AS own FROM organizations WHERE id = $1")
_CONFLICTS = {"api_keys_users_fk": _no_such_user}
_ONE = TABLE.one()


async def get(scope: Scope, api_key_id: UUID) -> ApiKey:
    return await crud.get(scope, TABLE, _ONE, api_key_id)


async def page(scope: Scope, query: ApiKeyQuery) -> Page[ApiKey]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: ApiKeyCreate, *, per_minute: int = 0) -> ApiKeyWithText:
    """Raises ForbiddenError where a key with scopes would make one that may do more.

    `per_minute` is what an organization may send that has no number of its own; 0: organizations have no limit.
    """
    _check(scope, new.scopes, new.expires_at)
    if new.max_requests_per_minute is not None and per_minute:
        await _check_limit(scope, new.max_requests_per_minute, per_minute)
    return await _insert(
        scope,
        name=new.name,
        user_id=new.user_id or scope.user_id,
        scopes=json_text(new.scopes),
        expires_at=new.expires_at,
        max_requests_per_minute=new.max_requests_per_minute,
    )


async def create_first(
    platform: Scope, organization_id: UUID, new: FirstKeyCreate, *, per_minute: int = 0
) -> ApiKeyWithText:
    """For a user of any organization, in the name of the platform: how an organization gets its first key."""
    async with tenancy.transaction(platform) as inner:
        await organizations.get(inner, organization_id, OrganizationView())
        engine = tenancy.engine(inner.database, organization_id, new.user_id)
        made = await create(replace(engine, connection=inner.connection), new, per_minute=per_minute)
        # by the platform's door again: what follows in this transaction must not run as the organization
        await organizations.get(inner, organization_id, OrganizationView())
        return made


async def rotate(scope: Scope, api_key_id: UUID, sent: ApiKeyRotate) -> ApiKeyWithText:
    """A new key in the place of an old one, which works on for a while, so that its users can change over."""
    now = datetime.now(UTC)
    async with tenancy.transaction(scope) as inner:
        old = await crud.locked(inner, TABLE, access_models.ApiKey, api_key_id, None)
        if old.revoked_at or old.replaced_by or (old.expires_at and old.expires_at <= now):
            raise KeyEndedError
        _check(scope, old.scopes, sent.expires_at)
        expires_at = sent.expires_at or (
            # one made when there was no bound may live beyond all times
            old.expires_at and now + min(old.expires_at - old.created_at, _LONGEST)
        )
        made = await _insert(
            inner,
            name=old.name,
            user_id=old.user_id,
            scopes=json_text(old.scopes),
            expires_at=expires_at,
            max_requests_per_minute=old.max_requests_per_minute,
        )
        until = now + timedelta(seconds=sent.overlap_seconds)
        ends = {
            "replaced_by": made.id,
            "expires_at": until if old.expires_at is None else min(old.expires_at, until),
            # at once, whatever the database's clock says
            "revoked_at": now if sent.overlap_seconds == 0 else None,
        }
        await crud.update(inner, TABLE, api_key_id, ends, {})
        return made


async def revoke(scope: Scope, api_key_id: UUID) -> None:
    """From the next request on it opens nothing, on any process; what it was stays to be seen."""
    async with tenancy.transaction(scope) as inner:
        key = await crud.locked(inner, TABLE, access_models.ApiKey, api_key_id, None)
        if key.revoked_at is None:
            await crud.update(inner, TABLE, api_key_id, {"revoked_at": datetime.now(UTC)}, {})


async def _insert(scope: Scope, **values: Any) -> ApiKeyWithText:
    key = new_key(new_id())
    values = {"id": key.id, "prefix": api_key_text.shown(key.id), "hash": key.hash, **values}
    made = await crud.insert(scope, TABLE, values, _CONFLICTS)
    return ApiKeyWithText(**structs.asdict(made), key=key.text)


async def _check_limit(scope: Scope, wanted: int, per_minute: int) -> None:
    row = await tenancy.fetchrow(scope, _LIMIT)
    most = (row and row["own"]) or per_minute
    if wanted > most:
        detail = f"its organization may send {most} requests a minute"
        raise InvalidError(findings=[Finding("invalid_value", detail, pointer="/maxRequestsPerMinute")])


def _check(scope: Scope, scopes: list[Permission] | None, expires_at: datetime | None) -> None:
    found: list[Finding] = []
    if scopes is not None and len(set(scopes)) < len(scopes):
        found.append(Finding("duplicate", "write each permission once", pointer="/scopes"))
    now = datetime.now(UTC)
    if expires_at is not None and expires_at <= now:
        found.append(Finding("invalid_value", "this time is over", pointer="/expiresAt"))
    if expires_at is not None and expires_at > now + _LONGEST:
        detail = f"write a time at most {MOST_YEARS} years from now"
        found.append(Finding("invalid_value", detail, pointer="/expiresAt"))
    if found:
        raise InvalidError(findings=found)
    if scope.scopes is not None and (scopes is None or not scope.scopes.issuperset(scopes)):
        allowed = msgspec.json.encode(sorted(scope.scopes)).decode()
        raise ForbiddenError(
            "An API key with scopes makes and rotates only keys that may do no more than itself.",
            findings=[Finding("not_allowed", f"write scopes among {allowed}", pointer="/scopes")],
        )
