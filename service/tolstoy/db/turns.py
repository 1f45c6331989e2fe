"""Whose turn it is: the pool's connections, handed from one request to the next, and the bounded queue for them.

asyncpg's own give and take costs more than building a statement's arguments and reading its answer, and it queues
without a bound. So a connection on which a single statement ran goes straight to the next request, and back to the
pool about once a second, which then sees to its age and to whether it is still wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from tolstoy.core.errors import OverloadedError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    # What a waiting request is woken with: a connection, or None for the right to open one.
    Turn: TypeAlias = asyncio.Future[Connection | None]

SECONDS_OUT_OF_THE_POOL = 1.0

# Whatever the driver raises; the third where the connection's end was announced and has not come yet.
DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

_GONE = contextlib.suppress(*DRIVER_ERRORS)


class Turns:
    """`size` connections at most, and at most `waiters` requests that wait for one, `timeout_seconds` long."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], *, size: int, waiters: int, timeout_seconds: float
    ) -> None:
        self.pool = pool
        self.size = size
        self._limit = waiters
        self._timeout_seconds = timeout_seconds
        self._since: dict[Connection, float] = {}  # those out of the pool, and when they were taken from it
        self._opening = 0
        self._kept: list[Connection] = []
        self._queue: deque[Turn] = deque()
        self._returning: asyncio.Task[None] | None = None

    @property
    def busy(self) -> int:
        """Connections that a request has, or is about to have."""
        return self._opening + len(self._since) - len(self._kept)

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def acquire(self) -> Connection:
        """A connection, at once where one is free; raises OverloadedError past the bounds of the queue."""
        while self._kept:
            connection = self._kept.pop()
            if not _closed(connection):
                return connection
            await self.release_unsure(connection)
        if self._opening + len(self._since) < self.size:
            self._opening += 1
        elif (handed := await self._turn()) is not None:
            return handed
        try:
            connection = await self.pool.acquire()
        except BaseException:
            self._opening -= 1
            self._let_open()
            raise
        self._opening -= 1
        self._since[connection] = asyncio.get_running_loop().time()
        return connection

    async def release(self, connection: Connection) -> None:
        """Give back a connection; whoever still holds it, a forgotten task say, can do nothing with it any more."""
        try:
            await self.pool.release(connection)
        finally:
            self._forget(connection)

    async def release_unsure(self, connection: Connection) -> None:
        """Give back one that failed or was interrupted; one that does not answer is ended and replaced."""
        try:
            with _GONE:
                await self.pool.release(connection, timeout=self._timeout_seconds)
        finally:
            self._forget(connection)

    async def keep(self, connection: Connection) -> None:
        """Give back one on which nothing but a single statement ran, and ended well: the next request has it."""
        now = asyncio.get_running_loop().time()
        if now - self._since[connection] > SECONDS_OUT_OF_THE_POOL:
            await self.release(connection)
            return
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._kept.append(connection)
        if self._returning is None:
            self._returning = asyncio.get_running_loop().create_task(self._return_kept())

    async def drain(self) -> None:
        """Give everything kept back to the pool, which is about to close."""
        if self._returning is not None:
            self._returning.cancel()
        while self._kept:
            await self.release_unsure(self._kept.pop())

    async def _turn(self) -> Connection | None:
        if len(self._queue) >= self._limit:
            raise OverloadedError
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        overdue = loop.call_later(self._timeout_seconds, _give_up, turn)
        self._queue.append(turn)
        try:
            return await turn
        except BaseException:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:
                await self._pass_on(turn.result())  # cancelled in the moment it was woken
            raise
        finally:
            overdue.cancel()

    async def _pass_on(self, handed: Connection | None) -> None:
        if handed is not None:
            await self.keep(handed)
        else:
            self._opening -= 1
            self._let_open()

    def _forget(self, connection: Connection) -> None:
        self._since.pop(connection, None)
        self._let_open()

    def _let_open(self) -> None:
        """There is room for one more connection: whoever waits longest may open it."""
        while self._queue and self._opening + len(self._since) < self.size:
            turn = self._queue.popleft()
            if not turn.done():
                self._opening += 1
                turn.set_result(None)

    async def _return_kept(self) -> None:
        await asyncio.sleep(SECONDS_OUT_OF_THE_POOL)
        self._returning = None
        while self._kept:
            await self.release_unsure(self._kept.pop())


def _give_up(turn: Turn) -> None:
    if not turn.done():
        turn.set_exception(OverloadedError())


def _closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back already, when it noticed the end
        return True
