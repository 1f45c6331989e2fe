"""What a request is about is deleted by another one, after it was looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import httpx

from tests.api.factories import make_flow, publish
from tests.api.problems import refused
from tests.api.triggers import make_subscription
from tests.conftest import Databases, Member
from tests.tenancy.connections import connected, holds_up


async def _meanwhile(
    database: Databases,
    member: Member,
    lock: str,
    delete: str,
    id_: str,
    request: Awaitable[httpx.Response],
) -> httpx.Response:
    """The answer to a request that waits for a row, which is then deleted."""
    async with connected(database.direct) as owner:
        async with owner.transaction():
            await owner.execute("SELECT set_config('app.org_id', $1, true)", member.org_id)
            await owner.execute(lock, id_)
            asked = asyncio.ensure_future(request)
            await holds_up(owner, asked)
            await owner.execute(delete, id_)
        return await asked


async def test_a_flow_of_which_a_run_is_started(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    flow = await publish(http, alice, await make_flow(http, alice))
    answer = await _meanwhile(
        served_database,
        alice,
        "SELECT FROM flows WHERE id = $1 FOR UPDATE",
        "DELETE FROM flows WHERE id = $1",
        flow["id"],
        http.post(f"/flows/{flow['id']}/executions", json={}, headers=alice.headers),
    )
    refused(answer, 404)


async def test_a_delivery_that_is_replayed(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    made = await make_subscription(http, alice, url="http://nowhere.invalid/")
    path = f"/subscriptions/{made['id']}"
    sent = (await http.post(f"{path}/test", headers=alice.headers)).json()
    answer = await _meanwhile(
        served_database,
        alice,
        "SELECT FROM event_deliveries WHERE id = $1 FOR UPDATE",
        "DELETE FROM event_deliveries WHERE id = $1",
        sent["id"],
        http.post(f"{path}/deliveries/{sent['id']}/replay", headers=alice.headers),
    )
    refused(answer, 404)
