"""Whom the access tokens mean that a process is shown.

What is remembered of a token is what was verified and found: as long as its key is believed and it has not expired,
its signature need not be verified again. That its user is there still, and is still whom it means, the door asks the
database, in the statement that enters by it (`tolstoy.enter_by_token`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from tolstoy.core.errors import UnknownIdentityError
from tolstoy.core.ids import parse_id
from tolstoy.core.settings import Settings
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.domain import access_tokens, users
from tolstoy.domain.access_tokens import Claims
from tolstoy.domain.issuer_keys import IssuerKeys

MOST_REMEMBERED: Final = 20_000

# An organization's own id counts where none is called so by the platform.
_ORGANIZATION = tenancy.reading(
    "SELECT id, external_id FROM organizations WHERE (external_id = $3 OR id = $4)",
    order=" ORDER BY external_id",
    limit="LIMIT 2",
)
_BY_ID = tenancy.reading("SELECT id FROM users WHERE org_id = $1 AND external_id = $3")
_BY_EMAIL = tenancy.reading("SELECT id, email FROM users WHERE org_id = $1 AND email_key = $3")


class _Identity(msgspec.Struct, omit_defaults=True):
    """What the door is told, see migration 22."""

    until: float
    user: str = ""
    email: str = ""
    org: str = ""


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token means. `identity` is what the door compares, as JSON."""

    org_id: UUID
    user_id: UUID
    identity: str
    claims: Claims = field(repr=False)
    place: bytes = field(repr=False)


class TokenRing:
    def __init__(self, database: Database, keys: IssuerKeys, settings: Settings) -> None:
        self.keys = keys
        self._database = database
        self._settings = settings
        self._known: dict[bytes, TokenHolder] = {}

    async def holder(self, token: str, org_id: UUID | None) -> TokenHolder:
        """`org_id` where the token does not name the organization. Of one seen before in no round trip.

        Raises InvalidTokenError, UnknownIdentityError and IssuerUnavailableError.
        """
        place = sha256(token.encode(errors="surrogateescape")).digest() + (org_id.bytes if org_id else b"")
        known = self._known.get(place)
        if known is not None:
            if known.claims.until > time.time() and self.keys.holds(known.claims.name, known.claims.key):
                return known
            del self._known[place]
        claims = await access_tokens.verified(token, self.keys, self._settings)
        holder = await self._found(claims, org_id, place)
        if len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[place] = holder
        return holder

    def forget(self, holder: TokenHolder) -> None:
        """The database let it in no more: the next time it is looked for anew."""
        self._known.pop(holder.place, None)

    async def _found(self, claims: Claims, org_id: UUID | None, place: bytes) -> TokenHolder:
        called = ""
        if org_id is None:
            org_id, called = await self._organization(claims.org or "")
        statement, named = _BY_ID, {"user": claims.user}
        if claims.by_email:
            statement, named = _BY_EMAIL, {"email": users.folded(claims.user)}
        row = await tenancy.fetchrow(tenancy.engine(self._database, org_id), statement, *named.values())
        if row is None or (claims.by_email and not _same_mailbox(row["email"], claims.user)):
            raise UnknownIdentityError
        identity = msgspec.json.encode(_Identity(claims.until, org=called, **named)).decode()
        return TokenHolder(org_id, row["id"], identity, claims, place)

    async def _organization(self, named: str) -> tuple[UUID, str]:
        """Its id, and its external id where it is found by that."""
        scope = tenancy.platform(self._database)
        rows = await tenancy.fetch(scope, _ORGANIZATION, named, parse_id(named))
        for row in rows:
            if row["external_id"] == named:
                return row["id"], named
        if not rows:
            raise UnknownIdentityError
        return rows[0]["id"], ""


def _same_mailbox(one: str, other: str) -> bool:
    """Whatever the case of a to z. Of what else folds alike, such as ß and ss, each may be somebody else's."""
    return one.encode().lower() == other.encode().lower()
