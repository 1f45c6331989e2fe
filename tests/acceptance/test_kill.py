"""What was answered 201 is there, whatever is killed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.acceptance.embedded_service import kill_all, left_in, serving_in
from tests.processes import Served

WRITERS = 8
ROUNDS = 3
ANSWERS_BEFORE_THE_KILL = 150


async def write(
    client: httpx.AsyncClient, writer: int, answered: dict[str, str], enough: asyncio.Event
) -> None:
    """Create until the server is gone, and note each id only once its 201 has arrived."""
    for number in range(1_000_000):
        name = f"{writer}-{number}"
        try:
            made = await client.post("/organizations", json={"name": name})
        except httpx.TransportError:
            return
        if made.status_code != 201:  # the database is already dead, the service not yet
            assert made.status_code == 503, made.text
            continue
        answered[made.json()["id"]] = name
        if len(answered) >= ANSWERS_BEFORE_THE_KILL:
            enough.set()


async def written_until_killed(served: Served, home: Path) -> dict[str, str]:
    answered: dict[str, str] = {}
    enough = asyncio.Event()
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        writers = [asyncio.create_task(write(client, writer, answered, enough)) for writer in range(WRITERS)]
        await enough.wait()
        await asyncio.to_thread(kill_all, home)
        await asyncio.gather(*writers)
    return answered


async def found(served: Served) -> dict[str, str]:
    names: dict[str, str] = {}
    cursor: str | None = ""
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        while cursor is not None:
            page = await client.get(f"/organizations?limit=200{f'&cursor={cursor}' if cursor else ''}")
            assert page.status_code == 200, page.text
            names |= {row["id"]: row["name"] for row in page.json()["data"]}
            cursor = page.json()["page"]["nextCursor"]
    return names


@pytest.mark.timeout(180)
async def test_no_201_is_lost_when_everything_is_killed_under_writes(home: Path) -> None:
    """Service and Postgres, by kill -9, round after round on the same data."""
    answered: dict[str, str] = {}
    for _ in range(ROUNDS):
        with serving_in(home) as served:
            answered |= await written_until_killed(served, home)
            assert left_in(home) == []
    with serving_in(home) as served:
        kept = await found(served)
    assert len(answered) >= ROUNDS * ANSWERS_BEFORE_THE_KILL
    assert answered.items() <= kept.items()
    # at most what each writer had under way when the server died was kept though never answered
    assert len(kept) - len(answered) <= ROUNDS * WRITERS
