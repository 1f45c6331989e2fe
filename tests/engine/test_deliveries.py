"""Events on their way to subscribers: from the run's move to the receiver, however often that takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.engine.echo_server import EchoServer, serving
from tests.engine.home import Home
from tests.engine.subscribers import start_run, subscribed, told_of
from tolstoy.core.errors import ConflictError
from tolstoy.db import tenancy
from tolstoy.domain import event_deliveries, subscriptions, trigger_pruning, webhook_signatures
from tolstoy.domain.egress import Policy
from tolstoy.domain.event_deliveries import DELAYS, EventDelivery
from tolstoy.domain.subscriptions import SubscriptionChange
from tolstoy.engine import deliveries
from tolstoy.engine.outbounds import Outbounds

DAY = timedelta(days=1)


@pytest.fixture
async def receiver() -> AsyncIterator[EchoServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def outbound() -> AsyncIterator[Outbounds]:
    async with Outbounds(Policy.allowing(["127.0.0.1"]), max_response_bytes=1 << 20) as client:
        yield client


async def _deliver_due(home: Home, outbound: Outbounds) -> None:
    """As a worker does with the jobs that are due, each taken from the queue."""
    for job in await home.jobs("deliver"):
        await home.owner.execute(
            "DELETE FROM queue.pgqueuer WHERE substr(payload, 17) = $1 AND execute_after <= clock_timestamp()",
            job["subject"],
        )
        await deliveries.deliver(home.database, outbound, home.scope.org_id, UUID(bytes=job["subject"]))


async def _due_now(home: Home) -> None:
    """As if the time of the next attempts had come."""
    await home.owner.execute("UPDATE event_deliveries SET next_at = now() WHERE status = 'pending'")
    await home.owner.execute("UPDATE queue.pgqueuer SET execute_after = now() WHERE entrypoint = 'deliver'")


def _attempts(delivery: EventDelivery) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bytes(delivery.attempts))
    return found


async def test_a_run_that_ends_is_told_as_standard_webhooks_says(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, f"{receiver.url}/events?a=1")
    run = await start_run(home)
    await home.move(run, "succeeded", output='{"text": "größer"}')
    (delivery,) = await told_of(home, subscription)
    assert (delivery.type, delivery.status, delivery.execution_id) == ("execution.succeeded", "pending", run)
    assert [job["subject"] for job in await home.jobs("deliver")] == [delivery.id.bytes]

    await _deliver_due(home, outbound)
    (seen,) = receiver.requests
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/events", [["a", "1"]])
    body = json.loads(seen["body"])
    assert set(body) == {"type", "timestamp", "data"} and body["type"] == "execution.succeeded"
    assert body["data"]["id"] == str(run) and body["data"]["output"] == {"text": "größer"}
    headers = seen["headers"]
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == str(delivery.id)
    now = int(headers["webhook-timestamp"])
    webhook_signatures.verify("standard", subscription.secret, headers, seen["body"].encode(), now)

    (delivered,) = await told_of(home, subscription)
    assert (delivered.status, delivered.next_at) == ("delivered", None)
    (attempt,) = _attempts(delivered)
    assert (attempt["status"], attempt["error"]) == (200, None) and attempt["ms"] >= 0
    assert await home.jobs("deliver") == []


async def test_what_fails_is_tried_again_ever_later_and_then_no_more(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, f"{receiver.url}/status/500")
    await home.move(await start_run(home), "succeeded")
    for number in range(len(DELAYS)):
        await _deliver_due(home, outbound)
        (delivery,) = await told_of(home, subscription)
        assert delivery.status == "pending" and len(_attempts(delivery)) == number + 1
        after = await home.owner.fetchval(
            "SELECT extract(epoch FROM next_at - updated_at)::float8 FROM event_deliveries"
        )
        assert DELAYS[number] * 0.99 <= after <= DELAYS[number] * 1.1
        (job,) = await home.jobs("deliver")
        assert job["execute_after"] == delivery.next_at
        await _due_now(home)
    await _deliver_due(home, outbound)
    (delivery,) = await told_of(home, subscription)
    assert (delivery.status, delivery.next_at) == ("failed", None)
    assert await home.jobs("deliver") == []
    attempts = _attempts(delivery)
    assert [attempt["status"] for attempt in attempts] == [500] * 10
    assert attempts[0]["error"] == "the receiver answered 500"
    assert {seen["headers"]["webhook-id"] for seen in receiver.requests} == {str(delivery.id)}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/status/400", 400, "answered 400"),
        ("/redirect?to=/elsewhere&status=307", 307, "write the address it redirects to"),
        ("/close-at-once", None, "connection"),
    ],
)
async def test_what_counts_as_a_failure(
    home: Home, outbound: Outbounds, receiver: EchoServer, path: str, status: int | None, said: str
) -> None:
    subscription = await subscribed(home, f"{receiver.url}{path}")
    await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    (delivery,) = await told_of(home, subscription)
    (attempt,) = _attempts(delivery)
    assert (delivery.status, attempt["status"]) == ("pending", status)
    assert said in attempt["error"]
    assert len(receiver.requests) == 1, "a redirect is not followed"


async def test_addresses_inside_are_not_delivered_to(home: Home, receiver: EchoServer) -> None:
    subscription = await subscribed(home, receiver.url)
    await home.move(await start_run(home), "succeeded")
    async with Outbounds(Policy.allowing([]), max_response_bytes=1 << 20) as guarded:
        await _deliver_due(home, guarded)
    (delivery,) = await told_of(home, subscription)
    assert "refused_address" in _attempts(delivery)[0]["error"]
    assert not receiver.requests


async def test_a_receiver_that_asks_for_time_gets_it(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    await subscribed(home, f"{receiver.url}/retry-after?seconds=4000")
    await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    after = await home.owner.fetchval(
        "SELECT extract(epoch FROM next_at - updated_at)::float8 FROM event_deliveries"
    )
    assert 3999 < after <= 4000


async def test_gone_ends_the_subscription_with_the_reason(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, f"{receiver.url}/status/410")
    for _ in range(2):
        await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    ended = await subscriptions.get(home.scope, subscription.id)
    assert (ended.active, ended.disabled_reason) == (False, "The receiver answered 410 Gone.")
    assert len(receiver.requests) == 1, "what was under way is not sent any more"
    assert {delivery.status for delivery in await told_of(home, subscription)} == {"failed"}
    with pytest.raises(ConflictError):
        await event_deliveries.test(home.scope, subscription.id)
    enabled = await subscriptions.change(home.scope, subscription.id, SubscriptionChange(active=True), None)
    assert (enabled.active, enabled.disabled_reason, enabled.failing_since) == (True, None, None)


async def test_after_five_days_of_failures_a_subscription_is_disabled(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, f"{receiver.url}/status/500")
    for days, active in ((0, True), (4, True), (6, False)):
        await home.owner.execute(
            "UPDATE subscriptions SET failing_since = failing_since - $1::interval", DAY * days
        )
        await home.move(await start_run(home), "succeeded")
        await _deliver_due(home, outbound)
        found = await subscriptions.get(home.scope, subscription.id)
        assert found.active is active and found.failing_since
        await home.owner.execute("UPDATE subscriptions SET failing_since = now()")
    assert found.disabled_reason == "No attempt has succeeded for 5 days."


async def test_a_success_ends_the_count(home: Home, outbound: Outbounds, receiver: EchoServer) -> None:
    subscription = await subscribed(home, f"{receiver.url}/flaky/{home.flow_id}/1")
    await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    assert (await subscriptions.get(home.scope, subscription.id)).failing_since
    await _due_now(home)
    await _deliver_due(home, outbound)
    assert (await subscriptions.get(home.scope, subscription.id)).failing_since is None
    (delivery,) = await told_of(home, subscription)
    assert [attempt["status"] for attempt in _attempts(delivery)] == [500, 200]


async def test_a_job_that_comes_twice_or_early_sends_nothing(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, f"{receiver.url}/status/500")
    await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    (delivery,) = await told_of(home, subscription)
    await deliveries.deliver(home.database, outbound, home.scope.org_id, delivery.id)
    assert len(receiver.requests) == 1
    await deliveries.deliver(home.database, outbound, UUID(int=7), delivery.id)  # nor in another organization
    assert len(receiver.requests) == 1


async def test_a_delivery_that_another_worker_has_recorded_is_not_recorded_again(home: Home) -> None:
    subscription = await subscribed(home, "http://a.example")
    await home.move(await start_run(home), "succeeded")
    (delivery,) = await told_of(home, subscription)
    scope = tenancy.engine(home.database, home.scope.org_id)
    first, second = [await event_deliveries.due(scope, delivery.id) for _ in range(2)]
    assert first and second
    now = delivery.created_at
    await event_deliveries.record(scope, first, event_deliveries.Attempt(now, 500, "x", 1), delivered=False)
    await event_deliveries.record(scope, second, event_deliveries.Attempt(now, 500, "y", 1), delivered=False)
    (delivery,) = await told_of(home, subscription)
    assert [attempt["error"] for attempt in _attempts(delivery)] == ["x"]
    assert len(await home.jobs("deliver")) == 2, "the first one's, and that of the next attempt"


async def test_replay_sends_it_again_under_the_same_id(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    subscription = await subscribed(home, receiver.url)
    await home.move(await start_run(home), "succeeded")
    await _deliver_due(home, outbound)
    (delivery,) = await told_of(home, subscription)
    again = await event_deliveries.replay(home.scope, subscription.id, delivery.id)
    assert again.status == "pending"
    await _deliver_due(home, outbound)
    assert [seen["headers"]["webhook-id"] for seen in receiver.requests] == [str(delivery.id)] * 2
    (delivery,) = await told_of(home, subscription)
    assert delivery.status == "delivered" and len(_attempts(delivery)) == 2


async def test_while_a_secret_is_replaced_both_sign(
    home: Home, outbound: Outbounds, receiver: EchoServer
) -> None:
    old = await subscribed(home, receiver.url)
    new = await subscriptions.rotate_secret(home.scope, old.id, None)
    await event_deliveries.test(home.scope, old.id)
    await _deliver_due(home, outbound)
    await home.owner.execute("UPDATE subscriptions SET previous_until = now() - interval '1 second'")
    await event_deliveries.test(home.scope, old.id)
    await _deliver_due(home, outbound)
    during, after = receiver.requests
    for secret, seen in ((old.secret, during), (new.secret, during), (new.secret, after)):
        now = int(seen["headers"]["webhook-timestamp"])
        webhook_signatures.verify("standard", secret, seen["headers"], seen["body"].encode(), now)
    assert len(after["headers"]["webhook-signature"].split(" ")) == 1
    assert json.loads(after["body"])["type"] == "test"


async def test_old_tests_are_removed_and_the_rest_goes_with_its_run(home: Home) -> None:
    subscription = await subscribed(home, "http://a.example")
    await event_deliveries.test(home.scope, subscription.id)
    run = await start_run(home)
    await home.move(run, "succeeded")
    scope = tenancy.engine(home.database, home.scope.org_id)
    later = datetime.now(UTC) + DAY
    assert await trigger_pruning.prune(scope, later) == 0, "it is pending"
    await home.owner.execute("UPDATE event_deliveries SET status = 'failed'")
    assert await trigger_pruning.prune(scope, later - 2 * DAY) == 0
    assert await trigger_pruning.prune(scope, later) == 1
    assert [one.execution_id for one in await told_of(home, subscription)] == [run]
    await home.owner.execute("DELETE FROM executions WHERE id = $1", run)
    assert await told_of(home, subscription) == []
