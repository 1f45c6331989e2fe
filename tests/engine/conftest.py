"""An organization in a database of the test's own, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.engine.home import Home, at_home


@pytest.fixture
async def home(database: Databases) -> AsyncIterator[Home]:
    async with at_home(database) as found:
        yield found
