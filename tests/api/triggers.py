"""Hooks, schedules and subscriptions of an organization, made over the API as a client would."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.api.factories import make
from tests.conftest import Member

YEARLY = "0 0 1 1 *"


async def make_hook(
    http: httpx.AsyncClient, member: Member, flow: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    return await make(http, f"/flows/{flow['id']}/hooks", member, {"name": "Hook", **fields})


async def make_schedule(
    http: httpx.AsyncClient, member: Member, flow: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    sent = {"flowId": flow["id"], "name": "Yearly", "cron": YEARLY, **fields}
    return await make(http, "/schedules", member, sent)


async def make_subscription(http: httpx.AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    sent = {"url": "http://nowhere.invalid/events", "events": ["execution.failed"], **fields}
    return await make(http, "/subscriptions", member, sent)


async def one_of_each_trigger(
    http: httpx.AsyncClient, member: Member, flow_id: str, receiver: str
) -> dict[str, str]:
    """One of each on a published flow, by the names they have in routes, with all that was under way ended.

    What a worker has still to send would change them later: `receiver` is who is told, and answers.
    """
    flow = {"id": flow_id}
    hook = await make_hook(http, member, flow, answer="when-done")
    done = await http.post(hook["path"], json={"secret": "hers"})
    assert done.status_code == 200, done.text
    (delivery,) = await deliveries_of(http, member, f"/flows/{flow_id}/hooks/{hook['id']}")
    subscription = await make_subscription(http, member, url=receiver, flowId=flow_id)
    path = f"/subscriptions/{subscription['id']}"
    tested = await http.post(f"{path}/test", headers=member.headers)
    assert tested.status_code == 200, tested.text
    (sent,) = await delivered(http, member, path)
    assert sent["status"] == "delivered", sent
    return {
        "hook_id": hook["id"],
        "hook_delivery_id": delivery["id"],
        "token": hook["path"].removeprefix("/hooks/"),
        "schedule_id": (await make_schedule(http, member, flow))["id"],
        "subscription_id": subscription["id"],
        "event_delivery_id": sent["id"],
    }


async def deliveries_of(http: httpx.AsyncClient, member: Member, path: str) -> list[dict[str, Any]]:
    """Of a hook or a subscription, newest first."""
    answer = await http.get(f"{path}/deliveries", headers=member.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def delivered(
    http: httpx.AsyncClient, member: Member, path: str, number: int = 1
) -> list[dict[str, Any]]:
    """The deliveries of a subscription, once there are so many and none is pending."""
    async with asyncio.timeout(20):
        while True:
            found = await deliveries_of(http, member, path)
            if len(found) >= number and all(one["status"] != "pending" for one in found):
                return found
            await asyncio.sleep(0.05)
