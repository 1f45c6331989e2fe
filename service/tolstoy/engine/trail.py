"""A run's audit trail: what is recorded of its steps, and what is about to be.

Rows are written together: before each outside call, whenever the run pauses or ends, and soon in any case. So what an
outside call rests on is committed before it is made, and pure steps between two calls cost no commit of their own; a
worker that dies among them leaves nothing behind that the next one would not work out alike.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

import msgspec

from tolstoy.engine.failures import EndRunError
from tolstoy.engine.journal import LogRow, Record, Recorded
from tolstoy.engine.values import told

MOST_PENDING = 100
SECONDS_UNTIL_WRITTEN = 0.05


class Writer(Protocol):
    async def record(self, org_id: UUID, record: Record) -> Recorded: ...


@dataclass(slots=True)
class Recall:
    """What is known of a step: its newest attempt, and of how many no answer came since their worker died."""

    row: LogRow
    interrupted: int = 0

    @property
    def details(self) -> dict[str, Any]:
        return msgspec.json.decode(self.row.details) if self.row.details else {}

    @property
    def retry_at(self) -> datetime | None:
        text = self.details.get("retryAt") if self.row.status == "failed" else None
        return None if text is None else datetime.fromisoformat(text)


@dataclass(slots=True)
class Undone:
    """How often a resume has undone a step, and how often it had completed by then."""

    times: int = 0
    completed: int = 0


class Trail:
    def __init__(
        self,
        org_id: UUID,
        run: UUID,
        epoch: int,
        writer: Writer,
        recalled: dict[str, Recall] | None = None,
        undone: dict[str, Undone] | None = None,
        *,
        forgets: bool = True,
    ) -> None:
        self.recalled = recalled or {}
        self.recovers = bool(recalled)
        self.kept = sum(len(one.row.outputs or "") for one in self.recalled.values())
        self._undone = undone or {}
        self._forgets = forgets  # what the record has and no step needs
        self._org_id = org_id
        self._run = run
        self._epoch = epoch
        self._writer = writer
        self._pending: list[LogRow] = []
        self._timer: asyncio.TimerHandle | None = None
        self._aside: set[asyncio.Task[None]] = set()
        self.broken: Exception | None = None
        self.on_broken: Callable[[], object] = lambda: None

    def begin(self, path: str, kind: str, *, status: str = "started", **fields: Any) -> LogRow:
        """A new attempt, or with another status all of it at once."""
        now = datetime.now(UTC)
        row = LogRow(path, kind, status, started_at=now, **fields)
        if status != "started":
            row.finished_at = now
            self.kept += len(row.outputs or "")
        self._add(row)
        return row

    def end(self, row: LogRow, status: str, **fields: Any) -> None:
        row.status, row.finished_at = status, datetime.now(UTC)
        self.kept += len(fields.get("outputs") or "")
        for name, value in fields.items():
            setattr(row, name, value)
        self._add(row)

    def close_open(self, error: dict[str, Any], most: int) -> None:
        """Attempts that the run's end cuts off are failed ones."""
        for recall in self.recalled.values():
            if recall.row.status == "started":
                self.cut_off(recall.row, told(error, most))

    def cut_off(self, row: LogRow, error: dict[str, Any]) -> None:
        """It failed by nothing of its own: a resume goes through it again, whatever its `onError` says."""
        details = {**msgspec.json.decode(row.details or "{}"), "cutOff": True}
        self.end(row, "failed", error=_json(error), details=_json(details))

    def key_of(self, path: str) -> str:
        """The Idempotency-Key of a step's calls: the same at every attempt, by whichever worker.

        A step that had completed and was undone shall have its effect again, so it gets another.
        """
        undone = self._undone.get(path)
        return str(uuid5(self._run, f"{path}#{undone.completed if undone else 0}"))

    def round_of(self, path: str) -> int:
        """Counts from 1 how often a step was begun: each time it waits anew."""
        undone = self._undone.get(path)
        return 1 + (undone.times if undone else 0)

    async def flush(self) -> None:
        """Commit what has happened; raises LostLeaseError, and EndRunError where the run shall be cancelled."""
        if self._pending:
            done = await self._record(None)
            if done.cancelled:
                raise cancelled()

    @property
    def full(self) -> bool:
        return len(self._pending) >= MOST_PENDING

    async def drained(self) -> None:
        if self.full:
            await self.flush()

    async def settle(self) -> None:
        """Wait for what is being written; raises what went wrong with that."""
        while self._aside:
            await asyncio.wait(set(self._aside))
        if self.broken is not None:
            broken, self.broken = self.broken, None
            raise broken

    async def close(self, status: str, **fields: Any) -> Recorded:
        """Commit what has happened together with the run's new status."""
        return await self._record(status, **fields)

    async def _record(self, status: str | None, **fields: Any) -> Recorded:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # as they are now: a row may end while its beginning is still to be written
        rows, self._pending = [copy.copy(row) for row in self._pending], []
        for recall in map(self.recalled.get, {row.path for row in rows}) if self._forgets else ():
            if recall is not None:
                recall.row.inputs = None  # they go into the copy, once, and are not looked at again
        return await self._writer.record(self._org_id, Record(self._run, self._epoch, rows, status, **fields))

    def _add(self, row: LogRow) -> None:
        # a row still pending is written as it then is: one statement must not touch it twice
        if not any(row is other for other in self._pending):
            self._pending.append(row)
        known = self.recalled.get(row.path)
        if known is None:
            self.recalled[row.path] = Recall(row)
        else:
            known.row = row
        if self._timer is None or len(self._pending) == MOST_PENDING:
            if self._timer is not None:
                self._timer.cancel()
            delay = 0 if len(self._pending) >= MOST_PENDING else SECONDS_UNTIL_WRITTEN
            self._timer = asyncio.get_running_loop().call_later(delay, self._write_aside)

    def _write_aside(self) -> None:
        self._timer = None
        task = asyncio.create_task(self._flush_or_break())
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _flush_or_break(self) -> None:
        try:
            await self.flush()
        except Exception as exc:  # the run's own task raises it
            self.broken = exc
            self.on_broken()


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def cancelled() -> EndRunError:
    return EndRunError("cancelled", {"code": "cancelled", "message": "The run was cancelled."})
