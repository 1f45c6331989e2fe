"""Schedules over the API; what a tick does is in tests/engine/test_scheduler.py."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.factories import make_flow, publish
from tests.api.problems import parameters, pointers, refused
from tests.api.triggers import YEARLY, make_schedule
from tests.conftest import Databases, Member
from tests.tenancy.connections import connected


@pytest.fixture
async def flow(http: httpx.AsyncClient, alice: Member) -> dict[str, Any]:
    return await publish(http, alice, await make_flow(http, alice))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_it_works(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    made = await make_schedule(http, alice, flow, inputs={"who": "world"})
    assert made | {
        "flowId": flow["id"], "userId": alice.user_id, "name": "Yearly", "cron": YEARLY, "timeZone": "UTC",
        "overlap": "skip", "catchUpSeconds": 3600, "inputs": {"who": "world"}, "paused": False, "note": None,
        "lastAt": None, "bufferedAt": None, "skipped": 0, "lastError": None,
    } == made  # fmt: skip
    next_at = _moment(made["nextAt"])
    assert next_at > datetime.now(UTC) and (next_at.month, next_at.day, next_at.hour) == (1, 1, 0)
    assert "dueAt" not in made
    read = await http.get(f"/schedules/{made['id']}", headers=alice.headers)
    assert read.json() == made


async def test_next_previews_the_ticks(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    made = await make_schedule(http, alice, flow, cron="*/20 * * * *", timeZone="Asia/Kathmandu")
    path = f"/schedules/{made['id']}/next"
    answer = (await http.get(path, headers=alice.headers)).json()
    assert answer["timeZone"] == "Asia/Kathmandu" and len(answer["ticks"]) == 10
    ticks = [_moment(text) for text in answer["ticks"]]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {timedelta(minutes=20)}
    assert ticks[0].minute in (15, 35, 55), "a quarter of an hour off"
    counted = await http.get(f"{path}?count=3", headers=alice.headers)
    assert len(counted.json()["ticks"]) == 3
    for count in ("0", "101", "x"):
        assert parameters(await http.get(f"{path}?count={count}", headers=alice.headers)) == ["count"]


@pytest.mark.parametrize(
    ("fields", "at", "said"),
    [
        ({"cron": "* * * *"}, "/cron", "five fields"),
        ({"cron": "61 * * * *"}, "/cron", "no such minute"),
        ({"cron": "0 0 LW * */7"}, "/cron", "never comes"),
        ({"timeZone": "Berlin"}, "/timeZone", "IANA"),
        ({"timeZone": "../../etc/passwd"}, "/timeZone", "IANA"),
        ({"catchUpSeconds": 9}, "/catchUpSeconds", "10"),
        ({"overlap": "queue"}, "/overlap", "one of allow, buffer, skip"),
        ({"inputs": []}, "/inputs", "an object"),
    ],
)
async def test_what_is_no_schedule_is_told(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], fields: dict[str, Any], at: str, said: str
) -> None:
    sent = {"flowId": flow["id"], "name": "Yearly", "cron": YEARLY}
    made = await http.post("/schedules", json={**sent, **fields}, headers=alice.headers)
    assert pointers(made) == [at]
    assert said in made.json()["errors"][0]["detail"]
    schedule = await make_schedule(http, alice, flow)
    changed = await http.patch(f"/schedules/{schedule['id']}", json=fields, headers=alice.headers)
    assert pointers(changed) == [at]


async def test_a_change_of_its_time_moves_the_next_tick(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    made = await make_schedule(http, alice, flow)
    path = f"/schedules/{made['id']}"
    named = (await http.patch(path, json={"name": "Else"}, headers=alice.headers)).json()
    assert named["nextAt"] == made["nextAt"]
    zoned = (await http.patch(path, json={"timeZone": "Asia/Tokyo"}, headers=alice.headers)).json()
    assert _moment(zoned["nextAt"]).hour == 15
    hourly = (await http.patch(path, json={"cron": "0 * * * *"}, headers=alice.headers)).json()
    assert _moment(hourly["nextAt"]) <= datetime.now(UTC) + timedelta(hours=1)


async def test_pausing_takes_a_note_and_resuming_goes_on_from_now(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    made = await make_schedule(http, alice, flow)
    path = f"/schedules/{made['id']}"
    refused(await http.post(f"{path}/resume", headers=alice.headers), 409, "not-paused")
    paused = await http.post(f"{path}/pause", json={"note": "a holiday"}, headers=alice.headers)
    assert paused.json() | {"paused": True, "note": "a holiday", "nextAt": None} == paused.json()
    refused(await http.post(f"{path}/pause", headers=alice.headers), 409, "paused")
    moved = await http.patch(path, json={"cron": "0 0 2 1 *"}, headers=alice.headers)
    assert moved.json()["nextAt"] is None
    assert len((await http.get(f"{path}/next", headers=alice.headers)).json()["ticks"]) == 10
    listed = await http.get("/schedules?paused=true", headers=alice.headers)
    assert [one["id"] for one in listed.json()["data"]] == [made["id"]]
    stale = {**alice.headers, "If-Match": '"1"'}
    refused(await http.post(f"{path}/resume", headers=stale), 412)
    resumed = (await http.post(f"{path}/resume", headers=alice.headers)).json()
    assert (resumed["paused"], resumed["note"], _moment(resumed["nextAt"]).day) == (False, None, 2)


async def test_run_now_starts_a_run_once_for_its_key(
    http: httpx.AsyncClient, alice: Member, bob: Member, flow: dict[str, Any]
) -> None:
    made = await make_schedule(http, alice, flow, inputs={"who": "world"})
    path = f"/schedules/{made['id']}"
    await http.post(f"{path}/pause", json={}, headers=alice.headers)
    once = {**bob.headers, "Idempotency-Key": "one"}
    first, again = [await http.post(f"{path}/run", headers=once) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    run = (await http.get(first.headers["Location"], headers=alice.headers)).json()
    assert (run["trigger"], run["triggerId"], run["userId"]) == ("schedule", made["id"], bob.user_id)
    assert run["inputs"] == {"who": "world"}
    listed = await http.get("/executions", params={"triggerId": made["id"]}, headers=alice.headers)
    assert [one["id"] for one in listed.json()["data"]] == [run["id"]]


async def test_run_now_says_why_it_cannot(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, inputSchema={"type": "object", "required": ["who"]})
    made = await make_schedule(http, alice, flow)
    path = f"/schedules/{made['id']}/run"
    refused(await http.post(path, headers=alice.headers), 409, "not-published")
    await publish(http, alice, flow)
    assert pointers(await http.post(path, headers=alice.headers)) == ["/inputs"]


async def test_lists_filters_and_removals(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    other = await make_flow(http, alice)
    first, second = await make_schedule(http, alice, flow), await make_schedule(http, alice, other)
    listed = (await http.get("/schedules", headers=alice.headers)).json()["data"]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    of_one = await http.get("/schedules", params={"flowId": flow["id"]}, headers=alice.headers)
    assert [one["id"] for one in of_one.json()["data"]] == [first["id"]]
    in_use = refused(await http.delete(f"/flows/{other['id']}", headers=alice.headers), 409, "in-use")
    assert "1 schedule" in in_use["detail"]
    assert (await http.delete(f"/schedules/{second['id']}", headers=alice.headers)).status_code == 204
    refused(await http.get(f"/schedules/{second['id']}", headers=alice.headers), 404)
    assert (await http.delete(f"/flows/{other['id']}", headers=alice.headers)).status_code == 204


async def test_who_runs_schedules_stays(
    http: httpx.AsyncClient, alice: Member, bob: Member, flow: dict[str, Any]
) -> None:
    await make_schedule(http, bob, flow)
    in_use = refused(await http.delete(f"/users/{bob.user_id}", headers=alice.headers), 409, "in-use")
    assert "1 schedule" in in_use["detail"]


async def test_the_worker_fires_what_is_due(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], served_database: Databases
) -> None:
    made = await make_schedule(http, alice, flow, cron="* * * * *", overlap="allow")
    async with connected(served_database.direct) as owner:
        await owner.execute(
            "UPDATE schedules SET next_at = now() - interval '5 seconds', due_at = now() WHERE id = $1",
            UUID(made["id"]),
        )
    params = {"triggerId": made["id"], "status": "succeeded"}
    async with asyncio.timeout(20):
        while not (await http.get("/executions", params=params, headers=alice.headers)).json()["data"]:
            await asyncio.sleep(0.05)
    fired = (await http.get(f"/schedules/{made['id']}", headers=alice.headers)).json()
    assert fired["lastAt"] and _moment(fired["nextAt"]) > _moment(fired["lastAt"])
