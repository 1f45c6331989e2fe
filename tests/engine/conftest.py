"""An organization in a database of the test's own, without a server; and an issuer, and the owner beside a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.conftest import Databases
from tests.engine.home import Home, at_home
from tests.engine.oauth_server import OAuthServer, oauth_in_thread


@pytest.fixture
async def home(database: Databases) -> AsyncIterator[Home]:
    async with at_home(database) as found:
        yield found


@pytest.fixture(scope="module")
def issuer() -> Iterator[OAuthServer]:
    with oauth_in_thread() as server:
        yield server


@pytest.fixture
async def owner(served_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()
