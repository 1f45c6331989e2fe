"""Attempts: tried again where that may help, on record, with one key for all of them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from tests.api.acting import until
from tests.engine.lab import Lab

QUICK = {"maxAttempts": 4, "intervalSeconds": 0.1, "backoffRate": 1, "jitter": "none"}


async def test_a_call_is_tried_until_it_succeeds_under_one_key(lab: Lab) -> None:
    path = f"/flaky/{uuid4().hex}/2"
    key = await lab.action(path)
    execution = await lab.run({"key": "call", "action": key, "inputs": {}, "retry": QUICK})
    assert execution["status"] == "succeeded", execution["error"]
    rows = await lab.logs(execution)
    assert [(row["attempt"], row["status"]) for row in rows] == [
        (1, "failed"),
        (2, "failed"),
        (3, "completed"),
    ]
    keys = lab.keys(path)
    assert len(keys) == 1 and sum(keys.values()) == 3
    assert {row["details"]["idempotencyKey"] for row in rows} == set(keys)


async def test_what_is_not_worth_another_attempt_gets_none(lab: Lab) -> None:
    key = await lab.action("/status/422")
    execution = await lab.run({"key": "call", "action": key, "inputs": {}, "retry": QUICK})
    assert [row["attempt"] for row in await lab.logs(execution)] == [1]


async def test_classes_of_errors_can_be_chosen(lab: Lab) -> None:
    key = await lab.action("/status/404")
    retry = {**QUICK, "maxAttempts": 2, "on": ["http.4xx"]}
    execution = await lab.run({"key": "call", "action": key, "inputs": {}, "retry": retry})
    assert [row["attempt"] for row in await lab.logs(execution)] == [1, 2]


async def test_retry_after_is_honoured(lab: Lab) -> None:
    key = await lab.action("/retry-after", method="GET")
    retry = {**QUICK, "maxAttempts": 2}
    execution = await lab.run({"key": "call", "action": key, "inputs": {"seconds": "2"}, "retry": retry})
    first, second = await lab.logs(execution)
    asked = datetime.fromisoformat(first["details"]["retryAt"]) - datetime.fromisoformat(first["finishedAt"])
    assert asked.total_seconds() > 1.9
    assert second["startedAt"] >= first["details"]["retryAt"]


async def test_a_long_delay_gives_the_place_back(lab: Lab) -> None:
    key = await lab.action(f"/flaky/{uuid4().hex}/1")
    retry = {**QUICK, "intervalSeconds": 3.5}
    flow = await lab.flow({"key": "call", "action": key, "inputs": {}, "retry": retry})
    seen = await until(lab, await lab.start(flow), "waiting")
    assert seen["waitingFor"] == "retry" and seen["wakeAt"] is not None
    ended = await until(lab, seen, "succeeded", "failed")
    assert ended["status"] == "succeeded", ended["error"]


async def test_a_post_without_an_answer_is_the_actions_to_judge(lab: Lab) -> None:
    """`retry` sends it again under the same key, `fail` does not; what may be sent twice anyway is."""
    for on_unknown, method, attempts in (("retry", "POST", 2), ("fail", "POST", 1), ("fail", "PUT", 2)):
        key = await lab.action("/close-at-once", method=method, onUnknown=on_unknown)
        retry = {**QUICK, "maxAttempts": 2}
        execution = await lab.run({"key": "call", "action": key, "inputs": {}, "retry": retry})
        rows = await lab.logs(execution)
        assert [row["attempt"] for row in rows] == list(range(1, attempts + 1)), (on_unknown, method)
        assert len({row["details"]["idempotencyKey"] for row in rows}) == 1
        code = "unknown_outcome" if attempts == 1 else "connection"
        assert execution["error"]["code"] == code
