"""The database killed, stopped, silent or with another password: 503 while it lasts, and no restart after."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import boto3
import httpx
import pytest
import structlog
from moto.server import ThreadedMotoServer

from tests.acceptance.answers import TOOL, refused, until_it_answers
from tests.api.factories import make_flow, publish
from tests.api.triggers import make_hook
from tests.conftest import Databases, Member, founded
from tests.processes import Served, serving
from tests.wire import wired
from tolstoy.core.database_urls import parse
from tolstoy.core.settings import Settings
from tolstoy.db import embedded, migrate
from tolstoy.db.renewal import renewal

GATEWAY = {"X-Gateway-Secret": "g" * 40}
PRODUCTION = {
    "APP_ENV": "production",
    "AUTH_MODE": "gateway",
    "GATEWAY_SECRET": GATEWAY["X-Gateway-Secret"],
    "APP_KEY": f"{'k' * 42}8=",
    "WORKERS": "1",
    "HOST": "127.0.0.1",
}
_FAST = {"fsync": "off", "full_page_writes": "off"}  # a process that is killed loses nothing by it


@dataclass
class OwnPostgres:
    """A server to kill."""

    folder: Path
    service = "own_service"
    owner = "own_owner"

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

    def url(self, password: str = "secret-1", user: str = service) -> str:  # noqa: S107 - it lives as long as the test
        return self.start().url(user=user).replace("@", f":{password}@", 1)


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
                    assert await refused(http, path, alice) == "database-unavailable"
                changed = await http.put(path, json={"name": "No"}, headers=alice.headers)
                assert changed.status_code == 503
                await asyncio.to_thread(running.start)
                await until_it_answers(http, path, alice)
                answers = await asyncio.gather(*(http.get(path, headers=alice.headers) for _ in range(20)))
                assert Counter(answer.status_code for answer in answers) == {200: 20}
            assert answers[0].json() == made.json()
        assert "request_failed" not in served.log(), served.log()[-3000:]


async def test_a_run_that_was_started_is_answered_for_whatever_becomes_of_the_database(
    running: OwnPostgres, tmp_path: Path
) -> None:
    """It is committed: 503 would have the client start another."""
    settings = {"DATABASE_URL": running.url(), "DIRECT_URL": running.direct_url}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
            alice = await founded(http, "alice@example.com")
            flow = await publish(
                http, alice, await make_flow(http, alice, steps=[{"key": "ok", "approval": {}}])
            )
            hook = await make_hook(http, alice, flow, answer="when-done", timeoutSeconds=4)
            waiting = [
                asyncio.create_task(
                    http.post(f"/flows/{flow['id']}/executions", params={"wait": 4}, headers=alice.headers)
                ),
                asyncio.create_task(http.post(hook["path"], json={})),
            ]
            async with asyncio.timeout(20):
                while len((await http.get("/executions", headers=alice.headers)).json()["data"]) < 2:
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(running.stop)
            answers = await asyncio.gather(*waiting)
            assert [answer.status_code for answer in answers] == [202, 202]
            await asyncio.to_thread(running.start)
            for answer in answers:
                await until_it_answers(http, answer.headers["Location"], alice)
        assert "request_failed" not in served.log(), served.log()[-3000:]


async def test_production_starts_without_its_database_and_finds_it_later(
    running: OwnPostgres, tmp_path: Path
) -> None:
    platform_key = "p" * 40  # which opens /organizations whatever headers say
    keyed = {**PRODUCTION, "AUTH_MODE": "api-key", "PLATFORM_KEY": platform_key}
    settings = {"DATABASE_URL": running.url(), "DIRECT_URL": running.direct_url, **keyed}
    running.stop()
    with serving(tmp_path, settings) as served:
        known = {"Authorization": f"Bearer {platform_key}"}
        async with httpx.AsyncClient(base_url=served.url, timeout=20, headers=known) as http:
            nobody = Member("0" * 8 + "-0000-7000-8000-" + "0" * 12, "0" * 8 + "-0000-7000-8000-" + "0" * 12)
            assert await refused(http, "/organizations", nobody) == "database-unavailable"
            assert (await http.get("/status")).status_code == 503
            await asyncio.to_thread(running.start)
            await until_it_answers(http, "/organizations", nobody)
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
                lost = await asyncio.gather(*(refused(http, "/tools", alice) for _ in range(4)))
                assert set(lost) <= {"unavailable", "overloaded", "database-unavailable"}
                wire.recover()
                await until_it_answers(http, "/tools", alice)
                answers = await asyncio.gather(
                    *(http.get("/tools", headers=alice.headers) for _ in range(20))
                )
                assert Counter(answer.status_code for answer in answers) == {200: 20}
            assert "request_failed" not in served.log(), served.log()[-3000:]


@pytest.fixture
def secrets_manager() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _require_password(own: OwnPostgres) -> None:
    """The embedded server trusts its socket; for these two users it shall ask."""
    hba = own.folder / "cluster" / "pg_hba.conf"
    trusting = hba.read_text()
    if own.service not in trusting:
        hba.write_text(f"local all {own.service},{own.owner} scram-sha-256\n{trusting}")


async def test_a_rotated_password_needs_no_restart(
    running: OwnPostgres, secrets_manager: str, tmp_path: Path
) -> None:
    """Changed in the database, then in the secret: 503 in between, where there is a moment between the two.

    So are the passwords of those who listen and of the worker, whose connections last.
    """
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
        urls = {"DATABASE_URL": running.url(password), "DIRECT_URL": running.url(password, running.owner)}
        return json.dumps(urls)

    async def rotate(password: str) -> None:
        users = [running.service, running.owner]
        for user in users:
            await owner.execute(f"ALTER ROLE {user} PASSWORD '{password}'")
        await owner.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ANY ($1)", users
        )

    await owner.execute(f"CREATE ROLE {running.owner} LOGIN SUPERUSER")
    await rotate("secret-1")
    _require_password(running)
    await owner.execute("SELECT pg_reload_conf()")
    client.create_secret(Name="tolstoy-db-secret", SecretString=secret("secret-1"))
    settings = {"USE_AWS_SECRETS": "true", **aws, **PRODUCTION, "RUN_WORKER": "true"}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20, headers=GATEWAY) as http:
            alice = await founded(http, "alice@example.com")
            assert (await http.get("/tools", headers=alice.headers)).status_code == 200
            flow = await publish(
                http, alice, await make_flow(http, alice, steps=[{"key": "one", "transform": 1}])
            )
            start = f"/flows/{flow['id']}/executions"
            assert (await http.post(start, params={"wait": 15}, headers=alice.headers)).status_code == 200

            client.put_secret_value(SecretId="tolstoy-db-secret", SecretString=secret("secret-2"))
            await rotate("secret-2")
            answers = await asyncio.gather(*(http.get("/tools", headers=alice.headers) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {200: 20}, "the secret came first"

            await rotate("secret-3")
            assert await refused(http, "/tools", alice) == "database-unavailable"
            await said_by(served, "watch_lost", "database_lost")
            client.put_secret_value(SecretId="tolstoy-db-secret", SecretString=secret("secret-3"))
            await until_it_answers(http, "/tools", alice)
            assert (await http.post(start, params={"wait": 15}, headers=alice.headers)).status_code == 200
            await said_by(served, "watch_back", "database_back")
        said = served.log()
    await owner.close()
    assert "request_failed" not in said, said[-3000:]
    assert "renew_secret" in said
    assert not any(f"secret-{number}" in said for number in (1, 2, 3))


async def said_by(served: Served, *actions: str) -> None:
    async with asyncio.timeout(20):
        while not all(f'"{action}"' in served.log() for action in actions):
            await asyncio.sleep(0.05)


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
        renew = renewal(settings)
        assert renew is not None and await renew(parse("postgresql://a:b@localhost/c")) is None
    assert [event["action"] for event in said] == ["renew_secret", "secret_unreadable"]
    assert "There is no secret no-such-secret in us-east-1" in said[1]["event"]
