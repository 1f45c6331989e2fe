"""Several lists of steps side by side: the branches of a parallel, the iterations of a forEach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tolstoy.engine.failures import AbandonedError, StepFailedError
from tolstoy.engine.frame import Frame
from tolstoy.engine.step import Step


async def side_by_side(
    step: Step, frames: Sequence[Frame], one: Callable[[int], Awaitable[Any]], most: int
) -> list[Any]:
    """The results of `one` for each frame, `most` at a time.

    After a failure nothing new begins in the others; what is under way ends and is recorded. Then the failure of the
    lowest number is raised, so that it is the same one however they raced.
    """
    group = _Group(step, frames, one, step.run.fork(max(1, min(most, len(frames)))))
    if min(most, len(frames)) <= 1:
        await group.work()
    else:
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(most, len(frames))):
                    tasks.create_task(group.work())
        except BaseExceptionGroup as exc:
            raise exc.exceptions[0] from exc
    if group.failures:
        raise group.failures[min(group.failures)]
    if step.frame.given_up():
        raise AbandonedError
    return group.results


class _Group:
    def __init__(
        self,
        step: Step,
        frames: Sequence[Frame],
        one: Callable[[int], Awaitable[Any]],
        ended: Callable[[], None],
    ) -> None:
        self.results: list[Any] = [None] * len(frames)
        self.failures: dict[int, StepFailedError] = {}
        self._step = step
        self._frames = frames
        self._one = one
        self._ended = ended
        self._numbers = iter(range(len(frames)))

    async def work(self) -> None:
        try:
            for number in self._numbers:
                if self.failures:
                    return
                await self._iterate(number)
        except AbandonedError:
            return
        finally:
            self._ended()

    async def _iterate(self, number: int) -> None:
        try:
            self.results[number] = await self._one(number)
        except StepFailedError as exc:
            self.failures[number] = exc
            for frame in self._frames:
                self._step.run.abandon(frame)
