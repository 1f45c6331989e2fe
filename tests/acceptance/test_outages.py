"""The database killed, stopped, silent, slow or with another password: 503 while it lasts, and no restart after."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import boto3
import httpx
import pytest
import structlog
from moto.server import ThreadedMotoServer

from tests.conftest import SERVICE_USER, Databases, Member, founded
from tests.processes import Served, serving
from tests.wire import wired
from tolstoy.api.app import _renewal
from tolstoy.core.database_urls import parse
from tolstoy.core.settings import Settings
from tolstoy.db import embedded, migrate

TOOL = {"name": "Slack", "baseUrl": "https://slack.example.com"}
GATEWAY = {"X-Gateway-Secret": "g" * 40}
PRODUCTION = {
    "APP_ENV": "production",
    "AUTH_MODE": "gateway",
    "GATEWAY_SECRET": GATEWAY["X-Gateway-Secret"],
    "WORKERS": "1",
    "HOST": "127.0.0.1",
}
_FAST = {"fsync": "off", "full_page_writes": "off"}  # a process that is killed loses nothing by it


@dataclass
class OwnPostgres:
    """A server to kill."""

    folder: Path
    service = "own_service"

    def start(self) -> embedded.EmbeddedPostgres:
        return embedded.start(self.folder, settings=_FAST)

    def stop(self) -> None:
        embedded.stop(self.folder)

    def kill(self) -> None:
        server = embedded.running(self.folder)
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)

    @property
    def direct_url(self) -> str:
        return self.start().url()

    def url(self, password: str = "secret-1") -> str:  # noqa: S107 - of a server that lives as long as the test
        return self.start().url(user=self.service).replace("@", f":{password}@", 1)


@pytest.fixture(scope="module")
def own() -> Iterator[OwnPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="tolstoy-outages-"))
    folder.chmod(0o755)
    own = OwnPostgres(folder / "postgres")
    try:
        migrate_to = parse(own.direct_url), parse(own.url())
        asyncio.run(migrate.deploy(*migrate_to))
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder)


@pytest.fixture
def running(own: OwnPostgres) -> OwnPostgres:
    own.start()
    return own


async def _refused(http: httpx.AsyncClient, path: str, member: Member, seconds: float = 5) -> str:
    """Asks, and sees a proper 503 in time; says its code."""
    began = time.monotonic()
    answer = await http.get(path, headers=member.headers)
    assert time.monotonic() - began < seconds
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await http.get("/health")).status_code == 200
    return str(answer.json()["code"])


async def _until_it_answers(http: httpx.AsyncClient, path: str, member: Member, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (answer := await http.get(path, headers=member.headers)).status_code != 200:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.05)


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)


async def test_a_killed_and_a_stopped_database_come_back(running: OwnPostgres, tmp_path: Path) -> None:
    """Requests at the moment of its death are answered with 503 too; what was committed is there afterwards."""
    settings = {"DATABASE_URL": running.url(), "DIRECT_URL": running.direct_url, "DATABASE_POOL_SIZE": "4"}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            made = await http.post("/tools", json=TOOL, headers=alice.headers)
            path = f"/tools/{made.json()['id']}"
            for end in (running.kill, running.stop):
                asking = [asyncio.create_task(http.get(path, headers=alice.headers)) for _ in range(50)]
                await asyncio.to_thread(end)
                assert {answer.status_code for answer in await asyncio.gather(*asking)} <= {200, 503}
                for _ in range(3):
                    assert await _refused(http, path, alice) == "database-unavailable"
                changed = await http.put(path, json={"name": "No"}, headers=alice.headers)
                assert changed.status_code == 503
                await asyncio.to_thread(running.start)
                await _until_it_answers(http, path, alice)
                answers = await asyncio.gather(*(http.get(path, headers=alice.headers) for _ in range(20)))
                assert Counter(answer.status_code for answer in answers) == {200: 20}
            assert answers[0].json() == made.json()
        assert "request_failed" not in served.log(), served.log()[-3000:]


async def test_production_starts_without_its_database_and_finds_it_later(
    running: OwnPostgres, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": running.url(), "DIRECT_URL": running.direct_url, **PRODUCTION}
    running.stop()
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20, headers=GATEWAY) as http:
            nobody = Member("0" * 8 + "-0000-7000-8000-" + "0" * 12, "0" * 8 + "-0000-7000-8000-" + "0" * 12)
            assert await _refused(http, "/organizations", nobody) == "database-unavailable"
            assert (await http.get("/status")).status_code == 503
            await asyncio.to_thread(running.start)
            await _until_it_answers(http, "/organizations", nobody)
        assert "database_unreachable" in served.log()
        assert "secret-1" not in served.log()
        assert "request_failed" not in served.log(), served.log()[-3000:]


async def test_a_database_gone_silent_costs_no_connection_for_ever(
    module_database: Databases, tmp_path: Path
) -> None:
    """As when a firewall forgets the connections: nobody is told, no answer comes."""
    with wired(module_database.service) as wire:
        settings = {
            "DATABASE_URL": f"{wire.url}&connect_timeout=2",
            "DIRECT_URL": module_database.direct_url,
            "DATABASE_POOL_SIZE": "2",
            "DATABASE_POOL_TIMEOUT": "1",
            "RESPONSE_TIMEOUT": "1",
        }
        with serving(tmp_path, settings) as served:
            async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
                alice = await founded(http, "alice@example.com")
                assert (await http.get("/tools", headers=alice.headers)).status_code == 200
                wire.go_dead()
                lost = await asyncio.gather(*(_refused(http, "/tools", alice, 15) for _ in range(4)))
                assert set(lost) <= {"unavailable", "overloaded", "database-unavailable"}
                wire.recover()
                await _until_it_answers(http, "/tools", alice)
                answers = await asyncio.gather(
                    *(http.get("/tools", headers=alice.headers) for _ in range(20))
                )
                assert Counter(answer.status_code for answer in answers) == {200: 20}
            assert "request_failed" not in served.log(), served.log()[-3000:]


@dataclass(frozen=True)
class Small:
    """A service with two connections and three places in the queue, and someone to hold locks against it."""

    served: Served
    http: httpx.AsyncClient
    alice: Member
    path: str
    locker: asyncpg.Connection
    watcher: asyncpg.Connection

    async def change(self) -> httpx.Response:
        return await self.http.put(self.path, json={"name": "Changed"}, headers=self.alice.headers)

    async def waiting_for_locks(self) -> int:
        count: int = await self.watcher.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = $1 AND wait_event_type = 'Lock'",
            SERVICE_USER,
        )
        return count

    async def with_setting(self, name: str, value: str) -> None:
        """Change one setting of the service's user, and end its sessions, that it counts."""
        database = await self.watcher.fetchval("SELECT current_database()")
        role = f"ALTER ROLE {SERVICE_USER} IN DATABASE {database}"
        await self.watcher.execute(f"{role} RESET ALL; {role} SET {name} = '{value}'")
        await self.watcher.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = $1",
            SERVICE_USER,
        )


