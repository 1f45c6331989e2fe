"""An installation of one's own, with organizations that have something of everything in it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from tests.api.acting import open_wait, until
from tests.api.factories import make_action, make_credential, make_flow, make_log, make_tool, publish
from tests.api.triggers import delivered, deliveries_of, make_hook, make_schedule, make_subscription
from tests.conftest import Databases, Member, founded
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.processes import Served, serving
from tests.tenancy.catalog import COUNTERS, read_catalog
from tolstoy.core.ids import new_id

APP_KEY = base64.b64encode(b"an-installation-of-ones-own-key.").decode()

_TELLING_MEMORY = """
import atexit, pathlib
from tolstoy.cli.main import run
atexit.register(lambda: print(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]))
run()
"""


@dataclass(frozen=True)
class Installation:
    databases: Databases
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.databases.database_url,
            "DIRECT_URL": self.databases.direct_url,
            "APP_KEY": APP_KEY,
            "EGRESS_ALLOW": "127.0.0.1/32",
        }

    def command(self, *arguments: str, program: Sequence[str] = ("-m", "tolstoy")) -> subprocess.Popen[str]:
        """`tolstoy admin …`, begun."""
        return subprocess.Popen(
            [sys.executable, *program, "admin", *arguments],
            env={"PATH": os.environ["PATH"], "LOG_LEVEL": "error", **self.settings},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def admin(self, *arguments: str) -> tuple[int, str]:
        """Its exit code, and what it said."""
        process = self.command(*arguments)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def most_memory(self, *arguments: str) -> int:
        """The most bytes that it had; what `resource` tells of a child is at least what its parent had."""
        process = self.command(*arguments, program=("-c", _TELLING_MEMORY))
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return int(said.split()[-1]) * 1024

    def export(self, org_id: str, name: str, *arguments: str) -> Path:
        file = self.folder / name
        code, said = self.admin("export-org", org_id, "--to", str(file), *arguments)
        assert code == 0, said
        return file

    @contextmanager
    def served(self) -> Iterator[Served]:
        with serving(self.folder, self.settings) as process:
            yield process
        assert "request_failed" not in process.log(), process.log()[-5000:]


@dataclass(frozen=True)
class Party:
    """Somebody's organization, the secrets that were sent in or shown, and some ids by name."""

    member: Member
    secrets: Mapping[str, str]
    ids: Mapping[str, str]
    hook_path: str


