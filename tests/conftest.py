"""A real Postgres, databases cloned from a migrated template, and the served API."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.engine.lab import Lab
from tests.processes import Served, serving
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.db import embedded, migrate

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
SERVICE_USER = "tolstoy_test_service"
SERVICE_PASSWORD = "service-password"


@dataclass(frozen=True)
class Postgres:
    """A server on which the tests may create what they like."""

    admin_url: str
    kind: str

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        options = parse(self.admin_url)
        name = user or options.user
        secret = password if user else options.password
        login = f"{name}:{secret}@" if secret else f"{name}@"
        if options.is_socket:
            return f"postgresql://{login}/{database}?host={options.host}&port={options.port}"
        return f"postgresql://{login}{options.host}:{options.port}/{database}?sslmode=disable"

    async def execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(**parse(self.admin_url).asyncpg_kwargs())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    asked = subprocess.run([docker, "info"], capture_output=True, timeout=20, check=False)
    return asked.returncode == 0


def _start_postgres(stack: ExitStack) -> Postgres:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return Postgres(url, "the server of TEST_DATABASE_URL")
    if os.environ.get("TEST_POSTGRES") != "embedded" and _docker_answers():
        from testcontainers.community.postgres import PostgresContainer

        command = "postgres " + " ".join(f"-c {name}={value}" for name, value in _FAST.items())
        container = PostgresContainer("postgres:17-alpine", driver=None).with_command(command)
        stack.enter_context(container)
        return Postgres(
            container.get_connection_url() + "?sslmode=disable", "testcontainers (postgres:17-alpine)"
        )
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tolstoy-tests-")))
    folder.chmod(0o755)  # as root, the server runs as another user
    server = stack.enter_context(embedded.leased(folder / "postgres", settings=_FAST))
    return Postgres(server.url(), "the embedded server (no Docker engine answers)")


def pytest_configure(config: pytest.Config) -> None:
    stack = ExitStack()
    config.stash[_STACK] = stack
    if config.option.collectonly or hasattr(config, "workerinput"):
        return
    config.stash[_POSTGRES] = _start_postgres(stack)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _STACK in config.stash:
        config.stash[_STACK].close()


def pytest_report_header(config: pytest.Config) -> str:
    server = config.stash.get(_POSTGRES, None)
    return f"postgres: {server.kind}" if server else "postgres: none, nothing runs"


_STACK = pytest.StashKey[ExitStack]()
_POSTGRES = pytest.StashKey[Postgres]()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Postgres:
    return pytestconfig.stash[_POSTGRES]


@pytest.fixture(scope="session")
def postgres_admin_url(postgres: Postgres) -> str:
    return postgres.admin_url


@pytest.fixture
async def empty_database(postgres: Postgres) -> AsyncIterator[str]:
    """The superuser's URL of an empty database."""
    name = f"empty_{uuid4().hex[:12]}"
    await postgres.execute(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    await postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def template(postgres: Postgres) -> AsyncIterator[str]:
    """A database made by the migrations, to clone."""
    name = f"template_{uuid4().hex[:12]}"
    await postgres.execute(f"CREATE DATABASE {name}")
    service = parse(postgres.url(name, user=SERVICE_USER, password=SERVICE_PASSWORD))
    # another thread: Aerich sets and closes what Tortoise keeps for the whole process
    await asyncio.to_thread(migrate.deploy_blocking, parse(postgres.url(name)), service)
    yield name
    await postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@dataclass(frozen=True)
class Databases:
    """A migrated database of one's own, as its owner and as the service."""

    direct_url: str
    database_url: str

    @property
    def direct(self) -> ConnectOptions:
        return parse(self.direct_url)

    @property
    def service(self) -> ConnectOptions:
        return parse(self.database_url)


async def _clone(postgres: Postgres, template: str) -> AsyncIterator[Databases]:
    name = f"clone_{uuid4().hex[:12]}"
    await postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield Databases(postgres.url(name), postgres.url(name, user=SERVICE_USER, password=SERVICE_PASSWORD))
    await postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
async def database(postgres: Postgres, template: str) -> AsyncIterator[Databases]:
    async for databases in _clone(postgres, template):
        yield databases


@pytest.fixture(scope="module")
async def module_database(postgres: Postgres, template: str) -> AsyncIterator[Databases]:
    async for databases in _clone(postgres, template):
        yield databases


@pytest.fixture(scope="session")
async def served_database(postgres: Postgres, template: str) -> AsyncIterator[Databases]:
    async for databases in _clone(postgres, template):
        yield databases


@pytest.fixture(scope="session")
def served(served_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`tolstoy serve` in a process of its own. A test that made it fail with a 500 fails the run."""
    folder = tmp_path_factory.mktemp("served")
    settings = {
        "DATABASE_URL": served_database.database_url,
        "DIRECT_URL": served_database.direct_url,
        "EGRESS_ALLOW": "127.0.0.1/32",  # where the tests' tools listen
        "RATE_LIMIT": "10000000",  # counted, and never reached
        "RATE_LIMIT_PER_USER": "10000000",
    }
    with serving(folder, settings) as process:
        yield process
    assert "request_failed" not in process.log(), process.log()[-5000:]


@pytest.fixture(scope="session")
def server(served: Served) -> str:
    return served.url


@pytest.fixture(scope="session")
async def http(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server, timeout=20) as client:
        yield client


@dataclass(frozen=True)
class Member:
    org_id: str
    user_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Org-ID": self.org_id, "X-User-ID": self.user_id}


async def founded(http: httpx.AsyncClient, email: str) -> Member:
    """A new organization and its first user, an admin."""
    made = await http.post("/organizations", json={"name": f"Of {email}", "owner": {"email": email}})
    assert made.status_code == 201, made.text
    return Member(made.json()["id"], made.json()["owner"]["id"])


@pytest.fixture
async def alice(http: httpx.AsyncClient) -> Member:
    """Owns an organization."""
    return await founded(http, "alice@example.com")


@pytest.fixture
async def bob(http: httpx.AsyncClient, alice: Member) -> Member:
    """Is in Alice's organization."""
    made = await http.post("/users", json={"email": "bob@example.com"}, headers=alice.headers)
    return Member(alice.org_id, made.json()["id"])


@pytest.fixture
async def charlie(http: httpx.AsyncClient) -> Member:
    """Owns another organization and must see nothing of Alice's."""
    return await founded(http, "charlie@example.com")


@pytest.fixture(scope="session")
def echo() -> Iterator[EchoServer]:
    """A real tool to call."""
    with serving_in_thread() as server:
        yield server


@pytest.fixture
async def lab(http: httpx.AsyncClient, alice: Member, echo: EchoServer) -> Lab:
    """Alice's organization with that tool, and flows to run in it, by the worker beside the served API."""
    tool = await http.post("/tools", json={"name": "Echo", "baseUrl": echo.url}, headers=alice.headers)
    assert tool.status_code == 201, tool.text
    return Lab(http, alice, echo, tool.json()["id"])
