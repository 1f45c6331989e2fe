"""`tolstoy admin export-org` and `import-org`: all of an organization but its secrets, nothing of anybody else's."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.acceptance.installation import Installation, Party, fitted, lines, party, rows_of
from tests.acceptance.test_canary import forms
from tests.api.acting import until
from tests.api.problems import refused
from tests.conftest import Databases
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.processes import Served
from tests.tenancy.connections import connected

# What an import changes, by table: nothing is to fire by itself, and no run goes on.
CHANGED = {
    "hooks": {"enabled"},
    "schedules": {"paused", "note"},
    "subscriptions": {"active", "disabled_reason"},
}
OF_CANCELLED = {
    "executions": {"status", "error", "finished_at", "cancel_requested_at", "seq", "status_seq"},
    "execution_logs": {"status", "error", "finished_at", "finished_seq", "details"},
    "waits": {"closed_at"},
}


@pytest.fixture(scope="module")
def installation(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(module_database, tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="module")
def served(installation: Installation) -> Iterator[Served]:
    with installation.served() as process:
        yield process


@pytest.fixture(scope="module")
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with connected(module_database.direct) as connection:
        yield connection


@pytest.fixture(scope="module")
async def alices(http: httpx.AsyncClient, echo: EchoServer) -> Party:
    return await party(http, echo, "alice")


@pytest.fixture(scope="module")
async def charlies(http: httpx.AsyncClient, echo: EchoServer) -> Party:
    return await party(http, echo, "charlie")


@pytest.fixture(scope="module")
def exported(installation: Installation, alices: Party, charlies: Party) -> Path:
    return installation.export(alices.member.org_id, "alice.jsonl")


async def _ids(owner: asyncpg.Connection, org_id: str) -> set[str]:
    tables = await owner.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'org_id'"
    )
    found = [
        await owner.fetch(f"SELECT id::text FROM {name} WHERE org_id = $1::text::uuid", org_id)
        for (name,) in tables
    ]
    return {row["id"] for rows in found for row in rows} | {org_id}


async def test_the_file_has_everything_but_secrets_and_strangers(
    exported: Path, alices: Party, charlies: Party, owner: asyncpg.Connection
) -> None:
    head, *rows, foot = lines(exported)
    text = exported.read_text()
    assert head["organization"]["id"] == alices.member.org_id
    assert foot["rows"] == len(rows) == sum(head["counts"].values())
    empty = [table for table, number in head["counts"].items() if not number]
    assert empty == [], "the test's organization has something of everything"
    for id_ in (*alices.ids.values(), alices.member.user_id):
        assert id_ in text
    shown = [form for secret in alices.secrets.values() for form in forms(secret) if form in text]
    assert shown == []
    theirs = await _ids(owner, charlies.member.org_id)
    assert len(theirs) > 30
    assert [id_ for id_ in theirs if id_ in text] == []
    assert "charlie" not in text.casefold()
    assert exported.stat().st_mode & 0o777 == 0o600


def _unended(file: Path) -> set[str]:
    runs = (line["row"] for line in lines(file) if line.get("table") == "executions")
    return {run["id"] for run in runs if run["status"] == "waiting"}


def _comparable(file: Path, unended: set[str]) -> list[dict[str, Any]]:
    """The rows, without what an import changes."""
    _, *rows, _ = lines(file)
    for line in rows:
        row, table = line["row"], line["table"]
        left_out = set(CHANGED.get(table, ()))
        if table in OF_CANCELLED and {row["id"], row.get("execution_id")} & unended:
            left_out |= OF_CANCELLED[table] | {"updated_at", "revision"}
        line["row"] = {name: value for name, value in row.items() if name not in left_out}
    return rows


async def test_exported_deleted_imported_and_exported_it_is_the_same(
    http: httpx.AsyncClient,
    installation: Installation,
    alices: Party,
    charlies: Party,
    exported: Path,
    owner: asyncpg.Connection,
    echo: EchoServer,
) -> None:
    org_id = alices.member.org_id
    others = await _ids(owner, charlies.member.org_id)
    code, said = installation.admin("import-org", str(exported))
    assert code == 1 and f"the row {org_id} of organizations is here already" in said, said
    code, said = installation.admin("import-org", str(exported), "--sha256", "0" * 64)
    assert code == 1 and "is to have another one" in said, said
    code, said = installation.admin("delete-org", org_id, "--yes")
    assert code == 0, said
    refused(await http.get("/tools", headers=alices.member.headers), 404, "organization-not-found")

    proof = lines(exported)[-1]["sha256"]
    code, said = installation.admin("import-org", str(exported), "--sha256", proof)
    assert code == 0 and said.endswith("runs that were not over and are cancelled: 3\n"), said
    again = installation.export(org_id, "again.jsonl")
    unended = _unended(exported)
    assert len(unended) == 3 and _unended(again) == set()
    assert _comparable(again, unended) == _comparable(exported, unended)
    assert await _ids(owner, charlies.member.org_id) == others

    await _is_quiet(http, alices)
    await _comes_to_life(http, alices, echo)
    verified = (await http.get("/audit-events/verify", headers=alices.member.headers)).json()
    assert verified["intact"]
    told = (
        await http.get("/audit-events", params={"subjectType": "organization"}, headers=alices.member.headers)
    ).json()["data"]
    assert [(event["action"], event["origin"]["program"], event["origin"]["sha256"]) for event in told] == [
        ("create", "tolstoy admin import-org", proof)
    ]


async def _is_quiet(http: httpx.AsyncClient, alices: Party) -> None:
    """Nothing of it fires, and no secret of before opens anything."""

    async def got(path: str) -> Any:
        answer = await http.get(path, headers=alices.member.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    ids = alices.ids
    for name in ("hook", "signed hook"):
        assert (await got(f"/flows/{ids['flow']}/hooks/{ids[name]}"))["enabled"] is False
    refused(await http.post(alices.hook_path, json={}), 404)
    schedule = await got(f"/schedules/{ids['schedule']}")
    assert (schedule["paused"], schedule["nextAt"]) == (True, None)
    subscription = await got(f"/subscriptions/{ids['subscription']}")
    assert subscription["active"] is False and "Imported" in subscription["disabledReason"]
    credential = await got(f"/tools/{ids['tool']}/credentials/{ids['credential']}")
    assert (credential["state"], credential["hint"]) == ("needsAuthorization", "")
    for name in ("parent", "child"):
        run = await got(f"/executions/{ids[name]}")
        assert (run["status"], run["error"]["code"]) == ("cancelled", "imported")
    assert (await got(f"/executions/{ids['over']}"))["status"] == "succeeded"
    key = {"Authorization": f"Bearer {alices.secrets['key']}"}
    refused(await http.get("/tools", headers=key), 401, "invalid-key")


async def _comes_to_life(http: httpx.AsyncClient, alices: Party, echo: EchoServer) -> None:
    """With its secrets sent anew, and what is to fire switched on."""
    ids, headers = alices.ids, alices.member.headers
    path = f"/flows/{ids['flow']}/executions?wait=30"
    run = (await http.post(path, json={}, headers=headers)).json()
    assert run["error"]["code"] == "credential_needs_authorization", run
    authorize = f"/tools/{ids['oauth tool']}/credentials/{ids['authorized']}/authorize"
    problem = refused(await http.post(authorize, headers=headers), 409, "nothing-to-authorize")
    assert "without its secret" in problem["detail"]
    sent = {"bearer": {"token": "another-token-of-the-bot"}}
    changed = await http.patch(
        f"/tools/{ids['tool']}/credentials/{ids['credential']}", json=sent, headers=headers
    )
    assert changed.json()["state"] == "ready", changed.text
    assert (await http.post(path, json={}, headers=headers)).json()["status"] == "succeeded"
    resumed = await http.post(f"/executions/{ids['child']}/resume", headers=headers)
    assert resumed.status_code == 202, resumed.text
    await until(Lab(http, alices.member, echo, ids["tool"]), ids["child"], "waiting")
    hook = f"/flows/{ids['flow']}/hooks/{ids['hook']}"
    rotated = (await http.post(f"{hook}/rotate", headers=headers)).json()
    refused(await http.post(rotated["path"], json={}), 409)
    assert (await http.patch(hook, json={"enabled": True}, headers=headers)).status_code == 200
    assert (await http.post(rotated["path"], json={})).status_code == 202
    subscription = f"/subscriptions/{ids['subscription']}"
    assert (await http.post(f"{subscription}/rotate-secret", headers=headers)).status_code == 200
    active = await http.patch(subscription, json={"active": True}, headers=headers)
    assert active.json()["disabledReason"] is None
    assert (await http.post(f"/schedules/{ids['schedule']}/resume", headers=headers)).status_code == 200


async def test_a_copy_beside_has_other_ids_everywhere(
    http: httpx.AsyncClient,
    installation: Installation,
    exported: Path,
    owner: asyncpg.Connection,
    alices: Party,
) -> None:
    code, said = installation.admin("import-org", str(exported), "--new-ids")
    assert code == 0, said
    copy_id = said.split()[1]
    copy = installation.export(copy_id, "copy.jsonl.gz")
    text = gzip.decompress(copy.read_bytes()).decode()
    own = await _ids(owner, alices.member.org_id)
    definitions = {
        line["row"]["id"]
        for line in lines(exported)[1:-1]
        if line["table"]
        not in ("executions", "execution_logs", "waits", "hook_deliveries", "event_deliveries")
    }
    assert [id_ for id_ in own | definitions if id_ in text] == []
    rows = [json.loads(line) for line in text.splitlines()]
    (flow,) = [line["row"]["id"] for line in rows[1:-1] if line["row"].get("name") == "Flow of alice"]
    (user,) = [line["row"]["id"] for line in rows[1:-1] if line["table"] == "users"]
    (credential,) = [
        line["row"]["id"]
        for line in rows[1:-1]
        if line["table"] == "credentials" and line["row"]["type"] == "bearer"
    ]
    headers = {"X-Org-ID": copy_id, "X-User-ID": user}
    document = (await http.get(f"/flows/{flow}", headers=headers)).json()
    assert document["steps"][1]["http"]["credential"] == credential
    checked = await http.post("/flows/validate", json={"steps": document["steps"]}, headers=headers)
    assert checked.json()["result"] == "OK", checked.text
    assert (await http.get("/executions", headers=headers)).json()["data"] == []


@pytest.mark.parametrize("arguments", [(), ("--new-ids",)])
async def test_a_file_that_only_names_an_organization_changes_nothing_of_it(
    installation: Installation,
    owner: asyncpg.Connection,
    charlies: Party,
    tmp_path: Path,
    arguments: tuple[str],
) -> None:
    """Its runs that wait, least of all."""
    before, file = await rows_of(owner, charlies.member.org_id), tmp_path / "nothing.jsonl"
    head = {
        **lines(installation.export(charlies.member.org_id, f"charlie{len(arguments)}.jsonl"))[0],
        "counts": {},
    }
    file.write_bytes(fitted([head, {}]))
    code, said = installation.admin("import-org", str(file), *arguments)
    assert code == 1 and "the organization comes first" in said, said
    assert await rows_of(owner, charlies.member.org_id) == before


async def test_without_executions_there_is_no_history(
    installation: Installation, exported: Path, alices: Party, tmp_path: Path
) -> None:
    file = installation.export(alices.member.org_id, "definitions.jsonl", "--without-executions")
    history = {"executions", "execution_logs", "waits", "hook_deliveries", "event_deliveries"}
    assert {line["table"] for line in lines(file)[1:-1]} == {
        line["table"] for line in lines(exported)[1:-1]
    } - history


async def test_what_cannot_be_exported_leaves_no_file(
    installation: Installation, alices: Party, exported: Path
) -> None:
    for org_id, to, why in (
        ("01a20d75-3108-70c7-88c2-8da3e29ef4c7", "none.jsonl", "no organization"),
        (alices.member.org_id, "nowhere/alice.jsonl", "FileNotFoundError"),
        (alices.member.org_id, exported.name, "FileExistsError"),
    ):
        before = exported.read_bytes()
        code, said = installation.admin("export-org", org_id, "--to", to)
        assert code == 1 and said.startswith("tolstoy: ") and why in said, said
        assert exported.read_bytes() == before
        assert to == exported.name or not (installation.folder / to).exists()
        assert list(installation.folder.glob(".*.part")) == []
