"""Answers kept for their repetition, in the same transaction as what they answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from tolstoy.core.errors import IdempotencyMismatchError, IdempotencyRunningError
from tolstoy.db import tenancy
from tolstoy.db.models import IdempotencyKey
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud

KEPT = timedelta(hours=24)
_FORGET: Final = "DELETE FROM idempotency_keys WHERE org_id = $1 AND position($2::bytea IN body) > 0"
_ENTERED: Final = tenancy.Statement("SELECT s.role FROM s")

_PRUNE = (
    "DELETE FROM idempotency_keys WHERE org_id = $1 AND id IN (SELECT id FROM idempotency_keys"
    " WHERE org_id = $1 AND created_at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED)"
)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


async def claim(scope: Scope, key: str, request: bytes) -> Answer | None:
    """The kept answer, or None when this request is the first with its key and now owns it.

    The lock, held to the end of the transaction, is what tells «still running» from «never seen»: the row appears
    only when the first request commits.
    """
    locked = await scope.open_connection.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7))", f"{scope.org_id}/{key}"
    )
    if not locked:
        raise IdempotencyRunningError
    kept = await IdempotencyKey.get_or_none(org_id=scope.org_id, key=key)
    if kept is not None and kept.created_at < datetime.now(UTC) - KEPT:
        await kept.delete()
        kept = None
    if kept is None:
        return None
    if not scope.database.fingerprints.same(bytes(kept.fingerprint), request):
        raise IdempotencyMismatchError
    return Answer(kept.status, kept.headers, bytes(kept.body))


async def keep(scope: Scope, key: str, request: bytes, answer: Answer) -> None:
    await IdempotencyKey.create(
        org_id=scope.org_id,
        key=key,
        fingerprint=scope.database.fingerprints.of(request),
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )


async def forget(scope: Scope, user_id: UUID) -> None:
    """Remove the answers that tell of a user: the organization's, and the platform's, which may have made the user.

    The transaction is in the platform's scope afterwards.
    """
    connection = scope.open_connection
    told = str(user_id).encode()
    await connection.execute(_FORGET, scope.org_id, told)
    platform = replace(tenancy.platform(scope.database), connection=connection)
    await tenancy.fetch(platform, _ENTERED)
    await connection.execute(_FORGET, platform.org_id, told)


async def prune(scope: Scope, most: int = 100) -> int:
    """Remove some answers past their time; returns how many.

    Each new key pays for a few old ones; workers see to those of organizations that send no more.
    """
    return await crud.deleted(scope, _PRUNE, datetime.now(UTC) - KEPT, most)