@pytest.fixture(scope="module")
async def small(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Small]:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "DATABASE_POOL_SIZE": "2",
        "DATABASE_POOL_WAITERS": "3",
        "DATABASE_POOL_TIMEOUT": "1",
    }
    connections = [await asyncpg.connect(**module_database.direct.asyncpg_kwargs()) for _ in range(2)]
    with serving(tmp_path_factory.mktemp("small"), settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = (await http.post("/tools", json=TOOL, headers=alice.headers)).json()["id"]
            yield Small(served, http, alice, f"/tools/{tool}", *connections)
        assert "request_failed" not in served.log(), served.log()[-3000:]
    for connection in connections:
        await connection.close()


async def test_requests_beyond_the_pool_wait_in_a_queue_with_an_end(small: Small) -> None:
    """Two are at it, three wait, the sixth is refused at once; those who waited too long are refused as well."""
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        at_it = [asyncio.create_task(small.change()) for _ in range(2)]

        async def both_wait() -> bool:
            return await small.waiting_for_locks() == 2

        await _until(both_wait)
        began = time.monotonic()
        queued = [asyncio.create_task(small.change()) for _ in range(3)]
        await asyncio.sleep(0.3)
        assert await _refused(small.http, small.path, small.alice, 0.5) == "overloaded"
        for answer in await asyncio.gather(*queued):
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded"), answer.text
            assert answer.headers["Retry-After"]
        assert 0.9 < time.monotonic() - began < 3
    assert [answer.status_code for answer in await asyncio.gather(*at_it)] == [200, 200]
    # a queue that moves: more requests than places, none refused
    assert [(await small.change()).status_code for _ in range(3)] == [200] * 3
    answers = await asyncio.gather(*(small.change() for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 5}


async def test_sessions_ended_by_the_administrator_are_replaced(small: Small) -> None:
    """Nobody notices."""
    for _ in range(3):
        await small.with_setting("lock_timeout", "10s")
        answers = await asyncio.gather(*(small.change() for _ in range(4)))
        assert Counter(answer.status_code for answer in answers) == {200: 4}


async def test_waiting_too_long_for_a_lock_is_a_conflict(small: Small) -> None:
    """409: someone else is changing the same thing."""
    await small.with_setting("lock_timeout", "200ms")
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        answer = await small.change()
    assert (answer.status_code, answer.json()["code"]) == (409, "write-conflict"), answer.text
    assert (await small.change()).status_code == 200


async def test_a_statement_that_takes_too_long_is_ended(small: Small) -> None:
    """503, and the connection is as good as before."""
    await small.with_setting("statement_timeout", "300ms")
    async with small.locker.transaction():
        await small.locker.execute("SELECT FROM tools FOR UPDATE")
        answer = await small.change()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.headers["Retry-After"]
    assert [(await small.change()).status_code for _ in range(3)] == [200] * 3
    await small.with_setting("statement_timeout", "30s")


async def test_a_column_whose_type_a_migration_changes_costs_a_503_at_most(small: Small) -> None:
    """What was prepared before it does not fit any more."""
    assert [(await small.change()).status_code for _ in range(4)] == [200] * 4
    await small.locker.execute("ALTER TABLE tools ALTER COLUMN name TYPE varchar(300)")
    await small.locker.execute("ALTER TABLE tools ALTER COLUMN description TYPE text")
    answers = [await small.change() for _ in range(6)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert (await small.http.get(small.path, headers=small.alice.headers)).status_code == 200
    assert (await small.change()).status_code == 200


@pytest.fixture
def secrets_manager() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _require_password(own: OwnPostgres) -> None:
    """The embedded server trusts its socket; for the service's user it shall ask."""
    hba = own.folder / "cluster" / "pg_hba.conf"
    trusting = hba.read_text()
    if own.service not in trusting:
        hba.write_text(f"local all {own.service} scram-sha-256\n{trusting}")


async def test_a_rotated_password_needs_no_restart(
    running: OwnPostgres, secrets_manager: str, tmp_path: Path
) -> None:
    """Changed in the database, then in the secret: 503 in between, where there is a moment between the two."""
    aws = {
        "AWS_ENDPOINT_URL": secrets_manager,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
    }
    client = boto3.client(
        "secretsmanager",
        endpoint_url=secrets_manager,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    owner = await asyncpg.connect(**parse(running.direct_url).asyncpg_kwargs())

    def secret(password: str) -> str:
        return json.dumps({"DATABASE_URL": running.url(password), "DIRECT_URL": running.direct_url})

    async def rotate(password: str) -> None:
        await owner.execute(f"ALTER ROLE {running.service} PASSWORD '{password}'")
        await owner.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", running.service
        )

    await rotate("secret-1")
    _require_password(running)
    await owner.execute("SELECT pg_reload_conf()")
    client.create_secret(Name="tolstoy-db-secret", SecretString=secret("secret-1"))
    settings = {"USE_AWS_SECRETS": "true", **aws, **PRODUCTION}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20, headers=GATEWAY) as http:
            alice = await founded(http, "alice@example.com")
            assert (await http.get("/tools", headers=alice.headers)).status_code == 200

            client.put_secret_value(SecretId="tolstoy-db-secret", SecretString=secret("secret-2"))
            await rotate("secret-2")
            answers = await asyncio.gather(*(http.get("/tools", headers=alice.headers) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {200: 20}, "the secret came first"

            await rotate("secret-3")
            assert await _refused(http, "/tools", alice) == "database-unavailable"
            client.put_secret_value(SecretId="tolstoy-db-secret", SecretString=secret("secret-3"))
            await _until_it_answers(http, "/tools", alice)
        said = served.log()
    await owner.close()
    assert "request_failed" not in said, said[-3000:]
    assert "renew_secret" in said
    assert not any(f"secret-{number}" in said for number in (1, 2, 3))


async def test_a_secret_that_cannot_be_read_is_an_outage_too(secrets_manager: str) -> None:
    """The password was refused and there is no newer one to be had: that is for the log, not an error of its own."""
    settings = Settings(
        use_aws_secrets=True,
        aws_secret_name="no-such-secret",
        aws_endpoint_url=secrets_manager,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    with structlog.testing.capture_logs() as said:
        assert await _renewal(settings)(parse("postgresql://a:b@localhost/c")) is None
    assert [event["action"] for event in said] == ["renew_secret", "secret_unreadable"]
    assert "There is no secret no-such-secret in us-east-1" in said[1]["event"]
