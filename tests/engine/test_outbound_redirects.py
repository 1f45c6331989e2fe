"""Redirects, which are followed by hand: each one is a call of its own."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from tests.engine.echo_server import EchoServer, serving
from tolstoy.domain.action_request import Request
from tolstoy.domain.egress import Policy
from tolstoy.engine.outbound import CallError, Outbound, decoded

HEADERS = {"Authorization": "Bearer secret", "Cookie": "a=b", "X-Api-Key": "secret", "Idempotency-Key": "k",
           "Content-Type": "application/json", "Accept": "application/json"}  # fmt: skip


@pytest.fixture
async def tool() -> AsyncIterator[EchoServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[EchoServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(Policy.allowing(["127.0.0.1"]), max_response_bytes=1 << 20) as client:
        yield client


def redirecting(tool: EchoServer, to: str, status: int = 302, method: str = "GET") -> Request:
    body = b"{}" if method in ("POST", "PUT", "PATCH") else None
    url = f"{tool.url}/redirect?status={status}&to={quote(to, safe='')}"
    return Request(method=method, url=url, headers=dict(HEADERS), body=body)


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
        (301, "PUT", "PUT"), (302, "PATCH", "PATCH"), (303, "PUT", "GET"), (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"), (301, "GET", "GET"), (307, "DELETE", "DELETE"),
    ],
)  # fmt: skip
async def test_methods_and_bodies_are_kept_or_dropped_as_the_standard_says(
    outbound: Outbound, tool: EchoServer, status: int, method: str, then: str
) -> None:
    answer = await outbound.send(redirecting(tool, "/echo?a=1", status, method), timeout_seconds=10)
    seen = tool.requests[-1]
    assert (answer.status, answer.redirects, answer.url) == (200, 1, f"{tool.url}/echo?a=1")
    assert (seen["method"], seen["query"]) == (then, [["a", "1"]])
    kept = then in ("POST", "PUT", "PATCH")
    assert (seen["body"], "content-type" in seen["headers"]) == ("{}" if kept else "", kept or then == method)
    assert (seen["headers"]["authorization"], seen["headers"]["cookie"]) == ("Bearer secret", "a=b")


@pytest.mark.parametrize("status", [302, 307])
async def test_another_origin_gets_none_of_the_secrets(
    outbound: Outbound, tool: EchoServer, other: EchoServer, status: int
) -> None:
    answer = await outbound.send(redirecting(tool, f"{other.url}/echo", status, "POST"), timeout_seconds=10)
    headers = decoded(answer)["headers"]
    assert headers["host"] == f"127.0.0.1:{other.port}" and headers["accept"] == "application/json"
    assert not {"authorization", "cookie", "x-api-key", "idempotency-key"} & headers.keys()
    assert "secret" not in str(other.requests)


@pytest.mark.parametrize(
    ("to", "arrives"),
    [("echo", "/echo"), ("./a/../b", "/b"), ("//{}/c", "/c"), ("/a b", "/a%20b"),
     ("/é", "/%C3%A9"), ("/a%2Fb", "/a%2Fb"), ("/a#part", "/a"), (" /a ", "/a")],
)  # fmt: skip
async def test_where_a_location_leads(outbound: Outbound, tool: EchoServer, to: str, arrives: str) -> None:
    call = redirecting(tool, to.format(f"127.0.0.1:{tool.port}"))
    await outbound.send(call, timeout_seconds=10)
    assert tool.requests[-1]["path"] == arrives


@pytest.mark.parametrize("status", [300, 304, 305])
async def test_other_3xx_are_answers(outbound: Outbound, tool: EchoServer, status: int) -> None:
    answer = await outbound.send(redirecting(tool, "/echo", status), timeout_seconds=10)
    assert (answer.status, answer.redirects) == (status, 0)


async def test_a_redirect_to_nowhere_is_an_answer(outbound: Outbound, tool: EchoServer) -> None:
    call = Request(method="GET", url=f"{tool.url}/status/302", headers={})
    assert (await outbound.send(call, timeout_seconds=10)).status == 302


async def test_five_redirects_are_followed_and_a_sixth_is_not(outbound: Outbound, tool: EchoServer) -> None:
    path = "/echo"
    for _ in range(4):
        path = f"/redirect?to={quote(path, safe='')}"
    assert (await outbound.send(redirecting(tool, path), timeout_seconds=10)).redirects == 5
    with pytest.raises(CallError) as caught:
        await outbound.send(redirecting(tool, f"/redirect?to={quote(path, safe='')}"), timeout_seconds=10)
    assert (caught.value.kind, caught.value.sent) == ("redirect", True)
    assert "5 times" in caught.value.detail


@pytest.mark.parametrize(
    "to",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http://user:pass@127.0.0.1/",
     "http://127.0.0.1:99999/", "http://[::1/", "gopher://127.0.0.1:70/x", "http://a\\@127.0.0.1/"],
)  # fmt: skip
async def test_a_redirect_to_what_is_no_place_for_calls_fails(
    outbound: Outbound, tool: EchoServer, to: str
) -> None:
    with pytest.raises(CallError) as caught:
        await outbound.send(redirecting(tool, to), timeout_seconds=10)
    assert (caught.value.kind, caught.value.sent, len(tool.requests)) == ("redirect", True, 1)


@pytest.mark.parametrize(
    ("to", "kind"),
    [("http://127.0.0.2:{}/", "refused_address"), ("http://169.254.169.254/latest/meta-data", "refused_address"),
     ("http://[::1]:{}/", "refused_address"), ("http://2130706433:{}/", "refused_address"),
     ("http://0x7f.1:{}/", "refused_address"), ("http://127.0.0.1:1/", "connection")],
)  # fmt: skip
async def test_a_call_that_ends_at_a_later_place_has_reached_the_first(
    outbound: Outbound, tool: EchoServer, to: str, kind: str
) -> None:
    with pytest.raises(CallError) as caught:
        await outbound.send(redirecting(tool, to.format(tool.port), 303, "POST"), timeout_seconds=10)
    assert (caught.value.kind, caught.value.sent, len(tool.requests)) == (kind, True, 1)
