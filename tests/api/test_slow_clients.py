"""Clients that send slowly, or nothing: cut off in time, and no connection hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.api.raw_http import Answer, answer, problem_of, request
from tests.conftest import Databases, Member
from tests.processes import Served, serving


@pytest.fixture(scope="module")
def impatient(served_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second server, which waits one second for a request."""
    urls = {"DATABASE_URL": served_database.database_url, "DIRECT_URL": served_database.direct_url}
    times = {"REQUEST_TIMEOUT": "1", "KEEP_ALIVE_TIMEOUT": "1"}
    with serving(tmp_path_factory.mktemp("impatient"), {**urls, **times}) as process:
        yield process
    assert "request_failed" not in process.log(), process.log()[-5000:]


async def _dripped(served: Served, sent: bytes, slowly: bytes, *, every: float = 0.1) -> Answer:
    """What is answered to `sent`, followed by `slowly` byte by byte, before all of it has been sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)

    async def drip() -> None:
        for byte in slowly:
            writer.write(bytes([byte]))
            await asyncio.sleep(every)

    writer.write(sent)
    dripping = asyncio.create_task(drip())
    try:
        answered = await asyncio.wait_for(answer(reader), 30)
        assert await asyncio.wait_for(reader.read(), 30) == b""
        assert not dripping.done()
    except ConnectionResetError:
        answered = (0, {}, b"")
    finally:
        dripping.cancel()
        writer.close()
    return answered


@pytest.mark.parametrize("every", [0.1, 20])
@pytest.mark.parametrize("upgrade", [(), ("Upgrade: websocket", "Connection: Upgrade")])
async def test_a_request_that_does_not_arrive_is_cut_off(
    impatient: Served, alice: Member, every: float, upgrade: tuple[str, ...]
) -> None:
    length = ("Content-Type: application/json", "Content-Length: 10000", *upgrade)
    chunked = ("Content-Type: application/json", "Transfer-Encoding: chunked", *upgrade)
    slow = [
        (b"GET /tools HTTP/1.1\r\nX-Slow: ", b"x" * 1000),
        (b"G", b"E" * 1000),
        (request("POST /tools", *length, member=alice), b" " * 1000),
        (request("PUT /nowhere", *length, member=alice)[:-2], b"x" * 1000),
        (request("POST /tools", *chunked, member=alice) + b"1000\r\n", b" " * 1000),
        (request("POST /tools", *chunked, member=alice), b"1\r\n \r\n" * 200),
    ]
    for answered in await asyncio.gather(
        *(_dripped(impatient, sent, slowly, every=every) for sent, slowly in slow)
    ):
        assert problem_of(answered, 408)["code"] == "request-timeout"


async def test_a_body_that_is_not_wanted_is_not_waited_for(impatient: Served, alice: Member) -> None:
    length = ("Content-Type: application/json", "Content-Length: 10000")
    lines = {"POST /nowhere": 404, "GET /tools": 400, "TRACE /tools": 405}
    dripped = await asyncio.gather(
        *(_dripped(impatient, request(line, *length, member=alice), b" " * 1000) for line in lines)
    )
    assert [status for status, _, _ in dripped] == list(lines.values())


async def test_an_idle_connection_is_closed(impatient: Served) -> None:
    """Long before the default would close it."""
    for sent in (b"", request("GET /health")):
        reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
        writer.write(sent)
        await asyncio.wait_for(reader.read(), 30)
        assert reader.at_eof()
        writer.close()


async def test_an_honest_client_has_its_time(impatient: Served, alice: Member) -> None:
    body = b'{"name": "x", "baseUrl": "https://x.example"}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    whole = request("POST /tools", *lines, body=body, member=alice)
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
    for _ in range(3):  # each request on the connection has its own second
        writer.write(whole[:50])
        await asyncio.sleep(0.3)
        writer.write(whole[50:-5])
        await asyncio.sleep(0.3)
        writer.write(whole[-5:])
        assert (await asyncio.wait_for(answer(reader), 5))[0] == 201
    writer.close()
