"""The list of ways to write an address inside, each tried against listeners that would notice a single connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.engine.echo_server import EchoServer, serving
from tolstoy.domain import action_request, url
from tolstoy.domain.egress import Policy
from tolstoy.engine.outbound import CallError, Outbound

LINES = [
    line
    for line in (Path(__file__).parent / "egress_payloads.txt").read_text().split("\n")
    if line and not line.startswith("#")
]
PUBLIC = "127.0.0.77"  # the one address that calls may go to: here it stands for all that is outside


def _payloads(*kinds: str) -> list[tuple[str, str]]:
    found = [(kind, payload) for kind, _, payload in (line.partition(" ") for line in LINES)]
    return [(kind, payload) for kind, payload in found if kind in kinds]


@dataclass
class Inside:
    """What listens on every address of this machine, under one port."""

    port: int = 0
    connections: list[str] = field(default_factory=list)

    async def heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(str(writer.get_extra_info("sockname")))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
        writer.close()


@pytest.fixture(scope="module")
async def inside() -> AsyncIterator[Inside]:
    listeners = Inside()
    async with AsyncExitStack() as stack:
        four = await asyncio.start_server(listeners.heard, "0.0.0.0", 0)
        await stack.enter_async_context(four)
        listeners.port = four.sockets[0].getsockname()[1]
        await stack.enter_async_context(await asyncio.start_server(listeners.heard, "::", listeners.port))
        for address in ("127.0.0.1", "::1"):  # they would notice
            _, writer = await asyncio.open_connection(address, listeners.port)
            writer.close()
        await asyncio.sleep(0)
        while len(listeners.connections) < 2:
            await asyncio.sleep(0.01)
        listeners.connections.clear()
        yield listeners


@pytest.fixture(scope="module")
async def tool() -> AsyncIterator[EchoServer]:
    """A tool outside."""
    async with serving(host=PUBLIC) as server:
        yield server


class Names(AbstractResolver):
    """Every name has these addresses, one list for each look-up, and the last one ever after."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = answers or (["127.0.0.1", "::1"],)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append(host)
        return [
            ResolveResult(
                hostname="cname.example",  # what the name was an alias of
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


async def refusal(address: str, names: Names, *allowed: str) -> CallError | action_request.RequestError:
    request = {"method": "GET", "url": address}
    async with Outbound(Policy.allowing(allowed), max_response_bytes=1 << 20, resolver=names) as outbound:
        with pytest.raises((CallError, action_request.RequestError)) as caught:
            await outbound.send(action_request.for_http(request), timeout_seconds=20)
    return caught.value


def test_there_are_many() -> None:
    assert len(LINES) == len(set(LINES)) >= 150
    assert {line.split()[0] for line in LINES} == {"call", "name", "301", "302", "303", "307", "308"}


@pytest.mark.parametrize("payload", [payload for _, payload in _payloads("call")])
async def test_no_call_reaches_inside(inside: Inside, payload: str) -> None:
    """Either it is no URL, which is said of the input, or the address is refused, before anything is sent."""
    address = payload.replace("{port}", str(inside.port))
    error = await refusal(address, Names())
    if isinstance(error, CallError):
        assert (error.kind, error.sent) == ("refused_address", False), error
        assert "where calls may not go" in error.detail
    else:
        assert [finding.pointer for finding in error.findings] == ["/url"]
        assert len(error.findings[0].detail) > 10
    assert inside.connections == []


@pytest.mark.parametrize("payload", [payload for _, payload in _payloads("name")])
async def test_no_name_leads_inside(inside: Inside, payload: str) -> None:
    answers = [part.split() for part in payload.split(";")]
    names = Names(*answers)
    for look_up in range(len(answers)):
        error = await refusal(f"http://name.example:{inside.port}/", names)
        assert isinstance(error, CallError)
        assert (error.kind, error.sent) == ("refused_address", False), error
        assert len(names.asked) == look_up + 1
        assert error.detail.startswith("name.example: ")
    assert inside.connections == []


@pytest.mark.parametrize(("status", "payload"), _payloads("301", "302", "303", "307", "308"))
async def test_no_redirect_leads_inside(inside: Inside, tool: EchoServer, status: str, payload: str) -> None:
    to = quote(payload.replace("{port}", str(inside.port)), safe="")
    before = len(tool.requests)
    error = await refusal(f"{tool.url}/redirect?status={status}&to={to}", Names(), PUBLIC)
    assert isinstance(error, CallError)
    assert (error.kind in ("refused_address", "redirect"), error.sent) == (True, True), error
    assert len(tool.requests) == before + 1, "the tool itself was reached"
    assert inside.connections == []


async def test_a_name_that_changes_between_two_calls_is_judged_at_each(
    inside: Inside, tool: EchoServer
) -> None:
    """Rebinding: outside when it is first looked up, inside afterwards; on one client, as a worker has it."""
    names = Names([PUBLIC], ["127.0.0.1"])
    policy = Policy.allowing([PUBLIC])
    there = {"method": "GET", "url": f"http://rebinding.example:{tool.port}/close-early"}
    async with Outbound(policy, max_response_bytes=1 << 20, resolver=names) as outbound:
        # the first is answered by the tool, which closes the connection, so that each call connects anew
        with pytest.raises(CallError) as first:
            await outbound.send(action_request.for_http(there), timeout_seconds=20)
        inwards = {"method": "GET", "url": f"http://rebinding.example:{inside.port}/"}
        with pytest.raises(CallError) as second:
            await outbound.send(action_request.for_http(inwards), timeout_seconds=20)
    assert (first.value.kind, first.value.sent) == ("connection", True)
    assert (second.value.kind, second.value.sent) == ("refused_address", False)
    assert inside.connections == []


async def test_a_call_looks_a_name_up_once_and_connects_to_what_it_judged(
    inside: Inside, tool: EchoServer
) -> None:
    """There is no second look-up between the judgement and the connection that could answer otherwise."""
    names = Names([PUBLIC], ["127.0.0.1"], ["127.0.0.1"])
    request = action_request.for_http({"method": "GET", "url": f"http://once.example:{tool.port}/echo"})
    async with Outbound(Policy.allowing([PUBLIC]), max_response_bytes=1 << 20, resolver=names) as outbound:
        assert (await outbound.send(request, timeout_seconds=20)).status == 200
    assert names.asked == ["once.example"]
    assert tool.requests[-1]["headers"]["host"] == f"once.example:{tool.port}"


@pytest.mark.parametrize("addresses", [["127.0.0.1", "::1", PUBLIC], [PUBLIC, "::1"], ["::1", PUBLIC]])
async def test_of_a_name_inside_and_outside_only_outside_is_reached(
    inside: Inside, tool: EchoServer, addresses: list[str]
) -> None:
    request = action_request.for_http({"method": "GET", "url": f"http://mixed.example:{tool.port}/echo"})
    policy = Policy.allowing([PUBLIC])
    async with Outbound(policy, max_response_bytes=1 << 20, resolver=Names(addresses)) as outbound:
        assert (await outbound.send(request, timeout_seconds=20)).status == 200
    error = await refusal(f"http://mixed.example:{inside.port}/", Names(["127.0.0.1", "::1"]), PUBLIC)
    assert isinstance(error, CallError) and error.kind == "refused_address"
    assert inside.connections == []


@pytest.mark.parametrize("payload", [payload for _, payload in _payloads("call")])
def test_what_is_saved_to_be_called_is_refused_as_it_is_written(payload: str) -> None:
    """All of the list but names, which are judged by where they lead when they are called."""
    address = payload.replace("{port}", "8080")
    try:
        refused = Policy().refusal_of(address)
    except url.UrlError:
        return
    host = url.split(address).origin.partition("://")[2]
    assert refused or host.partition(":")[0].rstrip(".") in NAMES, host


NAMES = {
    "localhost.localdomain", "ip6-localhost", "127.0.0.1.nip.io", "7f000001.nip.io", "localtest.me",
    "metadata.google.internal", "metadata", "instance-data.ec2.internal", "kubernetes.default.svc",
    "host.docker.internal", "spoofed.example.com", "xn--bcher-kva.example",
    "example.com", "0o17700000001", "-2130706433",
}  # fmt: skip
