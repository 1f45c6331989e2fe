"""Behind a real PgBouncer in transaction mode, which gives each transaction another server connection."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Databases, Member
from tests.processes import Served, free_port, serving, start
from tolstoy.core.ids import new_id

ORGANIZATIONS = 40
CLIENTS = 24
SERVERS = 4


@dataclass(frozen=True)
class Program:
    path: str
    version: tuple[int, ...]

    @property
    def prepares(self) -> bool:
        """Whether it keeps apart the prepared statements of its clients."""
        return self.version >= (1, 21)


@pytest.fixture(scope="module")
def program() -> Program:
    """Debian's package; in a throw-away machine of root's it is installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("pgbouncer", path=path)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "pgbouncer"]
        subprocess.run(install, capture_output=True, timeout=90, check=False, stdin=subprocess.DEVNULL)
        found = shutil.which("pgbouncer", path=path)
    if found is None:
        pytest.skip("there is no pgbouncer here; on Debian and Ubuntu: apt-get install pgbouncer")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    assert version, told
    return Program(found, (int(version[1]), int(version[2])))


@dataclass(frozen=True)
class Pooler:
    program: Program
    port: int

    def url(self, database: str) -> str:
        login = f"{SERVICE_USER}:{SERVICE_PASSWORD}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}?sslmode=disable"


@pytest.fixture(scope="module")
def pooler(program: Program, module_database: Databases) -> Iterator[Pooler]:
    server, port = module_database.service, free_port()
    prepared = "max_prepared_statements = 200" if program.prepares else ""
    # not below pytest's own folder, which is closed to the user that root has to run it as
    with tempfile.TemporaryDirectory(prefix="tolstoy-pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users.txt").write_text(f'"{SERVICE_USER}" "{SERVICE_PASSWORD}"\n')
        (folder / "pgbouncer.ini").write_text(f"""
[databases]
* = host={server.host} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {SERVERS}
max_client_conn = 200
{prepared}
""")
        command = [program.path, str(folder / "pgbouncer.ini")]
        if os.geteuid() == 0:
            command += ["-u", "nobody"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield Pooler(program, port)
        finally:
            process.terminate()
            process.wait(10)


@dataclass(frozen=True)
class Party:
    member: Member
    tool: str


@pytest.fixture(scope="module")
async def parties(module_database: Databases) -> list[Party]:
    connection = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
    made = []
    for _ in range(ORGANIZATIONS):
        org_id, user_id, tool_id = new_id(), new_id(), new_id()
        await connection.execute("INSERT INTO organizations (id, name) VALUES ($1, 'one')", org_id)
        await connection.execute(
            "INSERT INTO users (org_id, id, email, email_key, role) VALUES ($1, $2, 'a', 'a', 'admin')",
            org_id,
            user_id,
        )
        await connection.execute(
            "INSERT INTO tools (org_id, id, name, base_url, auth_type)"
            " VALUES ($1, $2, 'A', 'https://example.com', 'none')",
            org_id,
            tool_id,
        )
        made.append(Party(Member(str(org_id), str(user_id)), str(tool_id)))
    await connection.close()
    return made


async def _load(served: Served, parties: list[Party], requests: int) -> list[int]:
    """The statuses of many requests for all the organizations at once; whatever is answered must be right."""
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=served.url, timeout=30, limits=limits) as http:

        async def one(number: int) -> int:
            party = parties[number % len(parties)]
            headers, path = party.member.headers, f"/tools/{party.tool}"
            if number % 5 == 4:
                answer = await http.put(path, json={"name": f"N{number}"}, headers=headers)
            elif number % 5 == 3:
                stranger = parties[(number + 1) % len(parties)]
                answer = await http.get(f"/tools/{stranger.tool}", headers=headers)
                assert answer.status_code in (404, 503), answer.text
                return 200 if answer.status_code == 404 else 503
            else:
                answer = await http.get("/tools" if number % 2 else path, headers=headers)
            if answer.status_code == 200:
                rows = answer.json().get("data", [answer.json()])
                assert [row["id"] for row in rows] == [party.tool], "another organization's row"
            return answer.status_code

        return await asyncio.gather(*(one(number) for number in range(requests)))


