"""Streams of events beside what else a server does: its time limits, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.api.acting import happened, waiting
from tests.conftest import Databases, founded
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.processes import serving


def _settings(database: Databases, **more: str) -> dict[str, str]:
    return {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url, **more}


async def _lab(http: httpx.AsyncClient) -> Lab:
    return Lab(http, await founded(http, "alice@example.com"), EchoServer(), "")


async def _named(lines: AsyncIterator[str], event: str) -> None:
    async for line in lines:
        if line == f"event: {event}":
            return
    raise AssertionError(f"the stream ended without the event {event}")


async def _read(answer: httpx.Response, seen: list[str]) -> None:
    async for line in answer.aiter_lines():
        if line:
            seen.append(line)


async def test_a_stream_may_be_silent_for_longer_than_an_answer_may_take(
    database: Databases, tmp_path: Path
) -> None:
    """Nothing happens while somebody is asked to approve."""
    with serving(tmp_path, _settings(database, RESPONSE_TIMEOUT="1", REQUEST_TIMEOUT="1")) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            lab = await _lab(http)
            run = await waiting(lab, {"key": "ok", "approval": {}})
            path = f"/executions/{run['id']}/events"
            async with http.stream("GET", path, headers=lab.member.headers) as answer:
                seen: list[str] = []
                reading = asyncio.create_task(_read(answer, seen))
                await happened(lambda: seen and '"status":"waiting"' in seen[-1])
                before = list(seen)
                _, open_still = await asyncio.wait({reading}, timeout=3)
                assert open_still and seen == before, "three times as long as an answer may take"
                approved = await lab.post(f"/executions/{run['id']}/steps/ok/approve")
                assert approved.status_code == 200, approved.text
                await reading
    assert '"status":"succeeded"' in seen[-1]


async def test_streams_end_when_the_server_stops(database: Databases, tmp_path: Path) -> None:
    """At once and whole, however long it may wait for what is under way."""
    with serving(tmp_path, _settings(database, SHUTDOWN_TIMEOUT="600")) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as http:
            lab = await _lab(http)
            run = await waiting(lab, {"key": "ok", "approval": {}})
            path = f"/executions/{run['id']}/events"
            async with http.stream("GET", path, headers=lab.member.headers) as answer:
                lines = answer.aiter_lines()
                await _named(lines, "execution")
                served.process.terminate()
                assert [line async for line in lines if line.startswith("event:")] == []
        assert served.process.wait(60) == 0
        assert f'"path":"{path}"' in served.log().replace(" ", "")
