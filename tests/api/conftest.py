"""A provider, a credential of Alice's that has to be authorized there, two browsers, and a tool inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from tests.conftest import Databases, Member
from tests.engine.authorizing import Wanted, wanted
from tests.engine.browser import Browser, browser
from tests.engine.echo_server import EchoServer, serving
from tests.engine.oauth_server import OAuthServer, oauth_in_thread


@pytest.fixture(scope="session")
def issuer() -> Iterator[OAuthServer]:
    with oauth_in_thread() as server:
        yield server


@pytest.fixture
async def owner(served_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


@pytest.fixture
async def inside() -> AsyncIterator[EchoServer]:
    """Listens at every IPv4 address of this machine."""
    async with serving(host="0.0.0.0") as server:
        yield server


@pytest.fixture
async def ours(http: httpx.AsyncClient, alice: Member, issuer: OAuthServer) -> Wanted:
    return await wanted(http, alice, issuer)


@pytest.fixture
async def alices() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


@pytest.fixture
async def mallorys() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened
