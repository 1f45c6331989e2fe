"""The load: a fixed number of keep-alive connections, each sending its next request when it has its answer.

Requests are bytes made beforehand, and of an answer only status and length are read: one process asks for more than
any Python server answers. It runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import uvloop


@dataclass(frozen=True)
class Load:
    """Connection n cycles through `requests[n]` until `seconds` are over or `count` requests are answered."""

    port: int
    requests: Sequence[Sequence[bytes]]
    seconds: float = 600
    count: int | None = None


@dataclass
class Answers:
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0
    cpu_seconds: float = 0  # of this process: near `seconds`, it is the load that is measured
    last: bytes = b""

    @property
    def count(self) -> int:
        return self.statuses.total()

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    fields = {"Host": "bench", **headers}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(load: Load) -> Answers:
    return uvloop.run(_run(load))


async def _run(load: Load) -> Answers:
    loop = asyncio.get_running_loop()
    answers = Answers()
    clients = [_Client(requests, load.count, answers) for requests in load.requests]
    for client in clients:
        await loop.create_connection(client.itself, "127.0.0.1", load.port)
    cpu, began = _cpu_seconds(), time.perf_counter()
    for client in clients:
        client.send()
    timers = [loop.call_later(load.seconds, client.end) for client in clients]
    # each ends with an answer: a request cut off would be cancelled on the server and disturb what follows
    await asyncio.gather(*(client.ended for client in clients))
    for timer in timers:
        timer.cancel()
    answers.seconds, answers.cpu_seconds = time.perf_counter() - began, _cpu_seconds() - cpu
    return answers


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Client(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], count: int | None, answers: Answers) -> None:
        self._requests = cycle(requests)
        self._count = count
        self._answers = answers
        self._ending = False
        self._received = b""
        self._transport: Any = None
        self.ended = asyncio.get_running_loop().create_future()

    def itself(self) -> _Client:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self) -> None:
        self._transport.write(next(self._requests))

    def end(self) -> None:
        self._ending = True

    def data_received(self, data: bytes) -> None:
        self._received = data = self._received + data if self._received else data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return
        at = data.find(b"content-length: ", 0, head)
        length = int(data[at + 16 : data.find(b"\r", at)]) if at > 0 else 0
        if len(data) < head + 4 + length:
            return
        self._received = b""
        answers = self._answers
        answers.statuses[int(data[9:12])] += 1
        answers.last = data
        if self._ending or (self._count is not None and answers.statuses.total() >= self._count):
            self.ended.set_result(None)
            self._transport.close()
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed a connection it had to keep"))
