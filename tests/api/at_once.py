"""Several requests at the same time, of which every answer must be one that was expected."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable

import httpx

from tests.api.problems import refused


async def at_once(*requests: Awaitable[httpx.Response], expected: set[int]) -> list[httpx.Response]:
    """Every answer is among those expected and, where it refuses, a whole problem."""
    answers = list(await asyncio.gather(*requests))
    for answered in answers:
        assert answered.status_code in expected, answered.text
        if answered.status_code >= 400:
            refused(answered, answered.status_code)
    return answers


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answered.status_code for answered in answers)
