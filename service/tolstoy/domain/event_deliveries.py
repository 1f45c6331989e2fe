"""Deliveries of events: the outbox, which a trigger of the database fills as runs move, and the log of each attempt.

A delivery that is pending has a job in the queue, due at `next_at`. An attempt is recorded with the job of the next
one in one transaction, and only if nothing else has changed the delivery meanwhile.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from tolstoy.core.errors import ConflictError, NotFoundError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy, trigger_models
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import crud, sealed, subscriptions
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, StoredObject

Status = Literal["pending", "delivered", "failed"]

# Seconds after the attempt before; the first is at once.
DELAYS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_RETRY_AFTER: Final = 86_400.0
MOST_ATTEMPTS_TOLD: Final = 50
GIVEN_UP_AFTER: Final = timedelta(days=5)


class Attempt(Struct, frozen=True, rename="camel"):
    at: Moment
    status: Annotated[int | None, Meta(description="What the receiver answered with.")]
    error: Annotated[str | None, Meta(description="Why there was no answer, or none that counts.")]
    ms: int


class EventDelivery(Struct, frozen=True, rename="camel"):
    id: Annotated[UUID, Meta(description="Also its webhook-id, the same in each attempt.")]
    org_id: UUID
    subscription_id: UUID
    execution_id: UUID | None
    type: str
    status: Status
    attempts: Annotated[
        Raw, Meta(extra_json_schema={"type": "array", "items": {"$ref": "#/components/schemas/Attempt"}})
    ]
    next_at: Annotated[Moment | None, Meta(description="When it is tried again.")]
    payload: StoredObject
    created_at: Moment
    updated_at: Moment
    revision: int


class EventDeliveryQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    status: Status | None = None
    type: str | None = None
    execution_id: UUID | None = None


class SubscriptionDisabledError(ConflictError):
    """The subscription is disabled: enable it first."""

    code, title = "subscription-disabled", "Subscription disabled"


class Outgoing(Struct, frozen=True):
    """A delivery that is due, with where it goes."""

    id: UUID
    subscription_id: UUID
    payload: str
    tries: int
    attempts: str
    revision: int
    url: str
    active: bool
    secret: str | None
    previous_secret: str | None
    sealed_secret: bytes | None
    sealed_previous_secret: bytes | None
    previous_counts: bool
    egress_allow: str | None


TABLE = Table(trigger_models.EventDelivery, EventDelivery)
_CONDITIONS = {"status": "status = {}", "type": "type = {}", "execution_id": "execution_id = {}"}
_ONE = TABLE.reading("subscription_id = $3 AND id = $4")
_DUE = tenancy.reading(
    "SELECT d.id, d.subscription_id, d.payload, d.tries, d.attempts, d.revision, u.url, u.active, u.secret,"
    " u.previous_secret, u.sealed_secret, u.sealed_previous_secret,"
    " coalesce(u.previous_until > clock_timestamp(), false) AS previous_counts, o.egress_allow"
    " FROM event_deliveries d JOIN subscriptions u ON u.org_id = d.org_id AND u.id = d.subscription_id"
    " JOIN organizations o ON o.id = d.org_id"
    " WHERE d.org_id = $1 AND d.id = $3 AND d.status = 'pending' AND d.next_at <= clock_timestamp()"
)
_TEST = Statement(
    "INSERT INTO event_deliveries (org_id, id, subscription_id, type, payload, attempts, next_at)"
    " SELECT $1, $3, $4, 'test', $5, '[]', clock_timestamp()"
    " FROM s CROSS JOIN LATERAL"
    " (SELECT tolstoy.enqueue('deliver', $3, -1, NULL) WHERE s.role IS NOT NULL OFFSET 0) job"
    f" RETURNING {', '.join(TABLE.columns)}"
)
_ENQUEUE = "SELECT tolstoy.enqueue('deliver', $1, -1, $2)"
_RECORD = (
    "UPDATE event_deliveries SET status = $4, tries = tries + 1, attempts = $5, next_at = $6"
    " WHERE org_id = $1 AND id = $2 AND revision = $3 RETURNING id"
)
_SUCCEEDED = (
    "UPDATE subscriptions SET failing_since = NULL"
    " WHERE org_id = $1 AND id = $2 AND failing_since IS NOT NULL"
)
_FAILED = (
    "UPDATE subscriptions SET failing_since = coalesce(failing_since, clock_timestamp()),"
    " active = active AND $3::text IS NULL AND coalesce(failing_since > clock_timestamp() - $4::interval, true),"
    " disabled_reason = CASE WHEN NOT active THEN disabled_reason WHEN $3::text IS NOT NULL THEN $3"
    " WHEN failing_since <= clock_timestamp() - $4::interval THEN $5 END"
    " WHERE org_id = $1 AND id = $2"
)


async def get(scope: Scope, subscription_id: UUID, delivery_id: UUID) -> EventDelivery:
    row = await tenancy.fetchrow(scope, _ONE, subscription_id, delivery_id)
    if row is None:
        raise NotFoundError(f"There is no delivery with the id {delivery_id} here.")
    return TABLE.read(row)


async def page(scope: Scope, subscription_id: UUID, query: EventDeliveryQuery) -> Page[EventDelivery]:
    found = await crud.page(scope, TABLE, query, _CONDITIONS, within={"subscription_id": subscription_id})
    if not found.data:
        await subscriptions.get(scope, subscription_id)  # an empty page may mean that there is none
    return found


async def test(scope: Scope, subscription_id: UUID) -> EventDelivery:
    """Queue an event that says nothing but that it arrives."""
    if not (await subscriptions.get(scope, subscription_id)).active:
        raise SubscriptionDisabledError
    data = {"subscriptionId": subscription_id, "message": "A test of the subscription."}
    payload = {"type": "test", "timestamp": datetime.now(UTC), "data": data}
    conflicts = {
        "event_deliveries_subscriptions_fk": lambda: crud.missing(subscriptions.TABLE, subscription_id)
    }
    return await crud.insert_by(
        scope, TABLE, _TEST, (new_id(), subscription_id, json_text(payload)), conflicts
    )


async def replay(scope: Scope, subscription_id: UUID, delivery_id: UUID) -> EventDelivery:
    """Send it again from the first attempt on, under the same webhook-id, whatever became of it."""
    async with tenancy.transaction(scope) as inner:
        subscription = await subscriptions.get(inner, subscription_id)
        await get(inner, subscription_id, delivery_id)
        await crud.locked(inner, TABLE, trigger_models.EventDelivery, delivery_id, None)
        if not subscription.active:
            raise SubscriptionDisabledError
        connection = inner.open_connection
        now = await connection.fetchval("SELECT clock_timestamp()")
        await connection.fetchval(_ENQUEUE, delivery_id, now)
        values = {"status": "pending", "tries": 0, "next_at": now}
        return await crud.update(inner, TABLE, delivery_id, values, {})


async def due(scope: Scope, delivery_id: UUID) -> Outgoing | None:
    """None where there is nothing to send: a job may come twice, or after a replay has taken its place."""
    row = await tenancy.fetchrow(scope, _DUE, delivery_id)
    return None if row is None else Outgoing(*row)


def secrets_of(scope: Scope, sent: Outgoing) -> list[str]:
    """What it is signed with; raises UnreadableSecretError."""
    id_ = sent.subscription_id
    found = [sealed.SUBSCRIPTION.open(scope, id_, sent.sealed_secret, sent.secret)]
    if sent.previous_counts:
        found.append(sealed.PREVIOUS.open(scope, id_, sent.sealed_previous_secret, sent.previous_secret))
    return [secret for secret in found if secret]


async def record(
    scope: Scope,
    sent: Outgoing,
    attempt: Attempt,
    *,
    delivered: bool,
    retry_after: float | None = None,
    gone: str | None = None,
) -> None:
    """Write down an attempt and what follows from it. `gone` is why the subscription ends with it."""
    told = [*msgspec.json.decode(sent.attempts), attempt][-MOST_ATTEMPTS_TOLD:]
    delay = None if delivered or gone else delay_seconds(sent.tries + 1, retry_after)
    status = "delivered" if delivered else "pending" if delay is not None else "failed"
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        next_at = None
        if delay is not None:
            next_at = await connection.fetchval(
                "SELECT clock_timestamp() + $1::interval", timedelta(seconds=delay)
            )
        recorded = await connection.fetchval(
            _RECORD, scope.org_id, sent.id, sent.revision, status, json_text(told), next_at
        )
        if recorded is None:
            return
        if next_at is not None:
            await connection.fetchval(_ENQUEUE, sent.id, next_at)
        await _judge(inner, sent, delivered, gone)


async def _judge(scope: Scope, sent: Outgoing, delivered: bool, gone: str | None) -> None:
    """Note that the subscription works, or fails; one that has failed for days is disabled."""
    if not sent.active:
        return
    if delivered:
        await scope.open_connection.execute(_SUCCEEDED, scope.org_id, sent.subscription_id)
        return
    reason = f"No attempt has succeeded for {GIVEN_UP_AFTER.days} days."
    await scope.open_connection.execute(
        _FAILED, scope.org_id, sent.subscription_id, gone, GIVEN_UP_AFTER, reason
    )


def delay_seconds(tries: int, retry_after: float | None) -> float | None:
    """How long to wait after the attempt number `tries`; None after the last one."""
    if tries > len(DELAYS):
        return None
    delay = DELAYS[tries - 1] * random.uniform(1.0, 1.1)  # noqa: S311 - a delay, not a secret
    return max(delay, min(retry_after or 0.0, MAX_RETRY_AFTER))
