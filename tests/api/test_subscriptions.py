"""Subscriptions over the API, and events that really arrive; see tests/engine/test_deliveries.py for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_flow, publish
from tests.api.problems import pointers, refused
from tests.api.triggers import delivered, deliveries_of, make_schedule, make_subscription
from tests.conftest import Member
from tests.engine.echo_server import EchoServer, serving_in_thread
from tolstoy.domain import webhook_signatures


@pytest.fixture(scope="module")
def receiver() -> Iterator[EchoServer]:
    with serving_in_thread() as server:
        yield server


def _path(subscription: dict[str, Any]) -> str:
    return f"/subscriptions/{subscription['id']}"


async def test_it_works(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_subscription(http, alice, description="The pager")
    secret = made.pop("secret")
    assert len(webhook_signatures.key_of(secret) or b"") == 32
    read = await http.get(_path(made), headers=alice.headers)
    assert read.json() == made, "what is secret is shown once"
    assert made | {
        "url": "http://nowhere.invalid/events", "events": ["execution.failed"], "flowId": None, "active": True,
        "disabledReason": None, "failingSince": None, "previousUntil": None,
    } == made  # fmt: skip


async def test_the_end_of_a_run_arrives_signed(
    http: httpx.AsyncClient, alice: Member, receiver: EchoServer
) -> None:
    flow = await publish(http, alice, await make_flow(http, alice, output=7))
    place = f"/{uuid4().hex}"
    made = await make_subscription(
        http, alice, url=receiver.url + place, events=["execution.succeeded"], flowId=flow["id"]
    )
    schedule = await make_schedule(http, alice, flow)
    started = await http.post(f"/schedules/{schedule['id']}/run", headers=alice.headers)
    (delivery,) = await delivered(http, alice, _path(made))
    assert (delivery["type"], delivery["executionId"]) == ("execution.succeeded", started.json()["id"])
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200]
    (seen,) = [one for one in receiver.requests if one["path"] == place]
    assert json.loads(seen["body"])["data"]["output"] == 7
    assert json.loads(seen["body"]) == delivery["payload"]
    now = int(seen["headers"]["webhook-timestamp"])
    webhook_signatures.verify("standard", made["secret"], seen["headers"], seen["body"].encode(), now)


async def test_a_test_event_and_its_replay(
    http: httpx.AsyncClient, alice: Member, receiver: EchoServer
) -> None:
    place = f"/{uuid4().hex}"
    made = await make_subscription(http, alice, url=receiver.url + place)
    tested = (await http.post(f"{_path(made)}/test", headers=alice.headers)).json()
    assert (tested["type"], tested["status"], tested["executionId"]) == ("test", "pending", None)
    (delivery,) = await delivered(http, alice, _path(made))
    assert delivery["id"] == tested["id"]
    path = f"{_path(made)}/deliveries/{delivery['id']}"
    assert (await http.get(path, headers=alice.headers)).json() == delivery
    replayed = (await http.post(f"{path}/replay", headers=alice.headers)).json()
    assert (replayed["id"], replayed["status"]) == (delivery["id"], "pending")
    (again,) = await delivered(http, alice, _path(made))
    assert len(again["attempts"]) == 2
    ids = [one["headers"]["webhook-id"] for one in receiver.requests if one["path"] == place]
    assert ids == [delivery["id"]] * 2
    filtered = await http.get(f"{_path(made)}/deliveries?status=failed", headers=alice.headers)
    assert filtered.json()["data"] == []


async def test_a_disabled_one_is_sent_nothing_until_it_is_enabled(
    http: httpx.AsyncClient, alice: Member, receiver: EchoServer
) -> None:
    made = await make_subscription(http, alice, url=f"{receiver.url}/status/410")
    await http.post(f"{_path(made)}/test", headers=alice.headers)
    (delivery,) = await delivered(http, alice, _path(made))
    assert delivery["status"] == "failed"
    ended = (await http.get(_path(made), headers=alice.headers)).json()
    assert (ended["active"], ended["disabledReason"]) == (False, "The receiver answered 410 Gone.")
    for path in (f"{_path(made)}/test", f"{_path(made)}/deliveries/{delivery['id']}/replay"):
        refused(await http.post(path, headers=alice.headers), 409, "subscription-disabled")
    sent = {"active": True, "url": receiver.url}
    enabled = (await http.patch(_path(made), json=sent, headers=alice.headers)).json()
    assert (enabled["active"], enabled["disabledReason"]) == (True, None)
    await http.post(f"{_path(made)}/deliveries/{delivery['id']}/replay", headers=alice.headers)
    (again,) = await delivered(http, alice, _path(made))
    assert again["status"] == "delivered"


async def test_rotating_shows_a_new_secret_and_how_long_the_old_one_signs(
    http: httpx.AsyncClient, alice: Member
) -> None:
    made = await make_subscription(http, alice)
    rotated = (await http.post(f"{_path(made)}/rotate-secret", headers=alice.headers)).json()
    assert rotated["secret"] != made["secret"]
    left = datetime.fromisoformat(rotated["previousUntil"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    refused(
        await http.post(f"{_path(made)}/rotate-secret", headers={**alice.headers, "If-Match": '"1"'}), 412
    )


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"url": "ftp://example.com"}, "/url"),
        ({"url": "https://user:password@example.com"}, "/url"),
        ({"url": "https://"}, "/url"),
        ({"url": "nowhere"}, "/url"),
        ({"url": "https://example.com/a b"}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["execution.started"]}, "/events/0"),
        ({"events": ["execution.failed", "execution.failed"]}, "/events"),
        ({"flowId": str(uuid4())}, "/flowId"),
    ],
)
async def test_what_is_no_subscription_is_told(
    http: httpx.AsyncClient, alice: Member, fields: dict[str, Any], at: str
) -> None:
    sent = {"url": "https://example.com", "events": ["execution.failed"], **fields}
    assert pointers(await http.post("/subscriptions", json=sent, headers=alice.headers)) == [at]
    made = await make_subscription(http, alice)
    assert pointers(await http.patch(_path(made), json=fields, headers=alice.headers)) == [at]


async def test_lists_filters_and_removals(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    first = await make_subscription(http, alice, flowId=flow["id"])
    second = await make_subscription(http, alice, active=False)
    for query, expected in (
        ("", [second["id"], first["id"]]),
        (f"?flowId={flow['id']}", [first["id"]]),
        ("?active=false", [second["id"]]),
    ):
        listed = await http.get(f"/subscriptions{query}", headers=alice.headers)
        assert [one["id"] for one in listed.json()["data"]] == expected
        assert "secret" not in listed.text
    refused(await http.delete(f"/flows/{flow['id']}", headers=alice.headers), 409, "in-use")
    await http.post(f"{_path(first)}/test", headers=alice.headers)
    assert len(await deliveries_of(http, alice, _path(first))) == 1
    assert (await http.delete(_path(first), headers=alice.headers)).status_code == 204
    refused(await http.get(f"{_path(first)}/deliveries", headers=alice.headers), 404)


async def test_an_organization_goes_with_its_subscriptions(http: httpx.AsyncClient, alice: Member) -> None:
    await make_subscription(http, alice)
    await http.delete(f"/users/{alice.user_id}", headers=alice.headers)
    assert (await http.delete(f"/organizations/{alice.org_id}")).status_code == 204


async def test_one_that_is_being_delivered_to_can_go(
    http: httpx.AsyncClient, alice: Member, receiver: EchoServer
) -> None:
    """Whoever records an attempt locks the delivery, then its subscription."""
    for _ in range(10):
        made = await make_subscription(http, alice, url=f"{receiver.url}/status/500")
        for _ in range(3):
            await http.post(f"{_path(made)}/test", headers=alice.headers)
        gone = await http.delete(_path(made), headers=alice.headers)
        assert gone.status_code == 204, gone.text
