"""Calls inside, from each place of the API that makes the service call an address."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.factories import make_action, make_tool
from tests.api.problems import pointers
from tests.api.triggers import deliveries_of, make_subscription
from tests.conftest import Databases, Member
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.tenancy.connections import connected

# The served API may call 127.0.0.1 and nothing else of what is inside; these all lead to this machine.
INSIDE = [
    "http://127.0.0.2:{port}", "http://0.0.0.0:{port}", "http://[::1]:{port}", "http://[::ffff:127.0.0.2]:{port}",
    "http://2130706433:{port}", "http://0x7f.1:{port}", "http://127.1:{port}", "http://0177.0.0.1:{port}",
    "http://[64:ff9b::7f00:1]:{port}", "http://[2002:7f00:1::]:{port}",
]  # fmt: skip
NO_URLS = [
    "http://user@127.0.0.2:{port}",
    "http://127%2e0%2e0%2e2:{port}",
    "ws://127.0.0.2:{port}",
    "file:///etc/x",
]


@pytest.mark.parametrize("place", INSIDE)
async def test_an_action_does_not_call_inside(
    http: httpx.AsyncClient, alice: Member, inside: EchoServer, lab: Lab, place: str
) -> None:
    """Neither by POST /actions/:id/execute, nor as the step of a run."""
    tool = await make_tool(http, alice, baseUrl=place.format(port=inside.port))
    action = await make_action(http, alice, tool, method="GET", endpoint="/secret", key="inside")
    executed = await http.post(
        f"/actions/{action['id']}/execute?wait=20", json={}, headers=alice.headers, timeout=40
    )
    run = await lab.run({"key": "call", "action": "inside", "retry": {"maxAttempts": 1}})
    for execution in (executed.json(), run):
        assert execution["status"] == "failed"
        assert "where calls may not go" in str(execution["error"])
    assert not inside.requests


@pytest.mark.parametrize("place", INSIDE)
async def test_an_http_step_does_not_call_inside(lab: Lab, inside: EchoServer, place: str) -> None:
    """Neither an address that is written in the flow, nor one that comes with its inputs, nor by a redirect."""
    to = f"{place.format(port=inside.port)}/secret"
    written = await lab.run({"key": "call", "http": {"method": "GET", "url": to}})
    given = await lab.run(
        {"key": "call", "http": {"method": "GET", "url": "{{ inputs.to }}"}}, inputs={"to": to}
    )
    there = {"url": f"{lab.echo.url}/redirect", "query": {"to": to}, "method": "GET"}
    sent_on = await lab.run({"key": "call", "http": there})
    for run in (written, given, sent_on):
        assert run["status"] == "failed"
        assert "where calls may not go" in str(run["error"])
    assert not inside.requests


@pytest.mark.parametrize("place", [*INSIDE, *NO_URLS, "http://8.8.8.8:6667", "http://8.8.8.8:25"])
async def test_a_subscription_inside_is_not_saved(
    http: httpx.AsyncClient, alice: Member, inside: EchoServer, place: str
) -> None:
    url = place.format(port=inside.port)
    sent: dict[str, Any] = {"url": url, "events": ["execution.failed"]}
    assert pointers(await http.post("/subscriptions", json=sent, headers=alice.headers)) == ["/url"]
    made = await make_subscription(http, alice)
    path = f"/subscriptions/{made['id']}"
    for method in ("PUT", "PATCH"):
        changed = await http.request(method, path, json={"url": url}, headers=alice.headers)
        assert pointers(changed) == ["/url"]
    assert (await http.get(path, headers=alice.headers)).json() == {
        name: value for name, value in made.items() if name != "secret"
    }


@pytest.mark.parametrize("place", INSIDE)
async def test_a_subscription_is_not_sent_inside(
    http: httpx.AsyncClient, alice: Member, inside: EchoServer, served_database: Databases, place: str
) -> None:
    """One that was saved when the policy was another: it is judged at each delivery all the same."""
    made = await make_subscription(http, alice)
    async with connected(served_database.direct) as owner:
        url = f"{place.format(port=inside.port)}/events"
        await owner.execute("UPDATE subscriptions SET url = $1 WHERE id = $2", url, UUID(made["id"]))
    path = f"/subscriptions/{made['id']}"
    assert (await http.post(f"{path}/test", headers=alice.headers)).status_code == 200
    async with asyncio.timeout(20):
        while not (attempts := (await deliveries_of(http, alice, path))[0]["attempts"]):
            await asyncio.sleep(0.05)
    assert attempts[0]["status"] is None
    assert attempts[0]["error"].startswith("refused_address: ")
    assert not inside.requests
