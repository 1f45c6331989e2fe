"""One run in a worker's hands: its plan, its trail, and how its branches pause together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from tolstoy.engine.actions import Action
from tolstoy.engine.credential import Credential
from tolstoy.engine.effects import Effects
from tolstoy.engine.failures import AbandonedError
from tolstoy.engine.frame import Facts, Frame
from tolstoy.engine.plan import Plan
from tolstoy.engine.trail import Trail

T = TypeVar("T")

# A pause shorter than this is slept through in the worker's memory; a longer one gives the run's place back.
SECONDS_HELD = 2.0
SECONDS_AT_A_STRETCH = 0.01
_SECONDS_BETWEEN_LOOKS = 60.0  # at the clock, which may have been set meanwhile
_REASONS = (
    "approval",
    "callback",
    "flow",
    "retry",
    "time",
)  # the first of them is what the run is said to wait for


@dataclass(frozen=True, slots=True)
class Identity:
    org_id: UUID
    id: UUID
    user_id: UUID
    depth: int
    deadline: datetime | None


@dataclass(slots=True)
class Pause:
    due: datetime | None
    reason: str


class Run:
    """`effects` is what a step may do to the world outside the run."""

    def __init__(
        self,
        identity: Identity,
        plan: Plan,
        facts: Facts,
        actions: Mapping[str, Action],
        trail: Trail,
        effects: Effects,
        credentials: Mapping[UUID, Credential] = MappingProxyType({}),
    ) -> None:
        self.identity = identity
        self.plan = plan
        self.facts = facts
        self.actions = actions
        self.credentials = credentials
        self.trail = trail
        self.effects = effects
        self.suspended: Pause | None = None
        self.stopping: Exception | None = None
        self.failure: dict[str, Any] | None = None  # what the onFailure steps are about
        self.task: asyncio.Task[Any] | None = None
        self.signals = 0
        self._waiters: set[asyncio.Future[None]] = set()
        self._pauses: list[Pause] = []
        self._active = 1
        self._breathed = 0.0

    def now(self) -> datetime:
        """The time by which steps wait; a dry run's goes on by itself."""
        return datetime.now(UTC)

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """The task in which the run's steps run from now on."""
        self._active, self.suspended = 1, None
        task = asyncio.create_task(work)
        self.task = task
        self.trail.on_broken = task.cancel
        if self.stopping is not None:
            task.cancel()
        return task

    async def breathe(self) -> None:
        """Let others of the worker's tasks have their turn, and what is to be written be written."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._breathed > SECONDS_AT_A_STRETCH or self.trail.full:
            await self.trail.drained()
            await asyncio.sleep(0)
            self._breathed = loop.time()

    def stop(self, why: Exception) -> None:
        """End what the run is at, wherever that is."""
        self.stopping = self.stopping or why
        if self.task is not None:
            self.task.cancel()

    def signal(self) -> None:
        """Something happened that a pause may wait for."""
        self.signals += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def abandon(self, frame: Frame) -> None:
        """Let nothing new begin in a frame, and end the pauses in it."""
        frame.abandoned = True
        self.signal()

    def fork(self, number: int) -> Callable[[], None]:
        """`number` tasks take this one's place; each calls what is returned when it is done."""
        self._active += number - 1
        left = number

        def ended() -> None:
            nonlocal left
            left -= 1
            if left:
                self._rest()

        return ended

    async def pause(
        self, frame: Frame, due: datetime | None, reason: str, *, since: int | None = None
    ) -> None:
        """Wait until `due`, or until there is a signal after number `since`; raises AbandonedError.

        When all branches pause and nothing is due soon, the run gives its place back: this is cancelled then, and the
        step comes here again when the run is claimed the next time.
        """
        pause = Pause(due, reason)
        self._pauses.append(pause)
        self._rest()
        try:
            while not frame.given_up():
                left = _SECONDS_BETWEEN_LOOKS if due is None else (due - datetime.now(UTC)).total_seconds()
                if left <= 0 or (since is not None and self.signals > since):
                    return
                await self._signal_within(min(left, _SECONDS_BETWEEN_LOOKS))
            raise AbandonedError
        finally:
            self._pauses.remove(pause)
            self._active += 1

    async def _signal_within(self, seconds: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter
        finally:
            self._waiters.discard(waiter)

    def _rest(self) -> None:
        self._active -= 1
        if self._active == 0:
            asyncio.get_running_loop().call_soon(self._suspend_if_idle)

    def _suspend_if_idle(self) -> None:
        if self._active or not self._pauses or self.task is None or self.task.done() or self.suspended:
            return
        soonest = min((pause.due for pause in self._pauses if pause.due is not None), default=None)
        if soonest is not None and soonest - datetime.now(UTC) < timedelta(seconds=SECONDS_HELD):
            return
        reasons = {pause.reason for pause in self._pauses}
        self.suspended = Pause(soonest, next(reason for reason in _REASONS if reason in reasons))
        self.task.cancel()
