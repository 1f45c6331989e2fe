"""Cancelling and resuming many runs by a filter."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.acting import call as step_call
from tests.api.acting import cancel, failing_once, new_version, transform, until, waiting
from tests.api.at_once import at_once
from tests.api.problems import pointers, refused
from tests.api.triggers import delivered, make_subscription
from tests.conftest import Databases, Member
from tests.engine.lab import Lab

HOUR = {"key": "hour", "wait": {"seconds": 3600}}
FAILS = transform("a", "{{ inputs.no }}")


async def _all(lab: Lab, what: str, by: Member | None = None, **body: Any) -> httpx.Response:
    headers = (by or lab.member).headers
    return await lab.http.post(f"/executions/{what}", json=body, headers=headers, timeout=60)


async def _done(lab: Lab, what: str, **body: Any) -> dict[str, Any]:
    answer = await _all(lab, what, **body)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


async def _several(lab: Lab, flow: str, number: int, *statuses: str) -> list[dict[str, Any]]:
    runs = await asyncio.gather(*(lab.start(flow) for _ in range(number)))
    return list(await asyncio.gather(*(until(lab, run, *statuses) for run in runs)))


async def test_what_matches_is_cancelled_and_nothing_else(lab: Lab) -> None:
    one, two = await lab.flow(HOUR), await lab.flow(HOUR)
    ones, twos = await _several(lab, one, 5, "waiting"), await _several(lab, two, 2, "waiting")
    counted = await _done(lab, "cancel", filter={"flowId": one}, dryRun=True)
    assert counted == {"matched": 5, "cancelled": 0, "refused": [], "more": False}
    done = await _done(lab, "cancel", filter={"flowId": one, "status": "waiting"}, reason="by flow")
    assert done == {"matched": 5, "cancelled": 5, "refused": [], "more": False}
    for run in ones:
        assert (await until(lab, run, "cancelled"))["error"]["reason"] == "by flow"
    for run in twos:
        assert (await lab.get(f"/executions/{run['id']}"))["status"] == "waiting"
    assert (await _done(lab, "cancel", filter={"flowId": one}))["matched"] == 0
    assert (await _done(lab, "cancel", filter={"status": "waiting"}))["cancelled"] == 2


async def test_filters_narrow_each_other(lab: Lab) -> None:
    flow = await lab.flow(HOUR)
    first = await _several(lab, flow, 2, "waiting")
    version = await new_version(lab, flow, HOUR, transform("b"))
    second = await _several(lab, flow, 2, "waiting")
    between = max(run["createdAt"] for run in first)
    for narrowed, number in (
        ({"version": version}, 2),
        ({"version": 9}, 0),
        ({"createdAfter": between}, 2),
        ({"createdBefore": between}, 1),
        ({"createdAfter": between, "version": 1}, 0),
        ({"ids": [first[0]["id"], second[0]["id"], str(uuid4())]}, 2),
        ({"ids": [first[0]["id"], second[0]["id"]], "version": version}, 1),
        ({"status": "queued"}, 0),
    ):
        counted = await _done(lab, "cancel", filter={"flowId": flow, **narrowed}, dryRun=True)
        assert counted["matched"] == number, narrowed
    assert (await _done(lab, "cancel", filter={"createdAfter": between}))["cancelled"] == 2
    assert (await _done(lab, "cancel", filter={"flowId": flow}))["cancelled"] == 2


async def test_runs_that_are_named_and_have_ended_are_refused(lab: Lab) -> None:
    ended, run = await lab.run(transform("a")), await waiting(lab, HOUR)
    done = await _done(lab, "cancel", filter={"ids": [ended["id"], run["id"]]})
    (refusal,) = done.pop("refused")
    assert done == {"matched": 2, "cancelled": 1, "more": False}
    assert (refusal["id"], refusal["code"]) == (ended["id"], "run-finished")


async def test_parents_go_before_their_children(lab: Lab) -> None:
    """So that no parent fails because of a child that is cancelled first."""
    flow = await lab.flow({"key": "sub", "flow": {"id": await lab.flow(HOUR)}})
    parents = await _several(lab, flow, 10, "waiting")
    await asyncio.gather(*(_child(lab, parent) for parent in parents))
    done = await _done(lab, "cancel", filter={"status": "waiting"})
    assert done["refused"] == []
    for parent in parents:
        assert (await until(lab, parent, "cancelled", "failed"))["status"] == "cancelled"
        (child,) = (await lab.get("/executions", parentId=parent["id"]))["data"]
        assert child["status"] == "cancelled"


async def _child(lab: Lab, parent: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while not (found := (await lab.get("/executions", parentId=parent["id"]))["data"]):
            await asyncio.sleep(0.02)
    return await until(lab, found[0], "waiting")


async def test_what_matches_is_resumed(lab: Lab) -> None:
    """What fails again, or is refused, is told by run; the others go on."""
    flaky, _ = await failing_once(lab)
    flow = await lab.flow(transform("a"), step_call("flaky", flaky), HOUR)
    (failed,) = await _several(lab, flow, 1, "failed")
    other = (await _several(lab, flow, 1, "waiting"))[0]
    await cancel(lab, other)
    done = await _done(lab, "resume", filter={"flowId": flow, "status": "failed"})
    assert done == {"matched": 1, "resumed": 1, "refused": [], "more": False}
    await until(lab, failed, "waiting")
    assert (await lab.get(f"/executions/{other['id']}"))["status"] == "cancelled"
    done = await _done(lab, "resume", filter={"ids": [failed["id"], other["id"]]})
    assert (done["matched"], done["resumed"]) == (2, 1)
    assert [(one["id"], one["code"]) for one in done["refused"]] == [(failed["id"], "run-not-finished")]
    assert (await _done(lab, "cancel", filter={"flowId": flow}))["matched"] == 2


async def test_all_are_resumed_on_another_version(lab: Lab) -> None:
    """Each that does not fit is refused, with the reason."""
    flow = await lab.flow(transform("a"), transform("b", "{{ inputs.no }}"))
    failed = await _several(lab, flow, 3, "failed")
    version = await new_version(lab, flow, {"key": "a", "wait": {"seconds": 0}}, transform("b"))
    done = await _done(lab, "resume", filter={"flowId": flow}, version=version)
    assert (done["matched"], done["resumed"]) == (3, 0)
    assert {(one["code"], "kind wait" in one["detail"]) for one in done["refused"]} == {
        ("cannot-resume", True)
    }
    version = await new_version(lab, flow, transform("a"), transform("b"))
    done = await _done(lab, "resume", filter={"flowId": flow}, version=version)
    assert (done["matched"], done["resumed"]) == (3, 3)
    for run in failed:
        assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"


async def test_what_is_resumed_waits_for_a_place_as_any_run_does(lab: Lab) -> None:
    hang, (flaky, _) = await lab.action("/hang"), await failing_once(lab)
    steps = [
        step_call("call", hang, executeIf="has(inputs.hang)", timeoutSeconds=600),
        step_call("flaky", flaky),
    ]
    flow = await lab.flow(*steps)
    failed = await _several(lab, flow, 1, "failed")
    limited = await lab.http.put(
        f"/flows/{flow}", json={"maxRunningExecutions": 1}, headers=lab.member.headers
    )
    assert limited.status_code == 200, limited.text
    running = await until(lab, await lab.start(flow, hang=True), "running")
    assert (await _done(lab, "resume", filter={"flowId": flow}))["resumed"] == 1
    assert (await lab.get(f"/executions/{failed[0]['id']}"))["status"] == "queued"
    await cancel(lab, running)
    assert (await until(lab, failed[0], "succeeded", "failed"))["status"] == "succeeded"


async def test_runs_that_flow_steps_started_are_left_to_their_parents(lab: Lab) -> None:
    child = await lab.flow(FAILS)
    parent = await lab.run({"key": "sub", "flow": {"id": child}})
    assert parent["status"] == "failed"
    assert (await _done(lab, "resume", filter={"status": "failed"}, dryRun=True))["matched"] == 1
    assert (await _done(lab, "resume", filter={"flowId": child}, dryRun=True))["matched"] == 0
    (started,) = (await lab.get("/executions", parentId=parent["id"]))["data"]
    assert (await _done(lab, "resume", filter={"ids": [started["id"]]}, dryRun=True))["matched"] == 1


async def test_many_go_in_batches_and_no_more_than_one_request_may(
    lab: Lab, served_database: Databases
) -> None:
    """10,000 at a time; what is left is told."""
    flow = await lab.flow(HOUR)
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    await connection.execute(
        "INSERT INTO executions (org_id, id, user_id, flow_id, version, trigger, inputs, callback_secret, status)"
        " SELECT $1, gen_random_uuid(), $2, $3, 1, 'manual', '{}', '', 'waiting' FROM generate_series(1, 10250)",
        lab.member.org_id, lab.member.user_id, flow,
    )  # fmt: skip
    await connection.execute("ANALYZE executions")
    counted = await _done(lab, "cancel", filter={"flowId": flow}, dryRun=True)
    assert counted == {"matched": 10_250, "cancelled": 0, "refused": [], "more": True}
    cancelled = 0
    for _ in range(20):
        done = await _done(lab, "cancel", filter={"flowId": flow})
        assert done["matched"] == done["cancelled"] <= 10_000
        cancelled += done["cancelled"]
        if not done["more"]:
            break
    assert cancelled == 10_250
    left = "SELECT count(*) FROM executions WHERE org_id = $1 AND status <> 'cancelled'"
    assert await connection.fetchval(left, lab.member.org_id) == 0
    await connection.close()


async def test_several_requests_at_once_cancel_each_run_once(lab: Lab) -> None:
    flow = await lab.flow({"key": "sub", "flow": {"id": await lab.flow(HOUR)}})
    runs = await _several(lab, flow, 30, "waiting")
    subscription = await make_subscription(
        lab.http, lab.member, url=lab.echo.url, flowId=flow, events=["execution.cancelled"]
    )
    reasons = [f"{number}" for number in range(6)]
    asked = {"status": "waiting"}
    await at_once(*(_all(lab, "cancel", filter=asked, reason=reason) for reason in reasons), expected={200})
    for run in runs:
        ended = await until(lab, run, "cancelled", "failed")
        assert ended["status"] == "cancelled" and ended["error"]["reason"] in reasons
        assert [row["status"] for row in await lab.logs(run)] == ["failed"]
    told = await delivered(lab.http, lab.member, f"/subscriptions/{subscription['id']}", 30)
    assert Counter(each["executionId"] for each in told) == {run["id"]: 1 for run in runs}


@pytest.mark.parametrize("what", ["cancel", "resume"])
@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ({}, "/filter"),
        ({"filter": {}}, "/filter"),
        ({"filter": {"ids": []}}, "/filter/ids"),
        ({"filter": {"ids": ["x"]}}, "/filter/ids/0"),
        ({"filter": {"status": "succeeded"}}, "/filter/status"),
        ({"filter": {"createdAfter": "yesterday"}}, "/filter/createdAfter"),
        ({"filter": {"version": 0}}, "/filter/version"),
        ({"filter": {"flow": "x"}}, "/filter/flow"),
        ({"filter": {"version": 1}, "dryRun": 1}, "/dryRun"),
    ],
)
async def test_what_a_filter_may_say(lab: Lab, what: str, sent: dict[str, Any], at: str) -> None:
    assert pointers(await _all(lab, what, **sent)) == [at]


async def test_a_filter_finds_nothing_of_others(lab: Lab, charlie: Member) -> None:
    run, failed = await waiting(lab, HOUR), await lab.run(FAILS)
    for what, one in (("cancel", run), ("resume", failed)):
        for filter_ in ({"flowId": one["flowId"]}, {"ids": [one["id"]]}, {"version": 1}):
            answer = await _all(lab, what, by=charlie, filter=filter_)
            assert (answer.status_code, answer.json()["matched"]) == (200, 0)
        assert (await lab.get(f"/executions/{one['id']}"))["status"] == one["status"]
    outside = Member(lab.member.org_id, charlie.user_id)
    refused(await _all(lab, "cancel", by=outside, filter={"version": 1}), 403, "not-a-member")
