"""Group commit: what many tasks ask for at once becomes one statement.

While a group's statement is under way, what else is asked of that group collects for the next. So a lone request is
served at once, and a crowd costs a round trip and a commit for many instead of one each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
R = TypeVar("R")


class Groups(Generic[K, A, R]):
    """`work` answers to the arguments of one key, in their order; at most `most` at once."""

    def __init__(self, work: Callable[[K, Sequence[A]], Awaitable[Sequence[R]]], *, most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: dict[K, list[tuple[A, asyncio.Future[R]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: K, argument: A) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = [(argument, answer)]
            task = asyncio.create_task(self._serve(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            waiting.append((argument, answer))
        return await answer

    async def _serve(self, key: K) -> None:
        waiting = self._waiting[key]
        while waiting:
            batch = waiting[: self._most]
            del waiting[: self._most]
            await self._answer(key, batch)
        del self._waiting[key]

    async def _answer(self, key: K, batch: list[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._work(key, [argument for argument, _ in batch])
        except Exception as exc:  # whatever it is, it belongs to those who asked
            if len(batch) == 1:
                _fail(batch[0][1], exc)
                return
            # one that cannot be written must not take the others with it
            for one in batch:
                await self._answer(key, [one])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _fail(future: asyncio.Future[R], exc: Exception) -> None:
    if not future.done():
        future.set_exception(exc)
