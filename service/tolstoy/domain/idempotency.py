"""Answers kept for their repetition, in the same transaction as what they answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from tolstoy.core.errors import IdempotencyMismatchError, IdempotencyRunningError
from tolstoy.db.models import IdempotencyKey
from tolstoy.db.tenancy import Scope

KEPT = timedelta(hours=24)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


async def claim(scope: Scope, key: str, fingerprint: bytes) -> Answer | None:
    """The kept answer, or None when this request is the first with its key and now owns it.

    The lock, held to the end of the transaction, is what tells «still running» from «never seen»: the row appears
    only when the first request commits.
    """
    connection = scope.connection
    if connection is None:
        raise RuntimeError("an idempotency key belongs into a transaction")
    locked = await connection.fetchval(
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
    if bytes(kept.fingerprint) != fingerprint:
        raise IdempotencyMismatchError
    return Answer(kept.status, kept.headers, bytes(kept.body))


async def keep(scope: Scope, key: str, fingerprint: bytes, answer: Answer) -> None:
    await IdempotencyKey.create(
        org_id=scope.org_id,
        key=key,
        fingerprint=fingerprint,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )


async def prune(scope: Scope, most: int = 100) -> None:
    """Remove some answers past their time; each new key pays for a few old ones, so no job is needed."""
    old = IdempotencyKey.filter(org_id=scope.org_id, created_at__lt=datetime.now(UTC) - KEPT)
    ids = await old.limit(most).values_list("id", flat=True)
    if ids:
        await IdempotencyKey.filter(org_id=scope.org_id, id__in=ids).delete()
