"""Credentials that somebody allows in a browser, at the provider (RFC 6749, 4.1, as RFC 9700 wants it).

1. `begin`: a member gets a link, which opens once, for ten minutes.
2. `asked`: whoever opens it is shown what he would allow, to whom. His browser gets a cookie.
3. `start`: he goes on to the provider, with a state and a PKCE challenge of this moment's, bound to that cookie.
4. `finish`: he comes back by the same browser; the member who began may still do so; the code is exchanged.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from tolstoy.core.errors import ConflictError, NotFoundError, ProblemError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.credential_models import Credential as Row
from tolstoy.db.credential_models import CredentialAuthorization
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import (
    address_tokens,
    authorization_code,
    credential_tokens,
    credentials,
    crud,
    organizations,
    sealed,
    url,
)
from tolstoy.domain.authorization_code import Answer
from tolstoy.domain.credential_tokens import Token
from tolstoy.domain.text import Moment

LASTS: Final = timedelta(minutes=10)


class Authorization(Struct, frozen=True, rename="camel"):
    url: str
    redirect_uri: str
    expires_at: Moment


class NothingToAuthorizeError(ConflictError):
    """This credential is used without anybody's permission: its grant is not authorizationCode."""

    code, title = "nothing-to-authorize", "Nothing to authorize"


class AuthorizationOverError(NotFoundError):
    """This link was used already, its ten minutes are over, or the credential was changed. Ask for another."""

    code, title = "authorization-over", "No such authorization"


class OtherBrowserError(ProblemError):
    """This was begun in another browser. Open the link again in this one, or go on in the other."""

    status, code, title = 403, "other-browser", "Begun in another browser"


class NotExchangedError(ProblemError):
    """The provider gave no access token for its code. Ask for another link to try again."""

    status, code, title = 502, "not-exchanged", "No access token"


@dataclass(frozen=True, slots=True)
class Code:
    text: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`refresh_after` seconds the token is to be refreshed, or is over; None where nobody knows."""

    token: Token
    refresh_after: float | None


# The engine's doing, which whoever composes the service hands to it. Gets the credential's secret, opened, and what
# its organization may reach besides.
Exchange = Callable[[Mapping[str, Any], Code, Sequence[str]], Awaitable[Exchanged]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who would get to use what, in words for people; `provider` is where it is allowed, `exchange` where the code
    goes that this gives.
    """

    organization: str
    tool: str
    credential: str
    email: str
    provider: str
    exchange: str
    origin: str


@dataclass(frozen=True, slots=True)
class _Pending:
    scope: Scope
    id: UUID
    credential_id: UUID
    user_id: UUID
    key_id: UUID | None
    ticket_hash: bytes
    state_hash: bytes | None
    browser_hash: bytes | None
    verifier: bytes | None
    secret: dict[str, Any] = field(repr=False)
    asked: Asked


_READ = tenancy.reading(
    "SELECT a.id, a.credential_id, a.user_id, a.key_id, a.ticket_hash, a.state_hash, a.browser_hash, a.verifier,"
    " c.secret, c.name AS credential, t.name AS tool, o.name AS organization, u.email"
    " FROM credential_authorizations a JOIN credentials c ON c.org_id = a.org_id AND c.id = a.credential_id"
    " JOIN tools t ON t.org_id = c.org_id AND t.id = c.tool_id JOIN organizations o ON o.id = a.org_id"
    " JOIN users u ON u.org_id = a.org_id AND u.id = a.user_id"
    " WHERE a.org_id = $1 AND a.id = $3 AND a.expires_at > clock_timestamp()"
)
# Of two browsers that open a link at once, one has it.
_START = (
    "UPDATE credential_authorizations SET browser_hash = $4, state_hash = $5, verifier = $6"
    " WHERE org_id = $1 AND id = $2 AND ticket_hash = $3 AND (browser_hash IS NULL OR browser_hash = $4)"
    " AND expires_at > clock_timestamp() RETURNING id"
)
# A state counts once: of two answers with it, one finds it.
_USE_UP = (
    "DELETE FROM credential_authorizations WHERE org_id = $1 AND id = $2 AND state_hash = $3 AND browser_hash = $4"
    " AND expires_at > clock_timestamp() RETURNING id"
)
_AUTHORIZED = (
    "UPDATE credentials SET state = 'ready', state_detail = NULL, authorized_at = clock_timestamp()"
    " WHERE org_id = $1 AND id = $2"
)


async def begin(scope: Scope, tool_id: UUID, credential_id: UUID, public_url: str) -> Authorization:
    """In place of the one that the same user began before. Raises NothingToAuthorizeError."""
    async with tenancy.transaction(scope):
        found = Row.filter(org_id=scope.org_id, tool_id=tool_id, id=credential_id)
        credential = await found.select_for_update().first()
        if credential is None:
            raise crud.missing(credentials.TABLE, credential_id)
        if credential.details.get("grant") != "authorizationCode":
            raise NothingToAuthorizeError
        if _opened(scope, credential.id, credential.secret).get("missing"):  # domain/transfer left it out
            raise NothingToAuthorizeError(
                "The credential was imported without its secret; send it anew first."
            )
        mine: Any = {"org_id": scope.org_id, "credential_id": credential_id, "user_id": scope.user_id}
        await CredentialAuthorization.filter(**mine).delete()
        id_ = new_id()
        ticket, hash_ = address_tokens.new(scope.org_id, id_)
        expires_at = datetime.now(UTC) + LASTS
        await CredentialAuthorization.create(
            **mine, id=id_, key_id=scope.key_id, ticket_hash=hash_, expires_at=expires_at
        )
    return Authorization(f"{public_url}/oauth/start/{ticket}", redirect_uri(public_url), expires_at)


