"""Subscriptions of an organization, runs of its flow, and what was told of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.engine.home import Home
from tolstoy.domain import event_deliveries, executions, subscriptions
from tolstoy.domain.event_deliveries import EventDelivery, EventDeliveryQuery
from tolstoy.domain.subscriptions import SubscriptionCreate, SubscriptionWithSecret


async def subscribed(home: Home, url: str, **fields: Any) -> SubscriptionWithSecret:
    new = {"url": url, "events": ["execution.succeeded", "execution.failed"], **fields}
    return await subscriptions.create(home.scope, SubscriptionCreate(**new))


async def start_run(home: Home, flow_id: UUID | None = None) -> UUID:
    made = await executions.start(home.scope, flow_id or home.flow_id, {})
    assert made
    return made.id


async def told_of(home: Home, subscription: SubscriptionWithSecret) -> list[EventDelivery]:
    """Newest first."""
    return list((await event_deliveries.page(home.scope, subscription.id, EventDeliveryQuery())).data)
