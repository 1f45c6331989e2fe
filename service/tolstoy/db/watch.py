"""Who follows a run is told when it changes: one connection a process listens, and hints are all it gives."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from tolstoy.core import log
from tolstoy.db.database import Connector
from tolstoy.db.turns import DRIVER_ERRORS

CHANNEL = "tolstoy_watch"
SECONDS_BETWEEN_TRIES = 2.0


class Watch:
    """`connect` leads past any pooler, as the service's user: nothing but LISTEN is done there."""

    def __init__(self, connect: Connector) -> None:
        self._connect = connect
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
        deaf = False
        while True:
            try:
                connection = await self._connect()
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                try:
                    await connection.add_listener(CHANNEL, self._told)
                    if deaf:
                        log.get().info("changes of executions are listened to again", action="watch_back")
                    deaf = False
                    self.tell_all()  # what was told while nobody listened
                    await lost.wait()
                finally:
                    await connection.close(timeout=2)
            except DRIVER_ERRORS as exc:
                if not deaf:
                    log.get().warning(
                        f"changes of executions are not listened to, but looked for every second: the database"
                        f" {self._connect.options.redacted} cannot be reached: {str(exc) or type(exc).__name__}",
                        action="watch_lost",
                    )
                deaf = True
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
