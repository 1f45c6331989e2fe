"""How connections are served: Sanic's protocol, with a request's time counted from its first byte."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

from sanic.exceptions import BadRequest, BadURL, RequestTimeout
from sanic.http import Http as SanicHttp
from sanic.http import Stage
from sanic.http.http1 import HTTP_CONTINUE
from sanic.server.protocols.http_protocol import HttpProtocol

from tolstoy.api import strict_http

_IDLE_SECONDS = 2  # after which a client that was refused is thought to have sent what it wanted to
_PROBLEM = b"""{"type":"/problems/overloaded","title":"Overloaded","status":503,\
"detail":"This server has as many connections as it may; try again shortly.","instance":"*","code":"overloaded",\
"requestId":""}"""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(_PROBLEM), _PROBLEM)
)


class Http(SanicHttp):
    __slots__ = ()

    @property
    def upgrade_websocket(self) -> bool:
        """Never: nothing here is a websocket, and Sanic gives whoever asks for one all the time in the world."""
        return False

    @upgrade_websocket.setter
    def upgrade_websocket(self, asked: bool) -> None:
        pass

    async def http1(self) -> None:
        sanic: Any = super()  # which has no annotations
        await sanic.http1()
        if not self.keep_alive and self.response is not None and self.response.status >= 400:
            await self._linger()

    def respond(self, response: Any) -> Any:
        """Say at once that the connection ends, where the rest of the body will not be waited for.

        Sanic finds out only after it has answered, with keep-alive, and the next request of a client that believed
        it would be lost.
        """
        unread: Any = self.request_body  # Sanic's annotation knows nothing of "chunked"
        if unread and (unread == "chunked" or (self.request_bytes or 0) > self.request_max_size):
            self.keep_alive = False
        return super().respond(response)

    async def read(self) -> bytes | None:
        body: Any = self.request_body
        if self.request_bytes_left == 0 and body == "chunked":
            await self._check_chunk_line()
        read: bytes | None = await super().read()
        return read

    async def _check_chunk_line(self) -> None:
        """Sanic skips two bytes unseen where the end of the chunk before has to be."""
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        buffer = self.recv_buffer
        while (end := buffer.find(b"\r\n", 2)) == -1 and len(buffer) <= strict_http.MAX_CHUNK_LINE:
            await self._receive_more()
        try:
            strict_http.check_chunk_line(bytes(buffer[: max(end, 0)]))
        except BadRequest:
            self.keep_alive = False
            raise

    @staticmethod
    def _safe_int(value: str, base: int = 10) -> int:
        return strict_http.whole(value, base)

    async def _linger(self) -> None:
        """Take what the client still sends: closed on it, its system may throw away the answer unread."""
        transport = self.protocol.transport
        if transport is None or not transport.can_write_eof():
            return
        transport.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.protocol.request_timeout):
                while True:
                    self.recv_buffer.clear()
                    async with asyncio.timeout(_IDLE_SECONDS):
                        await self._receive_more()

    def create_empty_request(self) -> None:
        try:
            super().create_empty_request()
        except BadURL:  # the very address that is being refused
            self.url = None
            super().create_empty_request()


class Protocol(HttpProtocol):
    """Sanic starts its clock anew with every byte, so that a client sending one at a time is never cut off."""

    __slots__ = ()
    HTTP_CLASS = Http

    def connection_made(self, transport: Any) -> None:
        if len(self.connections) >= self.app.config.MAX_CONNECTIONS:
            self._turn_away(transport)
        else:
            sanic: Any = super()  # which has no annotations
            sanic.connection_made(transport)

    def _turn_away(self, transport: Any) -> None:
        """Answered at once, without a task: more than this many would be more than this process has files for."""
        transport.write(_FULL)
        transport.write_eof()
        self.loop.call_later(_IDLE_SECONDS, transport.abort)  # it may be sending still

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.conn_info is not None:
            sanic: Any = super()
            sanic.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.conn_info is None:  # turned away
            return
        begun, arriving = self._time, self._arriving()
        super().data_received(data)
        if arriving:
            self._time = begun

    def check_timeouts(self) -> None:
        http, task = self.http, self._task
        if http is not None and http.stage is Stage.RESPONSE and self._streams(http.request):
            self._time = monotonic()  # however long nothing is to be sent
        late = monotonic() - self._time > self.request_timeout
        if task and http is not None and http.stage is Stage.HANDLER and http.request_body and late:
            http.exception = RequestTimeout()
            http.request_body = None  # or Sanic would wait for the rest of it before it closes the connection
            task.cancel()
        else:
            sanic: Any = super()  # which has no annotations
            sanic.check_timeouts()

    def _streams(self, request: Any) -> bool:
        """Whether it is a stream's client that waits for us; one that does not read has the time any other has."""
        return getattr(request.ctx, "streams", False) and self._can_write.is_set()

    def _arriving(self) -> bool:
        http = self.http
        return http is not None and (http.stage is Stage.REQUEST or bool(getattr(http, "request_body", None)))
