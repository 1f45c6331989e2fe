"""How many runs go at once: per organization and per flow, exactly, and nobody waits for a place for ever."""

from __future__ import annotations

from typing import Any

from tests.api.acting import until
from tests.conftest import founded
from tests.engine.lab import Lab
from tolstoy.domain.executions import FINISHED

SLOW = {"key": "call", "inputs": {"seconds": "0.25"}}


async def test_an_organization_runs_as_many_as_it_may(lab: Lab) -> None:
    await _limit(lab, 2)
    flow = await _slow_flow(lab)
    runs = [await lab.start(flow) for _ in range(7)]
    ended = [await until(lab, run, *FINISHED) for run in runs]
    assert {run["status"] for run in ended} == {"succeeded"}
    assert _most_at_once(ended) == 2


async def test_a_flow_runs_as_many_as_it_may_beside_others(lab: Lab) -> None:
    flow = await _slow_flow(lab, maxRunningExecutions=1)
    other = await _slow_flow(lab)
    mine = [await lab.start(flow) for _ in range(4)]
    others = [await lab.start(other) for _ in range(4)]
    assert _most_at_once([await until(lab, run, *FINISHED) for run in mine]) == 1
    assert _most_at_once([await until(lab, run, *FINISHED) for run in others]) > 1


async def test_waiting_takes_no_place(lab: Lab) -> None:
    await _limit(lab, 1)
    asleep = await lab.flow({"key": "wait", "wait": {"seconds": 3000}})
    waiting = [await lab.start(asleep) for _ in range(3)]
    for run in waiting:
        await until(lab, run, "waiting")
    quick = await lab.start(await lab.flow({"key": "t", "transform": 1}), 30)
    assert quick["status"] == "succeeded"


async def test_one_organizations_backlog_is_not_anothers(lab: Lab) -> None:
    await _limit(lab, 1)
    hang = await lab.action("/hang")
    blocked = await lab.flow({"key": "call", "action": hang, "inputs": {}, "timeoutSeconds": 20})
    for _ in range(5):
        await lab.start(blocked)
    other = Lab(lab.http, await founded(lab.http, "dora@example.com"), lab.echo, "")
    run = await other.start(await other.flow({"key": "t", "transform": 1}), 15)
    assert run["status"] == "succeeded"


async def test_more_places_let_more_run(lab: Lab) -> None:
    await _limit(lab, 1)
    hang = await lab.action("/hang")
    blocked = await lab.flow({"key": "call", "action": hang, "inputs": {}, "timeoutSeconds": 30})
    first = await lab.start(blocked)
    await until(lab, first, "running")
    second = await lab.start(blocked)
    await _limit(lab, 2)
    await until(lab, second, "running")


async def _slow_flow(lab: Lab, **fields: Any) -> str:
    key = await lab.action("/slow", method="GET")
    return await lab.flow({**SLOW, "action": key}, **fields)


async def _limit(lab: Lab, most: int) -> None:
    path = f"/organizations/{lab.member.org_id}"
    changed = await lab.http.patch(path, json={"maxRunningExecutions": most})
    assert changed.status_code == 200, changed.text


def _most_at_once(runs: list[dict[str, Any]]) -> int:
    moments = [(run["startedAt"], 1) for run in runs] + [(run["finishedAt"], -1) for run in runs]
    now = most = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most
