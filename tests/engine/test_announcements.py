"""Which moves of a run are told to whom: by a trigger, in the transaction of the move."""

from __future__ import annotations

import json

import pytest

from tests.engine.home import Home, published
from tests.engine.subscribers import start_run, subscribed, told_of


async def test_who_subscribed_to_what(home: Home) -> None:
    other_flow = await published(home.scope)
    everything = ["execution.succeeded", "execution.failed", "execution.cancelled", "execution.waiting"]
    every = await subscribed(home, "http://a.example", events=everything)
    failures = await subscribed(home, "http://a.example", events=["execution.failed"])
    of_other = await subscribed(home, "http://a.example", events=everything, flow_id=other_flow)
    await subscribed(home, "http://a.example", events=everything, active=False)

    for status, flow_id, told in (
        ("succeeded", home.flow_id, [every]),
        ("failed", home.flow_id, [every, failures]),
        ("cancelled", other_flow, [every, of_other]),
    ):
        run = await start_run(home, flow_id)
        await home.move(run, "running")
        await home.move(run, status)
        rows = await home.owner.fetch(
            "SELECT subscription_id, type FROM event_deliveries WHERE execution_id = $1 ORDER BY 1", run
        )
        assert {row["subscription_id"] for row in rows} == {one.id for one in told}
        assert {row["type"] for row in rows} == {f"execution.{status}"}


@pytest.mark.parametrize(
    ("waiting_for", "told"), [("approval", 1), ("callback", 1), ("time", 0), ("retry", 0), ("flow", 0)]
)
async def test_that_a_run_waits_is_told_where_it_waits_for_somebody(
    home: Home, waiting_for: str, told: int
) -> None:
    subscription = await subscribed(home, "http://a.example", events=["execution.waiting"])
    await home.move(await start_run(home), "waiting", waiting_for=waiting_for)
    assert len(await told_of(home, subscription)) == told


async def test_a_large_output_is_left_out_with_a_mark(home: Home) -> None:
    subscription = await subscribed(home, "http://a.example")
    large = json.dumps({"text": "x" * 30_000})
    await home.move(await start_run(home), "failed", output=large, error=large)
    (delivery,) = await told_of(home, subscription)
    assert len(bytes(delivery.payload)) < 20_000
    data = json.loads(bytes(delivery.payload))["data"]
    assert (data["output"], data["outputOmitted"], data["error"], data["errorOmitted"]) == (None, True) * 2


async def test_a_transaction_that_is_rolled_back_tells_nobody(home: Home) -> None:
    subscription = await subscribed(home, "http://a.example")
    run = await start_run(home)
    transaction = home.owner.transaction()
    await transaction.start()
    await home.move(run, "succeeded")
    await transaction.rollback()
    assert await told_of(home, subscription) == [] and await home.jobs("deliver") == []
