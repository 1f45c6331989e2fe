"""Who follows a run is told when it changes: one connection a process listens, and hints are all it gives."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db.turns import DRIVER_ERRORS

CHANNEL = "tolstoy_watch"
SECONDS_BETWEEN_TRIES = 2.0


class Watch:
    """`options` lead past any pooler, as the service's user: nothing but LISTEN is done there."""

    def __init__(self, options: ConnectOptions) -> None:
        self._options = options
        self._followers: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def following(self, subject: UUID) -> AsyncIterator[Follower]:
        """Changes from now on are not missed; look once after entering."""
        event = asyncio.Event()
        self._followers[subject].add(event)
        try:
            yield Follower(event)
        finally:
            self._followers[subject].discard(event)
            if not self._followers[subject]:
                del self._followers[subject]

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*DRIVER_ERRORS):
                connection = await asyncpg.connect(**self._options.asyncpg_kwargs())
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                try:
                    await connection.add_listener(CHANNEL, self._told)
                    self.tell_all()  # what was told while nobody listened
                    await lost.wait()
                finally:
                    await connection.close(timeout=2)
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    def _told(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        for event in self._followers.get(UUID(str(payload)), ()):
            event.set()

    def tell_all(self) -> None:
        """Have everyone look who follows anything."""
        for events in self._followers.values():
            for event in events:
                event.set()


class Follower:
    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def change(self, seconds: float) -> None:
        """Return at the next change, or when the time is over: hints may be lost."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()
