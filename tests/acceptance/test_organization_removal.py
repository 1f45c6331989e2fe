"""`tolstoy admin delete-org`: nothing is left of an organization, also where it was interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.acceptance.installation import Installation, number_of_logs, party, rows_of, with_logs
from tests.conftest import Databases
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.tenancy.connections import connected
from tests.whole_database import places

MANY = 30_000


@pytest.fixture
def installation(database: Databases, tmp_path: Path) -> Installation:
    return Installation(database, tmp_path)


@pytest.fixture
async def owner(database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database.direct) as connection:
        yield connection


async def _hanging(lab: Lab) -> str:
    """The id of a run that a worker has in hand, in a call that nobody answers."""
    run = await lab.start(
        await lab.flow({"key": "hang", "http": {"method": "GET", "url": f"{lab.echo.url}/hang"}})
    )
    async with asyncio.timeout(30):
        while not any(seen["path"] == "/hang" for seen in list(lab.echo.requests)):
            await asyncio.sleep(0.02)
    return str(run["id"])


async def test_of_an_organization_that_is_removed_nothing_is_left(
    installation: Installation, owner: asyncpg.Connection, echo: EchoServer
) -> None:
    """Also while runs of it are under way; what stays is that it was, in the platform's log. Others' stays whole."""
    with installation.served() as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
            alices, charlies = [await party(http, echo, who) for who in ("alice", "charlie")]
            org_id = alices.member.org_id
            in_hand = await _hanging(Lab(http, alices.member, echo, alices.ids["tool"]))
            last = (await http.get("/audit-events/verify", headers=alices.member.headers)).json()
            before = await rows_of(owner, charlies.member.org_id)
            code, said = installation.admin("delete-org", org_id)
            assert code == 1 and "        6 executions\n" in said and "Nothing was removed" in said, said
            assert (await http.get("/tools", headers=alices.member.headers)).status_code == 200

            code, said = installation.admin("delete-org", org_id, "--yes")

            assert code == 0 and said.endswith(f"The organization {org_id} is gone.\n"), said
            sought = [org_id, in_hand, alices.member.user_id, *alices.ids.values(), "alice"]
            left = {text: tables for text, tables in (await places(owner, sought)).items() if tables}
            assert left == {org_id: ["audit_events"]}
            stored = await owner.fetch("SELECT payload FROM queue.pgqueuer WHERE payload IS NOT NULL")
            assert not [row for row in stored if row["payload"].startswith(UUID(org_id).bytes)]
            (told,) = await owner.fetch("SELECT event FROM audit_events WHERE subject_id = $1", UUID(org_id))
            event = json.loads(told["event"])
            assert (event["orgId"], event["action"]) == (str(UUID(int=0)), "delete")
            assert event["origin"]["program"] == "tolstoy admin delete-org"
            assert event["after"] == {"lastSeq": last["seq"], "lastHash": last["hash"]}
            assert (await http.get("/tools", headers=charlies.member.headers)).status_code == 200
            assert await rows_of(owner, charlies.member.org_id) == before
            again = await Lab(http, charlies.member, echo, "").run({"key": "a", "transform": 1})
            assert again["status"] == "succeeded", "the worker goes on"
            code, said = installation.admin("delete-org", org_id, "--yes")
            assert code == 1 and "There is no organization" in said, said


async def test_a_removal_that_was_killed_is_begun_again(
    installation: Installation, owner: asyncpg.Connection
) -> None:
    org_id, other = await with_logs(owner, MANY), await with_logs(owner, 10)
    process = installation.command("delete-org", str(org_id), "--yes")
    while await number_of_logs(owner, org_id) == MANY:
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert 0 < await number_of_logs(owner, org_id) < MANY
    code, said = installation.admin("delete-org", str(org_id), "--yes")
    assert code == 0, said
    assert await places(owner, [str(org_id)]) == {str(org_id): ["audit_events"]}
    assert await number_of_logs(owner, other) == 10
