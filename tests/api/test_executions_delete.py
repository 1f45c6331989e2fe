"""Runs deleted: only when nothing of them is under way, and with all that is theirs."""

from __future__ import annotations

import asyncpg
import httpx

from tests.api.acting import call, cancel, transform, until, waiting
from tests.api.at_once import at_once, statuses
from tests.api.factories import make_flow, make_log, publish
from tests.api.problems import refused
from tests.api.triggers import deliveries_of, make_hook, make_subscription
from tests.conftest import Databases, Member
from tests.engine.lab import Lab

OK = {"key": "ok", "approval": {}}


async def _delete(lab: Lab, run: str, **headers: str) -> httpx.Response:
    return await lab.http.delete(f"/executions/{run}", headers={**lab.member.headers, **headers})


async def test_it_goes_with_all_that_is_recorded_of_it(lab: Lab, served_database: Databases) -> None:
    flow = await lab.flow(transform("a"), call("c", await lab.action()), OK)
    hook = await make_hook(lab.http, lab.member, {"id": flow})
    await make_subscription(lab.http, lab.member, events=["execution.waiting"])
    run = (await lab.http.post(hook["path"], json={})).json()["executionId"]
    await until(lab, run, "waiting")
    await lab.post(f"/executions/{run}/steps/ok/approve")
    await until(lab, run, "succeeded")
    noted = await make_log(lab.http, lab.member, {"id": flow}, executionId=run)
    gone = await _delete(lab, run)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await lab.http.get(f"/executions/{run}", headers=lab.member.headers), 404, "not-found")
    refused(await _delete(lab, run), 404, "not-found")
    left = await lab.get("/execution-logs", executionId=run)
    assert [log["id"] for log in left["data"]] == [noted["id"]], "what a client wrote is the client's"
    assert await deliveries_of(lab.http, lab.member, f"/flows/{flow}/hooks/{hook['id']}") == []
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        for table in ("waits", "event_deliveries", "hook_deliveries"):
            held = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE execution_id = $1", run)
            assert held == 0, table
    finally:
        await connection.close()


async def test_one_that_has_not_ended_stays(lab: Lab) -> None:
    run = await waiting(lab, OK)
    refused(await _delete(lab, run["id"]), 409, "run-not-finished")
    await cancel(lab, run)
    assert (await _delete(lab, run["id"])).status_code == 204


async def test_one_whose_parent_has_not_read_its_end_stays(lab: Lab) -> None:
    child = await lab.flow(transform("a"))
    parent = await waiting(lab, {"key": "sub", "flow": {"id": child}}, OK)
    (run,) = (await lab.get("/executions", parentId=parent["id"]))["data"]
    await until(lab, run, "succeeded")
    assert parent["id"] in refused(await _delete(lab, run["id"]), 409, "run-not-finished")["detail"]
    await until(lab, parent, "waiting")
    await cancel(lab, parent)
    assert (await _delete(lab, parent["id"])).status_code == 204
    assert (await lab.get(f"/executions/{run['id']}"))["parentId"] == parent["id"]
    assert (await _delete(lab, run["id"])).status_code == 204


async def test_only_as_it_was_seen(lab: Lab) -> None:
    run = await lab.run(transform("a"))
    stale = f'"{run["revision"] + 1}"'
    refused(await _delete(lab, run["id"], **{"If-Match": stale}), 412, "precondition-failed")
    current = f'"{run["revision"]}"'
    assert (await _delete(lab, run["id"], **{"If-Match": current})).status_code == 204


async def test_at_once_it_goes_once_or_is_resumed(lab: Lab) -> None:
    for _ in range(5):
        run = await waiting(lab, OK)
        await cancel(lab, run)
        requests = [_delete(lab, run["id"]) for _ in range(3)]
        answers = await at_once(
            *requests, lab.post(f"/executions/{run['id']}/resume"), expected={202, 204, 404, 409}
        )
        ended = statuses(answers)
        assert ended[204] + ended[202] == 1, ended


async def test_then_its_flow_and_its_organization_can_go(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await publish(http, alice, await make_flow(http, alice))
    started = await http.post(f"/flows/{flow['id']}/executions?wait=30", headers=alice.headers)
    hook = await make_hook(http, alice, flow)
    await make_subscription(http, alice)
    detail = refused(await http.delete(f"/flows/{flow['id']}", headers=alice.headers), 409, "in-use")[
        "detail"
    ]
    assert detail == "The flow has 1 execution; delete them first."
    held = refused(await http.delete(f"/organizations/{alice.org_id}"), 409, "in-use")["detail"]
    for what in ("1 user", "1 flow", "1 execution", "1 execution log", "1 hook"):
        assert what in held
    for path in (
        started.headers["Location"],
        f"/flows/{flow['id']}/hooks/{hook['id']}",
        f"/flows/{flow['id']}",
        f"/users/{alice.user_id}",
    ):
        gone = await http.delete(path, headers=alice.headers)
        assert gone.status_code == 204, (path, gone.text)
    assert (await http.delete(f"/organizations/{alice.org_id}")).status_code == 204
