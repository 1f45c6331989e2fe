"""Subscriptions: who is told of what happens to runs, by webhooks as Standard Webhooks says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, structs

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy, trigger_models
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flows, sealed, url, webhook_signatures
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Description, Moment

OVERLAP = timedelta(hours=24)  # in which the secret before a rotation signs, too

EventType = Literal["execution.succeeded", "execution.failed", "execution.cancelled", "execution.waiting"]
Events = Annotated[
    list[EventType],
    Meta(
        min_length=1,
        description="an array of execution.succeeded, execution.failed, execution.cancelled and execution.waiting (for"
        " an approval or a callback)",
    ),
]
Url = Annotated[
    str,
    Meta(
        max_length=2000, description="an http or https URL", examples=["https://example.com/tolstoy-events"]
    ),
]


class SubscriptionCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Without a flowId, to events of all flows and of single actions."""

    url: Url
    events: Events
    flow_id: UUID | None = None
    description: Description | None = None
    active: bool = True


class SubscriptionChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    flow_id: UUID | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class Subscription(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    url: str
    description: str | None
    events: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})]
    flow_id: UUID | None
    active: bool
    disabled_reason: Annotated[str | None, Meta(description="Why it was disabled, if not by a request.")]
    failing_since: Annotated[Moment | None, Meta(description="Since when no attempt has succeeded.")]
    previous_until: Annotated[Moment | None, Meta(description="Until when the secret before signs, too.")]
    created_at: Moment
    updated_at: Moment
    revision: int


class SubscriptionWithSecret(Subscription, frozen=True, rename="camel"):
    shown_once: ClassVar[frozenset[str]] = frozenset({"secret"})

    secret: Annotated[
        str,
        Meta(
            description="What deliveries are signed with. It is shown this once, and not again where the answer is"
            " replayed for its Idempotency-Key."
        ),
    ]


class SubscriptionQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID | None = None
    active: bool | None = None


TABLE = Table(trigger_models.Subscription, Subscription)
_CONDITIONS = {"flow_id": "flow_id = {}", "active": "active = {}"}
_CONFLICTS = {"subscriptions_flows_fk": flows.not_here}
_ONE = TABLE.one()


async def get(scope: Scope, subscription_id: UUID) -> Subscription:
    return await crud.get(scope, TABLE, _ONE, subscription_id)


async def page(scope: Scope, query: SubscriptionQuery) -> Page[Subscription]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: SubscriptionCreate) -> SubscriptionWithSecret:
    values = _checked(structs.asdict(new))
    id_, secret = new_id(), webhook_signatures.new_secret()
    values |= {"id": id_, "sealed_secret": sealed.SUBSCRIPTION.seal(scope, id_, secret)}
    made = await crud.insert(scope, TABLE, values, _CONFLICTS)
    return SubscriptionWithSecret(**structs.asdict(made), secret=secret)


async def change(
    scope: Scope, subscription_id: UUID, sent: SubscriptionChange, if_match: frozenset[int] | None
) -> Subscription:
    values = _checked(crud.given(sent))
    async with tenancy.transaction(scope) as inner:
        await crud.locked(inner, TABLE, trigger_models.Subscription, subscription_id, if_match)
        if "active" in values:
            values |= {"disabled_reason": None, "failing_since": None}
        return await crud.update(inner, TABLE, subscription_id, values, _CONFLICTS)


async def rotate_secret(
    scope: Scope, subscription_id: UUID, if_match: frozenset[int] | None
) -> SubscriptionWithSecret:
    """A new secret; for a day both sign, so that the receiver can change over without losing a delivery."""
    async with tenancy.transaction(scope) as inner:
        stored = await crud.locked(inner, TABLE, trigger_models.Subscription, subscription_id, if_match)
        secret = webhook_signatures.new_secret()
        before = sealed.SUBSCRIPTION.open(inner, stored.id, stored.sealed_secret, stored.secret)
        values = {
            "secret": None,
            "previous_secret": None,
            "sealed_secret": sealed.SUBSCRIPTION.seal(inner, stored.id, secret),
            "sealed_previous_secret": sealed.PREVIOUS.seal(inner, stored.id, before or ""),
            "previous_until": datetime.now(UTC) + OVERLAP,
        }
        made = await crud.update(inner, TABLE, subscription_id, values, {})
        return SubscriptionWithSecret(**structs.asdict(made), secret=secret)


async def remove(scope: Scope, subscription_id: UUID, if_match: frozenset[int] | None) -> None:
    """Its deliveries go with it."""
    async with tenancy.transaction(scope) as inner:
        # them before itself, as whoever has just sent one locks them
        of_it = {"org_id": scope.org_id, "subscription_id": subscription_id}
        await trigger_models.EventDelivery.filter(**of_it).delete()
        stored = await crud.locked(inner, TABLE, trigger_models.Subscription, subscription_id, if_match)
        await stored.delete()


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored."""
    found: list[Finding] = []
    if "url" in values:
        try:
            url.split(values["url"])
        except url.UrlError as exc:
            found.append(Finding("invalid_url", str(exc), "/url"))
    if "events" in values:
        events = values["events"]
        if len(set(events)) < len(events):
            found.append(Finding("duplicate", "write each event once", "/events"))
        values["events"] = json_text(events)
    if found:
        raise InvalidError(findings=found)
    return values
