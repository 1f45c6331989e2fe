"""A tool that the flows of these tests call."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Member
from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.engine.lab import Lab


@pytest.fixture(scope="session")
def echo() -> Iterator[EchoServer]:
    with serving_in_thread() as server:
        yield server


@pytest.fixture
async def lab(http: httpx.AsyncClient, alice: Member, echo: EchoServer) -> Lab:
    tool = await http.post("/tools", json={"name": "Echo", "baseUrl": echo.url}, headers=alice.headers)
    assert tool.status_code == 201, tool.text
    return Lab(http, alice, echo, tool.json()["id"])
