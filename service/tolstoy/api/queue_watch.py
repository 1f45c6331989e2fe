"""What is known of the queue: asked of the database once in a while, however many want to know."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from tolstoy.core.errors import ProblemError
from tolstoy.db.database import Database
from tolstoy.db.turns import DRIVER_ERRORS
from tolstoy.domain import queue_state
from tolstoy.domain.queue_state import QueueState

FRESH_SECONDS: Final = 3.0


class QueueWatch:
    def __init__(self) -> None:
        self._known: QueueState | None = None
        self._asked = -FRESH_SECONDS
        self._asking: asyncio.Task[QueueState | None] | None = None

    async def state(self, database: Database, patience_seconds: float) -> QueueState | None:
        """At most FRESH_SECONDS old; None where the database does not say it in time.

        A question that hangs is left to end by itself, as is the one of /status, and everybody waits for the same one.
        """
        if time.monotonic() - self._asked < FRESH_SECONDS:
            return self._known
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(database))
        done, _ = await asyncio.wait({self._asking}, timeout=patience_seconds)
        return self._asking.result() if done else None

    async def _ask(self, database: Database) -> QueueState | None:
        try:
            self._known = await queue_state.read(database)
        except (ProblemError, *DRIVER_ERRORS):
            self._known = None
        self._asked = time.monotonic()
        return self._known
