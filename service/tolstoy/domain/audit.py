"""The audit log: what requests changed. The database writes it (migration 20); here it is read, and verified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from msgspec import Meta, Raw, Struct

from tolstoy.db import audit_models, tenancy
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud
from tolstoy.domain.audit_chain import Broken, Chain, Link
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment

BATCH = 1000
MOST_AT_ONCE = 10_000  # events that one request verifies

_OBJECT = Meta(extra_json_schema={"type": "object"})
_OBJECT_OR_NULL = Meta(extra_json_schema={"type": ["object", "null"]})


class AuditEvent(Struct, frozen=True, rename="camel"):
    """A change: of an update only the columns that changed, secrets never, people by their ids."""

    id: UUID
    org_id: UUID
    seq: Annotated[int, Meta(description="Its place in the organization's chain, from 1 on, without gaps.")]
    created_at: Moment
    user_id: Annotated[UUID | None, Meta(description="Who did it; null for the platform.")]
    action: Annotated[
        str, Meta(description="create, update, delete, publish, cancel, resume, approve or reject")
    ]
    subject_type: str
    subject_id: UUID | None
    origin: Annotated[Raw, _OBJECT]
    before: Annotated[Raw | None, _OBJECT_OR_NULL]
    after: Annotated[Raw | None, _OBJECT_OR_NULL]
    previous_hash: str
    hash: Annotated[str, Meta(description="SHA-256 over previousHash and the event, in hexadecimal.")]


class AuditEventQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    user_id: UUID | None = None
    action: Annotated[str | None, Meta(max_length=50)] = None
    subject_type: Annotated[str | None, Meta(max_length=50)] = None
    subject_id: UUID | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


class AuditVerifyQuery(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    from_seq: Annotated[int, Meta(ge=1, le=2**53, description="a number, the event to begin with")] = 1


class AuditVerification(Struct, frozen=True, rename="camel"):
    """What was found in events `fromSeq` to `seq`. Keep `hash` elsewhere: it proves later what was there by now."""

    intact: bool
    from_seq: int
    seq: Annotated[int, Meta(description="The last event that was found right; fromSeq - 1 where none was.")]
    hash: Annotated[str, Meta(description="Its hash; empty where the event before fromSeq is missing.")]
    broken: Broken | None
    next_seq: Annotated[int | None, Meta(description="Where to go on; null at the end of the chain.")]


TABLE = Table(
    audit_models.AuditEvent,
    AuditEvent,
    computed={
        "origin": "event::jsonb -> 'origin'",
        "before": "nullif(event::jsonb -> 'before', 'null')",
        "after": "nullif(event::jsonb -> 'after', 'null')",
        "previous_hash": "encode(previous_hash, 'hex')",
        "hash": "encode(hash, 'hex')",
    },
)
_CONDITIONS = {
    "user_id": "user_id = {}",
    "action": "action = {}",
    "subject_type": "subject_type = {}",
    "subject_id": "subject_id = {}",
    "created_after": "created_at > {}",
    "created_before": "created_at < {}",
}
_REPEATED = ("id", "created_at", "user_id", "action", "subject_type", "subject_id")
_LINKS = tenancy.reading(
    f"SELECT seq, previous_hash, hash, event, {', '.join(_REPEATED)} FROM audit_events"
    " WHERE org_id = $1 AND seq >= $3",
    limit=f"LIMIT {BATCH}",
    order=" ORDER BY seq",
)


async def page(scope: Scope, query: AuditEventQuery) -> Page[AuditEvent]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def links(scope: Scope, from_seq: int = 1) -> AsyncIterator[Link]:
    """The organization's chain in its order, a batch for each round trip."""
    while True:
        rows = await tenancy.fetch(scope, _LINKS, from_seq)
        for row in rows:
            yield _link(row)
        if len(rows) < BATCH:
            return
        from_seq = rows[-1]["seq"] + 1


async def verify(scope: Scope, query: AuditVerifyQuery) -> AuditVerification:
    """At most `MOST_AT_ONCE` events. Where it does not begin at the first, the one before is taken as it is."""
    first, broken, more = query.from_seq, None, None
    chain = Chain(scope.org_id) if first == 1 else None
    async for link in links(scope, max(first - 1, 1)):
        if chain is None:
            if link.seq != first - 1:
                break
            chain = Chain(scope.org_id, link.seq, link.hash)
            continue
        if chain.seq - first + 1 >= MOST_AT_ONCE:
            more = link.seq
            break
        broken = chain.follow(link)
        if broken is not None:
            break
    if chain is None:
        return AuditVerification(False, first, first - 1, "", Broken(first - 1, "it is missing"), None)
    return AuditVerification(broken is None, first, chain.seq, chain.hash.hex(), broken, more)


def _link(row: asyncpg.Record) -> Link:
    columns: dict[str, Any] = {name: row[name] for name in _REPEATED}
    return Link(row["seq"], row["previous_hash"], row["hash"], row["event"].encode(), columns)
