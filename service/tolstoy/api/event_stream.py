"""Server-sent events: an answer that stays open, for as long as its client and this server do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from sanic import Request
from sanic.response import BaseHTTPResponse

MEDIA = "text/event-stream"
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # Nginx would keep events back until it has a bufferful
}
_RETRY = b"retry: 2000\n\n"  # the milliseconds after which a client that was cut off comes back

_encode = msgspec.json.Encoder().encode


class EventStream:
    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    async def send(self, events: list[tuple[int, str, Any]]) -> None:
        """Number, name and value of each; the number is what the client gives back as Last-Event-ID."""
        await self._response.send(
            b"".join(
                f"id: {number}\nevent: {name}\ndata: ".encode() + _encode(value) + b"\n\n"
                for number, name, value in events
            )
        )

    async def keep_alive(self) -> None:
        await self._response.send(b": keep-alive\n\n")


@contextlib.asynccontextmanager
async def opened(request: Request) -> AsyncIterator[EventStream]:
    """Begins the answer; its connection serves nothing after it, so that none is left when the server stops."""
    request.ctx.streams = True
    http: Any = request.stream
    http.keep_alive = False
    response = await request.respond(content_type=MEDIA, headers=_HEADERS)
    try:
        await response.send(_RETRY)
        yield EventStream(response)
    finally:
        request.app.ctx.end_of_request(request, response)
