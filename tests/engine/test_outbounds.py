"""Clients of several organizations in one process: what one may reach, another must not get by what is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.engine.echo_server import EchoServer, serving
from tests.engine.home import Home, neighbour, published
from tests.engine.test_outbound_addresses import Names
from tolstoy.core.ids import new_id
from tolstoy.domain import action_request, executions
from tolstoy.domain.egress import Policy
from tolstoy.engine import outbounds
from tolstoy.engine.outbound import CallError
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.runner import Runner

ALICE, CHARLIE, DAVE = (new_id() for _ in range(3))
LOCAL = json.dumps(["127.0.0.1/32"])


@pytest.fixture
async def tool() -> AsyncIterator[EchoServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def clients() -> AsyncIterator[Outbounds]:
    async with Outbounds(Policy(), max_response_bytes=1 << 20) as made:
        yield made


async def reached(clients: Outbounds, org: Any, url: str) -> bool:
    request = action_request.for_http({"method": "GET", "url": url})
    try:
        return (await clients.send(org, request, timeout_seconds=10)).status == 200
    except CallError as exc:
        if exc.kind != "refused_address" or exc.sent:
            raise
        return False


async def test_a_kept_connection_is_not_anothers(clients: Outbounds, tool: EchoServer) -> None:
    clients.hear(ALICE, LOCAL)
    clients.hear(CHARLIE, json.dumps(["10.0.0.0/8"]))
    assert await reached(clients, ALICE, f"{tool.url}/")
    assert not await reached(clients, CHARLIE, f"{tool.url}/")
    assert not await reached(clients, DAVE, f"{tool.url}/")  # of whom nothing was heard
    clients.hear(DAVE, LOCAL)
    assert await reached(clients, DAVE, f"{tool.url}/")
    clients.hear(ALICE, None)
    assert not await reached(clients, ALICE, f"{tool.url}/")
    assert len(tool.requests) == 2


async def test_a_name_that_was_looked_up_is_looked_up_again_for_another(tool: EchoServer) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with Outbounds(Policy(), max_response_bytes=1 << 20, resolver=names) as clients:
        url = f"http://tool.example:{tool.port}/"
        clients.hear(ALICE, LOCAL)
        clients.hear(CHARLIE, json.dumps(["127.0.0.1/32", "10.0.0.0/8"]))
        assert await reached(clients, ALICE, url)
        # by the first answer it may go there, by its own not
        assert not await reached(clients, CHARLIE, url)
    assert len(tool.requests) == 1


async def test_what_the_settings_allow_is_everybodys(tool: EchoServer) -> None:
    async with Outbounds(Policy.allowing(["localhost"]), max_response_bytes=1 << 20) as clients:
        clients.hear(ALICE, json.dumps(["10.0.0.0/8"]))
        for org in (ALICE, CHARLIE):
            assert await reached(clients, org, f"http://localhost:{tool.port}/")
            assert not await reached(clients, org, f"{tool.url}/")


async def test_clients_that_are_not_used_are_closed_and_others_not(
    clients: Outbounds, tool: EchoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbounds, "MOST_KEPT", 2)
    asked, others_have_asked = asyncio.Event(), asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        asked.set()
        await others_have_asked.wait()
        return web.json_response({})

    async with listening(answer) as url:
        clients.hear(ALICE, LOCAL)
        slow = asyncio.create_task(reached(clients, ALICE, f"{url}/slow"))
        await asked.wait()
        for number in range(5):
            clients.hear(CHARLIE, json.dumps(["127.0.0.1/32", f"10.0.0.{number}/32"]))
            assert await reached(clients, CHARLIE, f"{tool.url}/")
        others_have_asked.set()
        assert await slow
    assert await reached(clients, ALICE, f"{tool.url}/")


@asynccontextmanager
async def listening(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """The address of a tool that answers so."""
    app = web.Application()
    app.router.add_get("/{name}", answer)
    server = web.AppRunner(app, access_log=None)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{server.addresses[0][1]}"
    finally:
        await server.cleanup()


class Listener:
    """A tool that takes an allowance away before it answers."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.seen: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path)
        if request.path == "/last":
            await allow(self._home, None)
        return web.json_response({})


@pytest.fixture
async def listener(home: Home) -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener(home)
    async with listening(listener.answer) as url:
        yield listener, url


async def allow(home: Home, entries: list[str] | None) -> None:
    text = None if entries is None else json.dumps(entries)
    await home.owner.execute(
        "UPDATE organizations SET egress_allow = $1 WHERE id = $2", text, home.scope.org_id
    )


async def ended(home: Home, runner: Runner, steps: list[dict[str, Any]]) -> dict[str, str]:
    """How the steps of a run ended."""
    run = await executions.start(home.scope, await published(home.scope, steps=steps), {})
    job = await home.owner.fetchval("SELECT job_id FROM executions WHERE id = $1", run.id)
    await runner.work(home.scope.org_id, run.id, job)
    rows = await home.owner.fetch(
        "SELECT step_key, status FROM execution_logs WHERE execution_id = $1", run.id
    )
    return {row["step_key"]: row["status"] for row in rows}


async def test_a_step_calls_by_what_holds_as_it_begins(
    home: Home, clients: Outbounds, listener: tuple[Listener, str]
) -> None:
    """Of another organization at the same worker, never."""
    tool, url = listener
    other = await neighbour(home)
    runner = Runner(home.database, clients, max_payload_bytes=1 << 20, public_url="http://t")
    steps: list[dict[str, Any]] = [
        {"key": key, "http": {"method": "GET", "url": f"{url}/{key}"}, "retry": {"maxAttempts": 1}}
        for key in ("first", "last", "after")
    ]
    await allow(home, ["127.0.0.1"])
    assert await ended(home, runner, steps) == {"first": "completed", "last": "completed", "after": "failed"}
    await allow(home, ["127.0.0.1"])
    assert await ended(home, runner, steps[:1]) == {"first": "completed"}
    assert await ended(other, runner, steps[:1]) == {"first": "failed"}
    assert tool.seen == ["/first", "/last", "/first"]
