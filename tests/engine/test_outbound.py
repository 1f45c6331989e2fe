"""The client against a real server: what it sends, what it makes of answers, and what it survives."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.engine.echo_server import EchoServer, serving
from tolstoy import __version__
from tolstoy.domain.action_request import Request
from tolstoy.domain.egress import Policy
from tolstoy.engine.outbound import CallError, Outbound, Response, decoded

MEGABYTE = 1 << 20
Answering = Callable[..., Awaitable[str]]
LOCAL = Policy.allowing(["127.0.0.1"])


@pytest.fixture
async def tool() -> AsyncIterator[EchoServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(LOCAL, max_response_bytes=MEGABYTE) as client:
        yield client


def request(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Request:
    return Request(
        method=method,
        url=url,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
        body=body,
    )


async def failed(call: Awaitable[Response]) -> CallError:
    with pytest.raises(CallError) as caught:
        await call
    return caught.value


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """Servers that answer whatever is asked with these bytes."""
    servers: list[asyncio.Server] = []
    writers: list[asyncio.StreamWriter] = []

    async def start(answer: bytes, close: bool = True) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if close:
                writer.close()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    yield start
    for writer in writers:
        writer.transport.abort()
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_a_call_arrives_as_it_was_made(outbound: Outbound, tool: EchoServer) -> None:
    call = Request(
        method="POST", url=f"{tool.url}/orders/a%2Fb?x=1", headers={"X-A": "é", "Content-Type": "application/json"},
        query=[("q", "a b&c"), ("q", "+%")], body=b'{"a":1}',
    )  # fmt: skip
    answer = await outbound.send(call, timeout_seconds=10)
    seen = decoded(answer)
    assert (answer.status, answer.redirects, answer.headers["content-type"]) == (200, 0, "application/json")
    assert answer.url == f"{tool.url}/orders/a%2Fb?x=1&q=a%20b%26c&q=%2B%25" and answer.elapsed_seconds > 0
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/orders/a%2Fb", '{"a":1}')
    assert seen["query"] == [["x", "1"], ["q", "a b&c"], ["q", "+%"]]
    assert seen["headers"] == {
        "host": f"127.0.0.1:{tool.port}", "user-agent": f"Tolstoy/{__version__}", "accept": "*/*", "x-a": "é",
        "accept-encoding": seen["headers"]["accept-encoding"], "content-type": "application/json",
        "content-length": "7",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_without_a_body_nothing_is_said_of_its_type(
    outbound: Outbound, tool: EchoServer, method: str
) -> None:
    answer = await outbound.send(request(f"{tool.url}/echo", method), timeout_seconds=10)
    seen = tool.requests[-1]
    assert (answer.status, seen["method"], "content-type" in seen["headers"]) == (200, method, False)
    assert (answer.body == b"") == (method == "HEAD")


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 404, 418, 429, 500, 503, 599])
async def test_every_status_is_an_answer(outbound: Outbound, tool: EchoServer, status: int) -> None:
    answer = await outbound.send(request(f"{tool.url}/status/{status}?retryAfter=7"), timeout_seconds=10)
    assert answer.status == status
    assert status in (204, 304) or answer.headers["retry-after"] == "7"


async def test_nothing_of_the_environment_or_of_earlier_calls_is_sent(
    tool: EchoServer,
    answering: Answering,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", await answering(b"HTTP/1.1 500 A-Proxy\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with Outbound(LOCAL, max_response_bytes=MEGABYTE) as outbound:
        setting = await answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        assert (await outbound.send(request(setting), timeout_seconds=10)).headers["set-cookie"] == "a=b"
        seen = decoded(await outbound.send(request(f"{tool.url}/echo"), timeout_seconds=10))
    assert not {"cookie", "authorization", "proxy-authorization"} & seen["headers"].keys()


async def test_headers_can_be_stored_whatever_their_bytes(outbound: Outbound, answering: Answering) -> None:
    url = await answering(
        b"HTTP/1.1 200 OK\r\nX-Bad: a\xff\xed\xa0\x80\r\nX-Good: \xc3\xa9\r\nX-Two: 1\r\nx-two: 2\r\n"
        b"Set-Cookie: a=1; Expires=Mon, 1 Jan 2035\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    )
    headers = (await outbound.send(request(url), timeout_seconds=10)).headers
    assert "\n".join(headers.values()).encode().decode() == "\n".join(headers.values())
    assert (headers["x-good"], headers["x-two"]) == ("é", "1, 2")
    assert headers["set-cookie"] == "a=1; Expires=Mon, 1 Jan 2035\nb=2"


@contextlib.contextmanager
def resident() -> Iterator[list[int]]:
    """The bytes that this process has in memory: before, again and again meanwhile, and after."""
    process, over = psutil.Process(), threading.Event()
    seen = [process.memory_info().rss]

    def look() -> None:
        while not over.wait(0.002):
            seen.append(process.memory_info().rss)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        seen.append(process.memory_info().rss)
        over.set()
        looking.join()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/hang", "timeout"), ("/drip", "timeout"), ("/drip-headers", "timeout"), ("/slow?seconds=60", "timeout"),
        ("/huge", "too_large"), ("/huge?announced=1", "too_large"), ("/gzip-bomb", "too_large"),
        ("/close-early", "connection"), ("/close-at-once", "connection"), ("/close-chunked", "connection"),
        ("/loop", "redirect"), ("/garbage", "protocol"), ("/switch", "protocol"), ("/bad-gzip", "protocol"),
        ("/bad-json", "invalid_response"), ("/bad-utf8", "invalid_response"), ("/nul", "invalid_response"),
        ("/deep", "invalid_response"),
    ],
)  # fmt: skip
async def test_a_hostile_tool_costs_its_own_call_and_no_more(
    outbound: Outbound, tool: EchoServer, path: str, kind: str
) -> None:
    async def called() -> Response:
        limit = 0.3 if kind == "timeout" else 30
        answer = await outbound.send(request(f"{tool.url}{path}", "POST", b"{}"), timeout_seconds=limit)
        return decoded(answer) or answer

    with resident() as seen:
        error = await failed(called())
    assert (error.kind, error.sent) == (kind, True)
    assert "127.0.0.1" in error.detail or kind in ("too_large", "redirect", "invalid_response", "protocol")
    assert max(seen) - seen[0] < 64 * MEGABYTE
    assert path == "/loop" or len(tool.requests) == 1
    assert (await outbound.send(request(f"{tool.url}/echo"), timeout_seconds=10)).status == 200


async def test_calls_that_were_given_up_leave_no_connection_taken(
    outbound: Outbound, tool: EchoServer
) -> None:
    paths = ["/hang", "/drip", "/close-at-once", "/huge", "/close-early"] * 60
    calls = [outbound.send(request(f"{tool.url}{path}"), timeout_seconds=1) for path in paths]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(end, CallError) for end in ended)
    answers = await asyncio.gather(
        *(outbound.send(request(f"{tool.url}/echo"), timeout_seconds=30) for _ in range(300))
    )
    assert {answer.status for answer in answers} == {200}


async def test_a_cancelled_call_is_cancelled_and_no_failed_call(outbound: Outbound, tool: EchoServer) -> None:
    task = asyncio.create_task(outbound.send(request(f"{tool.url}/hang"), timeout_seconds=60))
    while not tool.requests:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_tool_that_answers_before_the_body_has_arrived_is_heard(
    outbound: Outbound, answering: Answering
) -> None:
    url = await answering(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", close=False)
    answer = await outbound.send(request(url, "POST", bytes(8 * MEGABYTE)), timeout_seconds=30)
    assert (answer.status, answer.body) == (413, b"no")


@pytest.mark.parametrize(("size", "fits"), [(1024, True), (1025, False)])
@pytest.mark.parametrize("head", [b"Content-Length: %d", b"Connection: close"])
async def test_the_limit_is_the_last_size_that_passes(
    answering: Answering, size: int, fits: bool, head: bytes
) -> None:
    said = head % size if b"%d" in head else head
    url = await answering(b"HTTP/1.1 200 OK\r\n" + said + b"\r\n\r\n" + b"x" * size)
    async with Outbound(LOCAL, max_response_bytes=1024) as outbound:
        if fits:
            assert len((await outbound.send(request(url), timeout_seconds=10)).body) == size
        else:
            assert (await failed(outbound.send(request(url), timeout_seconds=10))).kind == "too_large"


async def test_an_answer_to_head_may_announce_any_size(outbound: Outbound, answering: Answering) -> None:
    url = await answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    answer = await outbound.send(request(url, "HEAD"), timeout_seconds=10)
    assert (answer.status, answer.body) == (200, b"")


async def test_a_body_too_large_to_send_is_not_sent(outbound: Outbound, tool: EchoServer) -> None:
    error = await failed(
        outbound.send(request(f"{tool.url}/echo", "POST", bytes((16 << 20) + 1)), timeout_seconds=10)
    )
    assert (error.kind, error.sent, len(tool.requests)) == ("too_large", False, 0)


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nX-B: c"}, {"X\nA": "b"}])
async def test_headers_that_would_break_out_are_an_error_before_anything_is_sent(
    outbound: Outbound, tool: EchoServer, headers: dict[str, str]
) -> None:
    call = Request(method="GET", url=f"{tool.url}/echo", headers=headers)
    error = await failed(outbound.send(call, timeout_seconds=10))
    assert (error.kind, len(tool.requests)) == ("protocol", 0)
