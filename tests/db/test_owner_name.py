"""The owner of the tables may be named as one of our schemas, with which its search path then begins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Postgres
from tests.db.conftest import inspected
from tolstoy.core.database_urls import parse
from tolstoy.db import migrate


@pytest.fixture(params=["tolstoy", "queue"])
async def owner_url(postgres: Postgres, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    name, database = request.param, f"named_{uuid4().hex[:12]}"
    await postgres.execute(
        f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD 'owner-password'",
        f"CREATE DATABASE {database} OWNER {name}",
    )
    yield postgres.url(database, user=name, password="owner-password")
    await postgres.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"DROP ROLE {name}")


async def test_all_tables_are_where_the_service_looks_for_them(postgres: Postgres, owner_url: str) -> None:
    database = parse(owner_url).database
    service = parse(postgres.url(database, user=SERVICE_USER, password=SERVICE_PASSWORD))
    applied = await asyncio.to_thread(migrate.deploy_blocking, parse(owner_url), service)
    assert tuple(applied) == migrate.known()
    assert (await inspected(owner_url)).current
    assert await asyncio.to_thread(migrate.deploy_blocking, parse(owner_url), service) == []
    connection = await asyncpg.connect(**service.asyncpg_kwargs())
    try:
        assert (await migrate.level(connection)).pending == ()
    finally:
        await connection.close()
