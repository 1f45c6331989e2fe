"""The routes of subscriptions and of what was delivered to them."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint, Request

from tolstoy.api import destinations
from tolstoy.api.endpoint import endpoint
from tolstoy.db.tenancy import Scope
from tolstoy.domain import event_deliveries, subscriptions
from tolstoy.domain.event_deliveries import EventDelivery, EventDeliveryQuery, SubscriptionDisabledError
from tolstoy.domain.paging import Page
from tolstoy.domain.subscriptions import (
    Subscription,
    SubscriptionChange,
    SubscriptionCreate,
    SubscriptionQuery,
    SubscriptionWithSecret,
)

routes = Blueprint("subscriptions", url_prefix="/subscriptions")


@routes.get("/")
@endpoint(tag="Subscriptions")
async def list_subscriptions(scope: Scope, query: SubscriptionQuery) -> Page[Subscription]:
    """List subscriptions, newest first."""
    return await subscriptions.page(scope, query)


@routes.post("/")
@endpoint(tag="Subscriptions", status=201)
async def create_subscription(
    scope: Scope, request: Request, body: SubscriptionCreate
) -> SubscriptionWithSecret:
    """Subscribe an address to events of runs, which are sent as Standard Webhooks says.

    The answer's `secret` verifies them, and is not shown again.
    """
    await destinations.check(scope, request, body.url, "/url")
    return await subscriptions.create(scope, body)


@routes.get("/<subscription_id>")
@endpoint(tag="Subscriptions")
async def get_subscription(scope: Scope, subscription_id: UUID) -> Subscription:
    """Get a subscription."""
    return await subscriptions.get(scope, subscription_id)


@routes.put("/<subscription_id>")
@routes.patch("/<subscription_id>", name="patch_subscription")
@endpoint(tag="Subscriptions")
async def change_subscription(
    scope: Scope,
    request: Request,
    subscription_id: UUID,
    body: SubscriptionChange,
    if_match: frozenset[int] | None,
) -> Subscription:
    """Change the fields that are sent; null clears one that may be empty. `active: true` enables it again."""
    await destinations.check(scope, request, body.url, "/url")
    return await subscriptions.change(scope, subscription_id, body, if_match)


@routes.delete("/<subscription_id>")
@endpoint(tag="Subscriptions", status=204)
async def delete_subscription(scope: Scope, subscription_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete a subscription with its deliveries."""
    await subscriptions.remove(scope, subscription_id, if_match)


@routes.post("/<subscription_id>/rotate-secret")
@endpoint(tag="Subscriptions")
async def rotate_subscription_secret(
    scope: Scope, subscription_id: UUID, if_match: frozenset[int] | None
) -> SubscriptionWithSecret:
    """Make a new secret. For 24 hours deliveries are signed with both."""
    return await subscriptions.rotate_secret(scope, subscription_id, if_match)


@routes.post("/<subscription_id>/test")
@endpoint(tag="Subscriptions", raises=(SubscriptionDisabledError,))
async def test_subscription(scope: Scope, subscription_id: UUID) -> EventDelivery:
    """Send an event of type `test`; what becomes of it is in the deliveries."""
    return await event_deliveries.test(scope, subscription_id)


@routes.get("/<subscription_id>/deliveries")
@endpoint(tag="Subscriptions")
async def list_event_deliveries(
    scope: Scope, subscription_id: UUID, query: EventDeliveryQuery
) -> Page[EventDelivery]:
    """List what was delivered to a subscription, or is to be, newest first."""
    return await event_deliveries.page(scope, subscription_id, query)


@routes.get("/<subscription_id>/deliveries/<event_delivery_id>")
@endpoint(tag="Subscriptions")
async def get_event_delivery(scope: Scope, subscription_id: UUID, event_delivery_id: UUID) -> EventDelivery:
    """Get a delivery, with each attempt."""
    return await event_deliveries.get(scope, subscription_id, event_delivery_id)


@routes.post("/<subscription_id>/deliveries/<event_delivery_id>/replay")
@endpoint(tag="Subscriptions", raises=(SubscriptionDisabledError,))
async def replay_event_delivery(
    scope: Scope, subscription_id: UUID, event_delivery_id: UUID
) -> EventDelivery:
    """Send a delivery again, under the same webhook-id."""
    return await event_deliveries.replay(scope, subscription_id, event_delivery_id)
