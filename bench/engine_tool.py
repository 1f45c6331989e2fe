"""The tool that the flows call: 1 kB of JSON for any request, at a fraction of what the caller pays for it.

POST /slow/… is answered after 200 ms. Of POST /call/<run>/<step> it keeps when the first byte came and when the answer
was written, on the clock that all processes of a machine share; GET /times tells them and forgets them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

SLOW_SECONDS = 0.2
_BODY = json.dumps({"id": "ord_1042", "status": "accepted", "note": "x" * 960}).encode()
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
_ANSWER = _HEAD.format(len(_BODY)).encode() + _BODY

times: list[tuple[str, float, float]] = []


class Tool(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._began = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._received:
            self._began = time.monotonic()
        self._received = data = self._received + data
        head = data.find(b"\r\n\r\n")
        if head < 0 or len(data) < head + 4 + _length(data[:head].lower()):
            return
        self._received = b""
        path = data[: data.find(b"\r\n")].split(b" ")[1].decode()
        if path.startswith("/slow/"):
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer, _ANSWER)
        elif path == "/times":
            told = json.dumps(times).encode()
            times.clear()
            self._answer(_HEAD.format(len(told)).encode() + told)
        else:
            self._answer(_ANSWER)
            if path.startswith("/call/"):
                times.append((path, self._began, time.monotonic()))

    def _answer(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    return 0 if at < 0 else int(head[at + 15 :].split(b"\r", 1)[0])


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Tool, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
