"""What many ask for at once becomes one piece of work, and an error is only its asker's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tolstoy.engine.groups import Groups


class Work:
    """Doubles numbers; does not begin before it may, and fails for a batch with a negative one."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.go = asyncio.Event()

    async def __call__(self, key: str, numbers: Sequence[int]) -> Sequence[int]:
        self.batches.append((key, list(numbers)))
        await self.go.wait()
        if any(number < 0 for number in numbers):
            raise ValueError("negative")
        return [2 * number for number in numbers]


async def test_what_comes_while_one_is_served_goes_together() -> None:
    work = Work()
    groups = Groups(work, most=10)
    first = asyncio.create_task(groups.ask("a", 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(groups.ask("a", number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert work.batches == [("a", [1]), ("a", [2, 3, 4])]


async def test_keys_do_not_wait_for_each_other() -> None:
    work = Work()
    groups = Groups(work, most=10)
    tasks = [asyncio.create_task(groups.ask(key, 1)) for key in "abc"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [key for key, _ in work.batches] == ["a", "b", "c"]
    work.go.set()
    assert await asyncio.gather(*tasks) == [2, 2, 2]


async def test_a_batch_has_a_size() -> None:
    work = Work()
    work.go.set()
    groups = Groups(work, most=2)
    assert await asyncio.gather(*(groups.ask("a", number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert [len(batch) for _, batch in work.batches] == [2, 2, 1]


async def test_who_cannot_be_served_takes_nobody_along() -> None:
    work = Work()
    work.go.set()
    groups = Groups(work, most=10)
    answers = await asyncio.gather(*(groups.ask("a", n) for n in (1, -1, 3)), return_exceptions=True)
    assert answers[0] == 2 and answers[2] == 6
    assert isinstance(answers[1], ValueError)


async def test_who_gave_up_is_not_answered_and_the_others_are() -> None:
    work = Work()
    groups = Groups(work, most=10)
    first, second = (asyncio.create_task(groups.ask("a", number)) for number in (1, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    work.go.set()
    assert await second == 4
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await groups.ask("a", 5) == 10
