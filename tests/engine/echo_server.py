"""A tool to call: it echoes, keeps what it was asked, and misbehaves in all ways that a client has to survive.

`python -m tests.engine.echo_server [PORT]` runs it as a process of its own, which prints its port first.

    ANY    /echo                     the request as JSON
    GET    /requests                 what was asked of it, oldest first
    ANY    /status/<n>               that status (?retryAfter= as Retry-After)
    ANY    /flaky/<name>/<n>         500 n times, then the echo
    ANY    /retry-after?seconds=     429 with Retry-After
    ANY    /slow?seconds=            the echo, later
    ANY    /redirect?to=&status=     there;  /loop: to itself
    ANY    /hang /drip /drip-headers no answer, a byte every 50 ms for ever
    ANY    /huge                     10 GB (?announced=1 with its Content-Length)
    ANY    /gzip-bomb                10 GB in 10 MB
    ANY    /close-at-once            no answer;  /close-early: half of the announced one;  /close-chunked: an open end
    ANY    /garbage                  no HTTP;  /switch: 101
    ANY    /bad-json /bad-utf8 /nul /deep /bad-gzip
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
import zlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import msgspec
from aiohttp import web

Asked = web.Request
Answered = web.StreamResponse

GIGABYTES_10 = 10 * 1024**3
_KEPT = 20_000
_SEEN = web.RequestKey("seen", dict[str, Any])
_JSON = "application/json"
_BAD = {
    "/bad-json": b'{"a": ',
    "/bad-utf8": b'{"a": "\xff"}',
    "/nul": b'{"a": "\\u0000"}',
    "/deep": b"[" * 10_000 + b"]" * 10_000,
}


class EchoServer:
    """Only its own loop touches the record; from elsewhere read it when the calls are done."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._failures: Counter[str] = Counter()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._recorded], client_max_size=64 << 20)
        app.router.add_get("/requests", self._requests)
        for path, handler in self._handlers().items():
            app.router.add_route("*", path, handler)
        return app

    def _handlers(self) -> dict[str, Any]:
        return {
            "/status/{status}": _status, "/flaky/{name}/{times}": self._flaky, "/retry-after": _retry_after,
            "/slow": _slow, "/redirect": _redirect, "/loop": _loop, "/hang": _hang, "/drip": _drip,
            "/drip-headers": _drip_headers, "/huge": _huge, "/gzip-bomb": _gzip_bomb, "/close-at-once": _close_at_once,
            "/close-early": _close_early, "/close-chunked": _close_chunked, "/garbage": _garbage, "/switch": _switch,
            "/bad-gzip": _bad_gzip, **dict.fromkeys(_BAD, _bad), "/{tail:.*}": _echo,
        }  # fmt: skip

    @web.middleware
    async def _recorded(self, request: Asked, handler: Any) -> Answered:
        if request.path != "/requests":
            request[_SEEN] = seen = {
                "method": request.method,
                "path": request.raw_path.partition("?")[0],
                "query": [[name, value] for name, value in request.query.items()],
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": (await request.read()).decode("utf-8", "replace"),
            }
            self.requests.append(seen)
        answered: Answered = await handler(request)
        return answered

    async def _requests(self, asked: Asked) -> Answered:
        return _json(list(self.requests))

    async def _flaky(self, asked: Asked) -> Answered:
        name = asked.match_info["name"]
        self._failures[name] += 1
        if self._failures[name] <= int(asked.match_info["times"]):
            return _json({"failure": self._failures[name]}, status=500)
        return await _echo(asked)


def _json(value: Any, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type=_JSON, headers=headers or None
    )


async def _echo(asked: Asked) -> Answered:
    return _json(asked[_SEEN])


async def _status(asked: Asked) -> Answered:
    status = int(asked.match_info["status"])
    if status in (204, 304):
        return web.Response(status=status)
    after = asked.query.get("retryAfter")
    return _json({"status": status}, status, **({"Retry-After": after} if after else {}))