def redirect_uri(public_url: str) -> str:
    return f"{public_url}/oauth/callback"


async def asked(database: Database, ticket: str) -> Asked:
    """Raises AuthorizationOverError."""
    return (await _pending(database, ticket, "ticket_hash")).asked


async def start(database: Database, ticket: str, browser: str, public_url: str) -> str:
    """The provider's address for this browser, which may begin again as long as it has not come back.

    Raises AuthorizationOverError, OtherBrowserError.
    """
    pending = await _pending(database, ticket, "ticket_hash")
    _check_browser(pending, browser, unless_new=True)
    state, state_hash = address_tokens.new(pending.scope.org_id, pending.id)
    verifier = secrets.token_urlsafe(32)
    sealed_verifier = sealed.VERIFIER.seal(pending.scope, pending.id, verifier)
    await _one(
        pending.scope, _START, pending.id, pending.ticket_hash, _hash(browser), state_hash, sealed_verifier
    )
    return authorization_code.address(pending.secret, state, verifier, redirect_uri(public_url))


async def finish(
    database: Database,
    answer: Answer,
    browser: str,
    *,
    public_url: str,
    exchange: Exchange,
    told: Callable[[Scope], str],
) -> Asked:
    """`told` is what the audit log shall tell of who acts.

    Raises AuthorizationOverError, OtherBrowserError, WrongIssuerError, NotAllowedError, NotExchangedError; what the
    door raises where the user who began has lost the permission.
    """
    pending = await _pending(database, answer.state, "state_hash")
    _check_browser(pending, browser)
    scope = replace(
        pending.scope,
        door=Door.MEMBER,
        user_id=pending.user_id,
        permission="credentials",
        key_id=pending.key_id,
    )
    scope = replace(scope, origin=told(scope))
    await _one(scope, _USE_UP, pending.id, pending.state_hash, pending.browser_hash)
    code = authorization_code.checked(pending.secret, answer)
    verifier = sealed.VERIFIER.open(scope, pending.id, pending.verifier, None) or ""
    sent = Code(code, verifier, redirect_uri(public_url))
    exchanged = await exchange(pending.secret, sent, await organizations.egress_allow(scope))
    await _store(scope, pending, exchanged)
    return pending.asked


async def _one(scope: Scope, text: str, *args: object) -> None:
    """Raises AuthorizationOverError where the statement finds no row."""
    async with tenancy.transaction(scope) as inner:
        if await inner.open_connection.fetchval(text, scope.org_id, *args) is None:
            raise AuthorizationOverError


async def _store(scope: Scope, pending: _Pending, exchanged: Exchanged) -> None:
    async with tenancy.transaction(scope) as inner:
        # the credential before its token, as whoever changes it locks them
        found = Row.filter(org_id=scope.org_id, id=pending.credential_id)
        credential = await found.select_for_update().first()
        if credential is None or _opened(scope, credential.id, credential.secret) != pending.secret:
            raise AuthorizationOverError
        await inner.open_connection.execute(_AUTHORIZED, scope.org_id, credential.id)
        await credential_tokens.put(inner, credential.id, exchanged.token, exchanged.refresh_after)


async def _pending(database: Database, text: str, column: str) -> _Pending:
    token = address_tokens.read(text)
    if token is None:
        raise AuthorizationOverError
    scope = tenancy.engine(database, token.org_id)
    row = await tenancy.fetchrow(scope, _READ, token.id)
    if row is None or row[column] is None or not compare_digest(row[column], token.hash):
        raise AuthorizationOverError
    secret = _opened(scope, row["credential_id"], row["secret"])
    if secret.get("grant") != "authorizationCode":  # code from before has replaced it, and knew of no links
        raise AuthorizationOverError
    what = row["organization"], row["tool"], row["credential"], row["email"]
    provider, exchange = (url.split(secret[name]).origin for name in ("authorization_url", "token_url"))
    return _Pending(
        scope,
        row["id"],
        row["credential_id"],
        row["user_id"],
        row["key_id"],
        row["ticket_hash"],
        row["state_hash"],
        row["browser_hash"],
        row["verifier"],
        secret,
        Asked(*what, provider, exchange, secret["origin"]),
    )


def _opened(scope: Scope, credential_id: UUID, value: bytes) -> dict[str, Any]:
    return sealed.open_secret(scope.database.keyring, scope.org_id, credential_id, value)


def _check_browser(pending: _Pending, browser: str, *, unless_new: bool = False) -> None:
    """Whoever sends others to a provider with a state of his own would get what they allow there."""
    if pending.browser_hash is None and unless_new:
        return
    if pending.browser_hash is None or not compare_digest(pending.browser_hash, _hash(browser)):
        raise OtherBrowserError


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
