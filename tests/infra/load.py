"""Clients that ask all the while, and remember each answer that was not the right one."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

Ask = Callable[[httpx.AsyncClient], Awaitable[str | None]]
"""One request; what was wrong with its answer, or None."""


@dataclass
class Load:
    """How often each kind of request was answered, and what went wrong with which."""

    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def load(url: str, asks: dict[str, Ask], *, fresh: frozenset[str] = frozenset()) -> Iterator[Load]:
    """One client for each kind, in a thread of their own; those in `fresh` open a connection for each request."""
    seen, done = Load(), threading.Event()

    async def client(kind: str, ask: Ask) -> None:
        limits = httpx.Limits(max_keepalive_connections=0) if kind in fresh else httpx.Limits()
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
            while not done.is_set():
                try:
                    wrong = await ask(http)
                except httpx.HTTPError as exc:
                    wrong = repr(exc)
                if wrong is not None:
                    seen.wrong.append(f"{kind}: {wrong}")
                seen.answered[kind] += 1
                await asyncio.sleep(0.005)

    async def clients() -> None:
        await asyncio.gather(*(client(kind, ask) for kind, ask in asks.items()))

    thread = threading.Thread(target=asyncio.run, args=(clients(),), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join(90)
        assert not thread.is_alive(), "a client waits for an answer that does not come"
