"""How a flow's runs have gone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.api.acting import new_version, transform, waiting
from tests.api.problems import parameters, refused
from tests.conftest import Databases, Member
from tests.engine.lab import Lab

NONE = {"queued": 0, "running": 0, "waiting": 0, "succeeded": 0, "failed": 0, "cancelled": 0}


async def _stats(lab: Lab, flow: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = await lab.get(f"/flows/{flow}/stats", **query)
    return found


async def test_a_flow_without_runs(lab: Lab) -> None:
    flow = await lab.flow(transform("a"))
    stats = await _stats(lab, flow)
    assert (stats["flowId"], stats["version"], stats["executions"], stats["statuses"]) == (
        flow,
        None,
        0,
        NONE,
    )
    assert (stats["successRate"], stats["durationSeconds"]) == (None, {"p50": None, "p95": None, "max": None})


async def test_runs_are_counted_by_how_they_ended_and_what_started_them(lab: Lab) -> None:
    flow = await lab.flow(transform("a", "{{ inputs.n }}"))
    for inputs in ({"n": 1}, {"n": 2}, {"n": 3}, {}):
        await lab.start(flow, 30, **inputs)
    stats = await _stats(lab, flow)
    assert (stats["executions"], stats["statuses"]) == (4, {**NONE, "succeeded": 3, "failed": 1})
    assert stats["successRate"] == 0.75
    assert stats["triggers"] == {"manual": 4, "webhook": 0, "schedule": 0, "flow": 0, "action": 0}
    assert await new_version(lab, flow, transform("b")) == 2
    await lab.start(flow, 30)
    assert (await _stats(lab, flow, version=2))["statuses"] == {**NONE, "succeeded": 1}
    assert (await _stats(lab, flow, version=1))["executions"] == 4
    assert (await _stats(lab, flow))["executions"] == 5


async def test_durations_are_those_of_the_runs_that_ended(lab: Lab, served_database: Databases) -> None:
    """20 runs of 1 s to 20 s, some of which failed; between two runs p50 and p95 are in proportion."""
    flow = await lab.flow(transform("a"))
    assert await new_version(lab, flow, transform("b")) == 2
    made = [(1, "failed" if seconds % 4 == 0 else "succeeded", seconds) for seconds in range(1, 21)]
    others = [(1, "cancelled", 9000), (1, "waiting", None), (2, "succeeded", 7.25)]
    owner = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        await owner.executemany(
            "INSERT INTO executions (org_id, id, user_id, flow_id, trigger, inputs, callback_secret, version, status,"
            " started_at, finished_at) SELECT $1, tolstoy.new_id(), $2, $3, 'manual', '{}', '', $4, $5, t.began,"
            " t.began + make_interval(secs => $6) FROM (VALUES (now() - interval '3 hours')) t (began)",
            [(lab.member.org_id, lab.member.user_id, flow, *run) for run in made + others],
        )
    finally:
        await owner.close()
    stats = await _stats(lab, flow, version=1)
    assert stats["statuses"] == {**NONE, "succeeded": 15, "failed": 5, "cancelled": 1, "waiting": 1}
    assert stats["durationSeconds"] == {"p50": 10.5, "p95": 19.05, "max": 20}
    of_two = (await _stats(lab, flow, version=2))["durationSeconds"]
    assert of_two == {"p50": 7.25, "p95": 7.25, "max": 7.25}


async def test_what_is_cancelled_or_goes_on_says_nothing_of_success(lab: Lab) -> None:
    run = await waiting(lab, {"key": "w", "wait": {"seconds": 3600}})
    assert (await _stats(lab, run["flowId"]))["statuses"] == {**NONE, "waiting": 1}
    await lab.post(f"/executions/{run['id']}/cancel")
    stats = await _stats(lab, run["flowId"])
    assert (stats["statuses"], stats["successRate"]) == ({**NONE, "cancelled": 1}, None)
    assert stats["durationSeconds"]["max"] is None


async def test_only_the_window_counts(lab: Lab, served_database: Databases) -> None:
    """An id tells when its run was made; this one is moved two hours back."""
    flow = await lab.flow(transform("a"))
    run = await lab.start(flow, 30)
    earlier = f"{int(run['id'].replace('-', '')[:12], 16) - 7_200_000:012x}"
    old = f"{earlier[:8]}-{earlier[8:]}{run['id'][13:]}"
    owner = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        await owner.execute("UPDATE executions SET id = $1 WHERE id = $2", old, run["id"])
    finally:
        await owner.close()
    counted = {
        window: (await _stats(lab, flow, window=window))["executions"]
        for window in ("90m", "3h", "1d", "90d")
    }
    assert counted == {"90m": 0, "3h": 1, "1d": 1, "90d": 1}


@pytest.mark.parametrize(
    "window", ["0h", "24", "h", "91d", "2161h", "1w", "-1h", "1.5h", "01h", "24h ", "1e3m", "24h\n"]
)
async def test_a_window_that_is_none_is_refused(lab: Lab, window: str) -> None:
    answer = await lab.http.get(
        f"/flows/{uuid4()}/stats", params={"window": window}, headers=lab.member.headers
    )
    assert parameters(answer) == ["window"]


async def test_charlie_counts_nothing(lab: Lab, charlie: Member) -> None:
    flow = await lab.flow(transform("a"))
    refused(await lab.http.get(f"/flows/{flow}/stats", headers=charlie.headers), 404, "not-found")
