"""Waiting for a run in the request that starts it: when it is sent again, too, and never longer than may be."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.api.acting import transform, until
from tests.api.factories import make_flow, publish
from tests.api.triggers import make_hook
from tests.conftest import Databases, founded
from tests.engine.lab import Lab
from tests.processes import serving

ASKS = {"key": "ok", "approval": {}}


async def _start(lab: Lab, flow: str, key: str, **params: Any) -> httpx.Response:
    headers = {**lab.member.headers, "Idempotency-Key": key}
    return await lab.http.post(f"/flows/{flow}/executions", params=params, headers=headers)


async def test_a_start_that_is_sent_again_waits_for_the_run_of_the_first(lab: Lab) -> None:
    flow, key = await lab.flow(transform("a"), output=7), uuid4().hex
    first = await _start(lab, flow, key, wait=30)
    again = await _start(lab, flow, key, wait=30)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.json()["output"] == 7
    for name in ("ETag", "Location"):
        assert again.headers[name] == first.headers[name]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    without = await _start(lab, flow, key)
    assert (without.status_code, without.json()["status"]) == (202, "queued"), "the answer that was kept"
    assert len((await lab.get("/executions", flowId=flow))["data"]) == 1


async def test_of_a_run_that_has_not_ended_the_present_state_is_told(lab: Lab) -> None:
    flow, key = await lab.flow(ASKS), uuid4().hex
    first = await _start(lab, flow, key)
    await until(lab, first.json(), "waiting")
    again = await _start(lab, flow, key, wait=0.01)
    assert (again.status_code, again.json()["status"]) == (202, "waiting")
    assert (again.json()["id"], again.headers["Idempotency-Replayed"]) == (first.json()["id"], "true")


async def test_of_a_run_that_has_gone_the_kept_answer_stays(lab: Lab) -> None:
    flow, key = await lab.flow(transform("a")), uuid4().hex
    first = await _start(lab, flow, key, wait=30)
    gone = await lab.http.delete(first.headers["Location"], headers=lab.member.headers)
    assert gone.status_code == 204
    again = await _start(lab, flow, key, wait=30)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


async def test_a_wait_ends_before_the_server_gives_the_request_up(
    database: Databases, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving(tmp_path, {**settings, "RESPONSE_TIMEOUT": "3"}) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as http:
            alice = await founded(http, "alice@example.com")
            flow = await publish(http, alice, await make_flow(http, alice, steps=[ASKS]))
            hook = await make_hook(http, alice, flow, answer="when-done", timeoutSeconds=50)
            started = await http.post(
                f"/flows/{flow['id']}/executions", params={"wait": 50}, headers=alice.headers
            )
            sent = await http.post(hook["path"], json={})
    unfinished = {"queued", "running", "waiting"}  # as far as it came in that time
    assert started.status_code == 202 and started.json()["status"] in unfinished
    assert sent.status_code == 202 and sent.json()["status"] in unfinished


async def test_who_waits_is_answered_when_the_server_stops(database: Databases, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as http:
            alice = await founded(http, "alice@example.com")
            flow = await publish(http, alice, await make_flow(http, alice, steps=[ASKS]))
            hook = await make_hook(http, alice, flow, answer="when-done", timeoutSeconds=50)
            start = asyncio.create_task(
                http.post(f"/flows/{flow['id']}/executions", params={"wait": 50}, headers=alice.headers)
            )
            send = asyncio.create_task(http.post(hook["path"], json={}))
            async with asyncio.timeout(20):
                while len((await http.get("/executions", headers=alice.headers)).json()["data"]) < 2:
                    await asyncio.sleep(0.02)
            served.process.send_signal(signal.SIGTERM)
            started, sent = await start, await send
    assert started.status_code == sent.status_code == 202
    assert started.headers["Location"] == f"/executions/{started.json()['id']}"
