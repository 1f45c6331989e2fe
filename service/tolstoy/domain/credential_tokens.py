"""The access tokens of OAuth2 credentials, and the leases by which one process at a time fetches another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import sealed

LEASE_SECONDS: Final = 30.0

_READ = tenancy.reading(
    "SELECT k.id, k.token, k.generation, c.state, c.state_detail, c.details ->> 'grant' AS \"grant\","
    " extract(epoch FROM k.refresh_at - clock_timestamp())::float8 AS seconds,"
    " coalesce(k.lease_until > clock_timestamp(), false) AS leased"
    " FROM credential_tokens k JOIN credentials c ON c.org_id = k.org_id AND c.id = k.credential_id"
    " WHERE k.org_id = $1 AND k.credential_id = $3"
)
# Only for the generation that was found wanting: who comes too late finds a newer token, and fetches none.
_LEASE = (
    "UPDATE credential_tokens k SET lease_id = $3, lease_until = clock_timestamp() + $4::interval"
    " FROM credentials c WHERE k.org_id = $1 AND k.credential_id = $2 AND k.generation = $5"
    " AND c.org_id = k.org_id AND c.id = k.credential_id AND c.state = 'ready'"
    " AND (k.lease_until IS NULL OR k.lease_until <= clock_timestamp()) RETURNING k.id, c.secret, k.token"
)
_KEEP = (
    "UPDATE credential_tokens SET token = $3, refresh_at = clock_timestamp() + $4::interval,"
    " generation = generation + 1, lease_id = NULL, lease_until = NULL"
    " WHERE org_id = $1 AND lease_id = $2 RETURNING generation"
)
# Whoever has another under way finds the lease gone, and this one there.
_PUT = (
    "UPDATE credential_tokens SET token = $3, refresh_at = clock_timestamp() + $4::interval,"
    " generation = generation + 1, lease_id = NULL, lease_until = NULL WHERE org_id = $1 AND id = $2"
)
_GIVE_BACK = (
    "UPDATE credential_tokens SET lease_id = NULL, lease_until = NULL WHERE org_id = $1 AND lease_id = $2"
)
_REFUSE = (
    "UPDATE credentials SET state = 'needsAuthorization', state_detail = $4 WHERE org_id = $1 AND id = $2"
    " AND EXISTS (SELECT FROM credential_tokens WHERE org_id = $1 AND credential_id = $2 AND lease_id = $3)"
    " RETURNING id"
)


class Token(Struct, frozen=True, omit_defaults=True):
    """What the issuer gave, and where the secret is for that it was given for; sealed as JSON."""

    access: str
    origin: str = ""  # none where code from before has stored it
    refresh: str | None = None

    def __repr__(self) -> str:
        return f"Token(origin={self.origin!r})"


@dataclass(frozen=True, slots=True)
class Stored:
    """How the token stands: `seconds` are left until it is to be fetched anew, None where nobody knows."""

    id: UUID
    sealed: bytes | None = field(repr=False)
    generation: int
    state: str
    state_detail: str | None
    grant: str | None  # none where code from before has stored it
    seconds: float | None
    leased: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to fetch the next token, with the secret as it is by now, sealed."""

    id: UUID
    credential_id: UUID
    token_id: UUID
    sealed: bytes = field(repr=False)
    sealed_token: bytes | None = field(repr=False)


async def read(scope: Scope, credential_id: UUID) -> Stored | None:
    row = await tenancy.fetchrow(scope, _READ, credential_id)
    return None if row is None else Stored(*row)


async def lease(scope: Scope, credential_id: UUID, generation: int) -> Lease | None:
    """None where another has it, or has fetched a token meanwhile."""
    id_ = new_id()
    lasts = timedelta(seconds=LEASE_SECONDS)
    async with tenancy.transaction(scope) as inner:
        row = await inner.open_connection.fetchrow(
            _LEASE, scope.org_id, credential_id, id_, lasts, generation
        )
    return None if row is None else Lease(id_, credential_id, *row)


def opened_secret(scope: Scope, held: Lease) -> dict[str, Any]:
    """Raises UnreadableSecretError."""
    return sealed.open_secret(scope.database.keyring, scope.org_id, held.credential_id, held.sealed)


def opened_token(scope: Scope, token_id: UUID, value: bytes) -> Token:
    """Raises UnreadableSecretError."""
    where = sealed.TOKEN.place(scope.org_id, token_id)
    return msgspec.json.decode(scope.database.keyring.open(value, where), type=Token)


async def keep(scope: Scope, held: Lease, token: Token, refresh_after: float | None) -> int | None:
    """Store the token, to be fetched anew after so many seconds; its generation, None where the lease had ended."""
    value = sealed.TOKEN.seal(scope, held.token_id, msgspec.json.encode(token).decode())
    after = None if refresh_after is None else timedelta(seconds=refresh_after)
    async with tenancy.transaction(scope) as inner:
        generation: int | None = await inner.open_connection.fetchval(
            _KEEP, scope.org_id, held.id, value, after
        )
    return generation


async def put(scope: Scope, credential_id: UUID, token: Token, refresh_after: float | None) -> None:
    """Store the first token of an authorization, in the transaction that holds the credential's lock."""
    connection = scope.open_connection
    id_ = await connection.fetchval(
        "SELECT id FROM credential_tokens WHERE org_id = $1 AND credential_id = $2",
        scope.org_id,
        credential_id,
    )
    value = sealed.TOKEN.seal(scope, id_, msgspec.json.encode(token).decode())
    after = None if refresh_after is None else timedelta(seconds=refresh_after)
    await connection.execute(_PUT, scope.org_id, id_, value, after)


async def give_back(scope: Scope, held: Lease) -> None:
    async with tenancy.transaction(scope) as inner:
        await inner.open_connection.execute(_GIVE_BACK, scope.org_id, held.id)


async def refuse(scope: Scope, held: Lease, why: str) -> bool:
    """The issuer takes the credential no more: nobody asks it again until the secret is sent anew.

    False where the lease had ended: the secret that was refused may not be the one that there is by now.
    """
    async with tenancy.transaction(scope) as inner:
        # the credential before its token, as whoever changes it locks them
        refused = await inner.open_connection.fetchval(
            _REFUSE, scope.org_id, held.credential_id, held.id, why
        )
        await inner.open_connection.execute(_GIVE_BACK, scope.org_id, held.id)
    return refused is not None
