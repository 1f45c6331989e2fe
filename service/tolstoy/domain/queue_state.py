"""How the queue of jobs is, over all organizations: numbers, and nothing of anybody's."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from tolstoy.db import tenancy
from tolstoy.db.database import Database

SECONDS_UNTAKEN: Final = 30.0

_STATE: Final = "SELECT queued, in_hand, oldest_seconds, workers, parked, waiting FROM tolstoy.queue_state()"


class QueueState(Struct, frozen=True):
    queued: int
    in_hand: int
    oldest_seconds: float
    workers: int
    parked: int
    waiting: int

    @property
    def status(self) -> Literal["ok", "idle", "no-workers"]:
        if self.oldest_seconds > SECONDS_UNTAKEN and 0 in (self.workers, self.in_hand):
            return "no-workers"
        return "ok" if self.queued or self.in_hand else "idle"


async def read(database: Database) -> QueueState:
    row = (await tenancy.call(database, _STATE))[0]
    return QueueState(**row)