async def party(http: httpx.AsyncClient, echo: EchoServer, who: str) -> Party:
    """Of Alice, say: with a run that is over, one that waits for another that waits for an approval, and the rest."""
    member = await founded(http, f"{who}@example.com")
    sent = {kind: f"canary-{who}-{kind}-0123456789abcdef" for kind in ("bearer", "basic", "oauth", "signing")}
    lab = Lab(http, member, echo, "")
    tool = await make_tool(http, member, name=f"Tool of {who}", baseUrl=echo.url, authType="bearer")
    bearer = await make_credential(http, member, tool, bearer={"token": sent["bearer"]})
    basic = await make_tool(http, member, baseUrl=echo.url, authType="basic")
    await make_credential(
        http, member, basic, basic={"username": f"user-of-{who}", "password": sent["basic"]}
    )
    oauth = await make_tool(http, member, baseUrl=echo.url, authType="oauth2")
    grant = {"tokenUrl": f"{echo.url}/token", "clientId": who, "clientSecret": sent["oauth"]}
    await make_credential(http, member, oauth, oauth2=grant)
    address = f"{echo.url}/authorize"
    allowed = {**grant, "grant": "authorizationCode", "authorizationUrl": address}
    by_somebody = await make_credential(http, member, oauth, oauth2=allowed)
    action = await make_action(
        http, member, tool, name=f"Call of {who}", endpoint="/echo", credentialId=bearer["id"]
    )
    called = {"method": "GET", "url": f"{echo.url}/echo", "credential": bearer["id"]}
    flow = await publish(
        http,
        member,
        await make_flow(
            http,
            member,
            name=f"Flow of {who}",
            steps=[{"key": "call", "action": action["key"], "inputs": {}}, {"key": "http", "http": called}],
        ),
    )
    subscription = await make_subscription(http, member, url=f"{echo.url}/events", flowId=flow["id"],
                                           events=["execution.succeeded"])  # fmt: skip
    over = await lab.start(flow["id"], 30)
    assert over["status"] == "succeeded", over
    await delivered(http, member, f"/subscriptions/{subscription['id']}")
    hook = await make_hook(http, member, flow, verification="github", signingSecret=sent["signing"])
    open_hook = await make_hook(http, member, flow)
    assert (await http.post(open_hook["path"], json={"from": who})).status_code == 202
    (delivery,) = await deliveries_of(http, member, f"/flows/{flow['id']}/hooks/{open_hook['id']}")
    await until(lab, delivery["executionId"], "succeeded")
    schedule = await make_schedule(http, member, flow)
    child = await open_wait(http, member)
    waiting_flow = (await lab.get(f"/executions/{child}"))["flowId"]
    parent = await lab.start(await lab.flow({"key": "child", "flow": {"id": waiting_flow}}))
    await until(lab, parent, "waiting")
    await make_flow(http, member, name=f"Draft of {who}")
    await make_log(http, member, flow, inputs={"of": who})
    key = (await http.post("/api-keys", json={"name": "Hers"}, headers=member.headers)).json()["key"]
    shown = {
        "key": key,
        "token": open_hook["path"].removeprefix("/hooks/"),
        "other token": hook["path"].removeprefix("/hooks/"),
        "subscription": subscription["secret"],
    }
    ids = {
        "tool": tool["id"],
        "credential": bearer["id"],
        "oauth tool": oauth["id"],
        "authorized": by_somebody["id"],
        "action": action["id"],
        "flow": flow["id"],
        "hook": open_hook["id"],
        "signed hook": hook["id"],
        "schedule": schedule["id"],
        "subscription": subscription["id"],
        "over": over["id"],
        "child": child,
        "parent": parent["id"],
    }
    return Party(member, {**sent, **shown}, ids, open_hook["path"])


async def with_logs(owner: asyncpg.Connection, number: int) -> UUID:
    """An organization with so many logs of about 2 kB, written straight into the database."""
    org_id, user_id, flow_id = new_id(), new_id(), new_id()
    await owner.execute("INSERT INTO organizations (id, name) VALUES ($1, 'Large')", org_id)
    await owner.execute(
        "INSERT INTO users (org_id, id, email, email_key, role) VALUES ($1, $2, 'a@b', 'a@b', 'admin')",
        org_id,
        user_id,
    )
    await owner.execute("INSERT INTO flows (org_id, id, name) VALUES ($1, $2, 'Flow')", org_id, flow_id)
    await owner.execute(
        "INSERT INTO execution_logs (org_id, id, flow_id, user_id, step_key, inputs, status)"
        " SELECT $1, gen_random_uuid(), $2, $3, 'step', jsonb_build_object('n', n, 'text', repeat(md5(n::text), 60)),"
        " 'completed' FROM generate_series(1, $4) n",
        org_id,
        flow_id,
        user_id,
        number,
    )
    return org_id


async def number_of_logs(owner: asyncpg.Connection, org_id: UUID) -> int:
    return int(await owner.fetchval("SELECT count(*) FROM execution_logs WHERE org_id = $1", org_id))


async def rows_of(owner: asyncpg.Connection, org_id: str) -> dict[str, list[str]]:
    """Every row, by table, but what is counted."""
    catalog = await read_catalog(owner)
    return {
        table: [
            row[0]
            for row in await owner.fetch(
                f"SELECT t::text FROM {table} t WHERE org_id = $1::text::uuid ORDER BY 1", org_id
            )
        ]
        for table in catalog.tenant
        if table not in COUNTERS
    }


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in file.read_text().splitlines()]


def fitted(rows: list[dict[str, Any]]) -> bytes:
    """The file as it would be written, by whom the last line proves nothing of."""
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows[:-1])
    return body + b'{"rows":%d,"sha256":"%b"}\n' % (len(rows) - 2, sha256(body).hexdigest().encode())