async def _retry_after(asked: Asked) -> Answered:
    return _json({}, 429, **{"Retry-After": asked.query.get("seconds", "1")})


async def _slow(asked: Asked) -> Answered:
    await asyncio.sleep(float(asked.query.get("seconds", "1")))
    return await _echo(asked)


async def _redirect(asked: Asked) -> Answered:
    return web.Response(status=int(asked.query.get("status", "302")), headers={"Location": asked.query["to"]})


async def _loop(asked: Asked) -> Answered:
    return web.Response(status=302, headers={"Location": "/loop"})


async def _hang(asked: Asked) -> Answered:
    await asyncio.Event().wait()
    raise AssertionError("the client gave up")


async def _drip(asked: Asked) -> Answered:
    answer = web.StreamResponse()
    await answer.prepare(asked)
    while True:
        await answer.write(b".")
        await asyncio.sleep(0.05)


async def _drip_headers(asked: Asked) -> Answered:
    _raw(asked, b"HTTP/1.1 200 OK\r\n")
    while True:
        _raw(asked, b"X-Drip: a\r\n")
        await asyncio.sleep(0.05)


async def _huge(asked: Asked) -> Answered:
    answer = web.StreamResponse()
    if "announced" in asked.query:
        answer.content_length = GIGABYTES_10
    await answer.prepare(asked)
    block = b"x" * (1 << 20)
    for _ in range(GIGABYTES_10 // len(block)):
        await answer.write(block)
    return answer


async def _gzip_bomb(asked: Asked) -> Answered:
    answer = web.StreamResponse(headers={"Content-Encoding": "gzip", "Content-Type": _JSON})
    await answer.prepare(asked)
    packer = zlib.compressobj(9, wbits=31)
    # after a full flush a block needs nothing of what was before it, so the same bytes can be sent again and again
    await answer.write(packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH))
    block = packer.compress(b" " * (16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(GIGABYTES_10 // (16 << 20)):
        await answer.write(block)
    return answer


async def _close_at_once(asked: Asked) -> Answered:
    return _closed(asked, b"")


async def _close_early(asked: Asked) -> Answered:
    return _closed(asked, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")


async def _close_chunked(asked: Asked) -> Answered:
    return _closed(asked, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


async def _garbage(asked: Asked) -> Answered:
    return _closed(asked, b"SSH-2.0-OpenSSH_9.0\r\n\r\n")


async def _switch(asked: Asked) -> Answered:
    return _closed(
        asked, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n"
    )


async def _bad(asked: Asked) -> Answered:
    return web.Response(body=_BAD[asked.path], content_type=_JSON)


async def _bad_gzip(asked: Asked) -> Answered:
    return web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"})


def _raw(asked: Asked, sent: bytes) -> None:
    if asked.transport is None or asked.transport.is_closing():
        raise asyncio.CancelledError
    asked.transport.write(sent)


def _closed(asked: Asked, sent: bytes) -> Answered:
    _raw(asked, sent)
    assert asked.transport is not None
    asked.transport.close()
    return web.Response()


@asynccontextmanager
async def serving(
    port: int = 0, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[EchoServer]:
    """In this event loop."""
    server = EchoServer()
    runner = web.AppRunner(
        server.application(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None
    )
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=tls).start()
    server.port = runner.addresses[0][1]
    server.url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{server.port}"
    try:
        yield server
    finally:
        await runner.cleanup()


@contextmanager
def serving_in_thread() -> Iterator[EchoServer]:
    """In a thread with an event loop of its own, for tests without one."""
    up, down = threading.Event(), asyncio.Event()
    found: list[tuple[EchoServer, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with serving() as server:
            found.append((server, asyncio.get_running_loop()))
            up.set()
            await down.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    if not up.wait(10):
        raise AssertionError("the echo server does not start")
    server, loop = found[0]
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join(10)


async def _main(port: int) -> None:
    async with serving(port) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
    with suppress(ImportError):
        import uvloop

        run = uvloop.run
    try:
        run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    except KeyboardInterrupt:
        sys.exit(0)
