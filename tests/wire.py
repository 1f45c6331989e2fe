"""A wire between the service and Postgres, on which round trips are counted and which can go dead."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.processes import free_port
from tolstoy.core.database_urls import ConnectOptions

# The frontend messages after which a client waits for the server: Query, Sync and Flush.
_ENDS_A_TRIP = frozenset(b"QSH")


@dataclass
class Wire:
    """Runs in a thread of its own, so that a test may block."""

    target: ConnectOptions
    port: int = field(default_factory=free_port)
    round_trips: int = 0
    _alive: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The target's, by way of this wire."""
        secret = f":{self.target.password}" if self.target.password else ""
        return f"postgresql://{self.target.user}{secret}@127.0.0.1:{self.port}/{self.target.database}?sslmode=disable"

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        finally:
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.target.host, self.target.port
        there_reader, there_writer = await (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if self.target.is_socket
            else asyncio.open_connection(host, port)
        )
        ways = [
            asyncio.create_task(self._there(reader, there_writer)),
            asyncio.create_task(self._back(there_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, there_writer):
                end.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind = b""  # the first message of a connection has none
        while True:
            length = await reader.readexactly(4)
            message = kind + length + await reader.readexactly(int.from_bytes(length) - 4)
            if kind and kind[0] in _ENDS_A_TRIP:
                self.round_trips += 1
            await self._alive.wait()
            writer.write(message)
            kind = await reader.readexactly(1)

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            await self._alive.wait()
            writer.write(data)

    def go_dead(self) -> None:
        """From now on nothing gets through and nobody is told, as when a firewall forgets a connection."""
        self._loop.call_soon_threadsafe(self._alive.clear)

    def recover(self) -> None:
        """New connections work again; those from before are lost."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._alive.set)

    async def _cut(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def listen(self) -> asyncio.Server:
        self._alive.set()
        return await asyncio.start_server(self.carry, "127.0.0.1", self.port)

    async def end(self, server: asyncio.Server) -> None:
        server.close()
        await self._cut()


@contextlib.contextmanager
def wired(target: ConnectOptions) -> Iterator[Wire]:
    wire = Wire(target)
    thread = threading.Thread(target=wire.run, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(wire.listen(), wire._loop).result(10)
    try:
        yield wire
    finally:
        asyncio.run_coroutine_threadsafe(wire.end(server), wire._loop).result(10)
        wire._loop.call_soon_threadsafe(wire._loop.stop)
        thread.join(10)
        wire._loop.close()