def _settings(pooler: Pooler, databases: Databases, **settings: str) -> Mapping[str, str]:
    return {
        "DATABASE_URL": pooler.url(databases.service.database),
        "DIRECT_URL": databases.direct_url,
        "DATABASE_POOL_SIZE": str(CLIENTS),
        "RUN_WORKER": "false",  # it has a pool of its own
        **settings,
    }


async def test_forty_organizations_share_four_connections(
    pooler: Pooler, module_database: Databases, parties: list[Party], tmp_path: Path
) -> None:
    """No error and no wrong row; prepared statements are used where the pooler knows them, and else switched off.

    Twice, since what the first process prepared is still there when the second comes.
    """
    settings = _settings(
        pooler,
        module_database,
        **({} if pooler.program.prepares else {"DATABASE_STATEMENT_CACHE_SIZE": "0"}),
    )
    for requests in (280, 120):
        with serving(tmp_path, settings) as served:
            assert set(await _load(served, parties, requests)) == {200}
            connection = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
            sessions = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1",
                SERVICE_USER,
            )
            await connection.close()
            # one more listens, past the pooler
            assert 2 < sessions <= SERVERS + 1, "they went through the pooler"
            assert "request_failed" not in served.log()
            assert "prepared_statements_forgone" not in served.log()


async def test_an_old_pooler_is_noticed_and_coped_with(
    pooler: Pooler, module_database: Databases, parties: list[Party], tmp_path: Path
) -> None:
    """Prepared statements left on by mistake: some 503 at first, never a 500 or a wrong row, then all is well."""
    if pooler.program.prepares:
        pytest.skip(f"pgbouncer {pooler.program.version} keeps prepared statements apart")
    with serving(tmp_path, _settings(pooler, module_database)) as served:
        first = await _load(served, parties, 200)
        assert set(first) <= {200, 503}
        assert set(await _load(served, parties, 200)) == {200}
        log = served.log()
    assert "request_failed" not in log
    assert log.count("prepared_statements_forgone") == 1
    assert "set DATABASE_STATEMENT_CACHE_SIZE=0" in log


async def test_migrations_go_past_the_pooler(pooler: Pooler, empty_database: str, tmp_path: Path) -> None:
    """By DIRECT_URL; the user of the service's address could make no table."""
    databases = Databases(empty_database, empty_database)
    settings = _settings(pooler, databases, DATABASE_STATEMENT_CACHE_SIZE="0")
    with serving(tmp_path, settings) as served, httpx.Client(base_url=served.url, timeout=20) as http:
        assert http.get("/status").json()["migrations"]["status"] == "current"
        assert http.post("/organizations", json={"name": "First"}).status_code == 201


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_pooled_address_as_the_only_one_is_said(environment: str, tmp_path: Path) -> None:
    """The migration lock does not hold behind a pooler. Production, which does not migrate by itself, only warns."""
    settings = {
        "APP_ENV": environment,
        "DATABASE_URL": "postgresql://someone:secret@ep-test-pooler.invalid/db?sslmode=require",
        "USE_AWS_SECRETS": "false",
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": "g" * 32,
        "APP_KEY": f"{'k' * 42}8=",
        "WORKERS": "1",
    }
    served = start(tmp_path, settings)
    try:
        if environment == "production":
            served.wait_until_up()
            assert "migrations and workers need DIRECT_URL, the address without -pooler" in served.log()
        else:
            assert served.process.wait(30) == 1
            assert "write the address without -pooler into DIRECT_URL" in served.log()
            assert "Traceback" not in served.log()
    finally:
        served.stop()
    assert "secret@" not in served.log()
