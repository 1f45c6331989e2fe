"""What people do to runs, and what they then look for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.api.factories import make_flow, publish
from tests.conftest import Member
from tests.engine.lab import Lab

FAIL_AT_ONCE = {"maxAttempts": 1}


async def until(lab: Lab, run: dict[str, Any] | str, *statuses: str) -> dict[str, Any]:
    """The run, once it has one of these statuses."""
    id_ = run if isinstance(run, str) else run["id"]
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = await lab.get(f"/executions/{id_}")
            if found["status"] in statuses:
                return found
            await asyncio.sleep(0.02)


async def open_wait(http: httpx.AsyncClient, member: Member) -> str:
    """The id of a run that waits for an approval of its step `ok`, and does nothing until then."""
    flow = await make_flow(http, member, name="Asks", steps=[{"key": "ok", "approval": {}}])
    await publish(http, member, flow)
    run = await http.post(f"/flows/{flow['id']}/executions", json={}, headers=member.headers)
    path = f"/executions/{run.json()['id']}"
    async with asyncio.timeout(30):
        while (await http.get(path, headers=member.headers)).json()["status"] != "waiting":
            await asyncio.sleep(0.02)
    return str(run.json()["id"])


async def waiting(lab: Lab, *steps: dict[str, Any], **document: Any) -> dict[str, Any]:
    """A run of these steps that has come to where it waits."""
    return await until(lab, await lab.start(await lab.flow(*steps, **document)), "waiting")


async def happened(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def cancel(lab: Lab, run: dict[str, Any], **body: Any) -> httpx.Response:
    return await lab.post(f"/executions/{run['id']}/cancel", body or None)


async def resume(lab: Lab, run: dict[str, Any], **body: Any) -> httpx.Response:
    return await lab.post(f"/executions/{run['id']}/resume", body or None)


async def resumed(lab: Lab, run: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The run, once it has ended again."""
    answer = await resume(lab, run, **body)
    assert answer.status_code == 202, answer.text
    return await until(lab, run, "succeeded", "failed", "cancelled")


async def new_version(lab: Lab, flow_id: str, *steps: dict[str, Any], **document: Any) -> int:
    """Published; its number."""
    changed = await lab.http.put(
        f"/flows/{flow_id}", json={"steps": list(steps), **document}, headers=lab.member.headers
    )
    assert changed.status_code == 200, changed.text
    published = await lab.post(f"/flows/{flow_id}/publish")
    assert published.status_code == 200, published.text
    return int(published.json()["publishedVersion"])


def transform(key: str, value: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"key": key, "transform": value, **fields}


def call(key: str, action: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "action": action, "inputs": {}, "retry": FAIL_AT_ONCE, **fields}


async def failing_once(lab: Lab) -> tuple[str, str]:
    """An action that fails the first time that it is called, and its path."""
    path = f"/flaky/{uuid4().hex}/1"
    return await lab.action(path), path


async def completed(lab: Lab, run: dict[str, Any]) -> dict[str, int]:
    """How often each step has completed."""
    counts: dict[str, int] = {}
    for row in await lab.logs(run):
        if row["status"] == "completed" and row["kind"] != "resume":
            counts[row["stepKey"]] = counts.get(row["stepKey"], 0) + 1
    return counts
