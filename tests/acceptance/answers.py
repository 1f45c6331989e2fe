"""What the service answers while its database is away, and when it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

from tests.conftest import Member

TOOL = {"name": "Slack", "baseUrl": "https://slack.example.com"}


async def refused(http: httpx.AsyncClient, path: str, member: Member) -> str:
    """Asks, and sees a proper 503 before the client's patience ends; says its code."""
    answer = await http.get(path, headers=member.headers)
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await http.get("/health")).status_code == 200
    return str(answer.json()["code"])


async def until_it_answers(http: httpx.AsyncClient, path: str, member: Member, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (answer := await http.get(path, headers=member.headers)).status_code != 200:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.05)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)
