"""Somebody's browser on the way to a provider and back, by real HTTP, one step at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx


@dataclass(frozen=True)
class Browser:
    client: httpx.AsyncClient

    async def open(self, link: str) -> httpx.Response:
        return await self.client.get(link)

    async def press(self, link: str, **headers: str) -> httpx.Response:
        """The button of the page at that address."""
        return await self.client.post(link, headers={"Origin": "null", **headers})

    async def to_provider(self, link: str) -> str:
        """The provider's address, with all that it is asked."""
        page = await self.open(link)
        assert page.status_code == 200, page.text
        sent = await self.press(link)
        assert sent.status_code == 303, sent.text
        return sent.headers["Location"]

    async def allowed(self, address: str) -> str:
        """The address at which the provider sends the browser back."""
        answer = await self.client.get(address)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    async def to_callback(self, link: str) -> str:
        return await self.allowed(await self.to_provider(link))

    async def through(self, link: str) -> httpx.Response:
        return await self.open(await self.to_callback(link))


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield Browser(client)


def query(address: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


def says(page: httpx.Response, status: int, *texts: str) -> None:
    """A page for people, which no browser runs anything of."""
    assert page.status_code == status, page.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert page.headers["X-Frame-Options"] == "DENY" and "<script" not in page.text
    for text in texts:
        assert text in page.text, page.text
