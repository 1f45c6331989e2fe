"""Tampering with the audit log is found at the right event: in the database, and in an export, without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.api.factories import make_tool
from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Databases, Member, Postgres
from tests.tenancy.connections import connected
from tolstoy.core.database_urls import parse

TOOLS = 8  # and two events before them: the organization, and Alice


@pytest.fixture
async def owner(served_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Who can switch triggers off."""
    async with connected(served_database.direct, {"session_replication_role": "replica"}) as connection:
        yield connection


@pytest.fixture
async def logged(http: httpx.AsyncClient, alice: Member) -> Member:
    for number in range(TOOLS):
        await make_tool(http, alice, name=f"Tool {number}")
    return alice


def tolstoy(databases: Databases, folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {"DATABASE_URL": databases.database_url, "DIRECT_URL": databases.direct_url}
    ended = subprocess.run(
        [sys.executable, "-m", "tolstoy", "admin", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def exported(databases: Databases, folder: Path, org_id: str) -> Path:
    file = folder / "audit.jsonl"
    code, said = tolstoy(databases, folder, "export-audit", "--org", org_id, "--out", str(file))
    assert (code, said) == (0, f"{TOOLS + 2} events in {file}\n")
    return file


# What is done to the chain of $1 by somebody with every right, and the event at which it is found.
IN_DATABASE = {
    "changed text": (
        ["UPDATE audit_events SET event = replace(event, 'Tool 3', 'Tool X') WHERE {6}"],
        6,
        "hash",
    ),
    "changed user": (["UPDATE audit_events SET user_id = gen_random_uuid() WHERE {6}"], 6, "user_id"),
    "changed action": (["UPDATE audit_events SET action = 'update' WHERE {4}"], 4, "action"),
    "changed moment": (
        ["UPDATE audit_events SET created_at = created_at - interval '1 day' WHERE {4}"],
        4,
        "created_at",
    ),
    "changed and hashed anew": (
        [
            "UPDATE audit_events SET event = replace(event, 'Tool 3', 'Tool X') WHERE {6}",
            "UPDATE audit_events SET hash = sha256(previous_hash || convert_to(event, 'UTF8')) WHERE {6}",
        ],
        7,
        "previousHash",
    ),
    "the first changed": (
        ["UPDATE audit_events SET event = replace(event, 'create', 'update') WHERE {1}"],
        1,
        "hash",
    ),
    "the last changed": (
        ["UPDATE audit_events SET event = replace(event, 'create', 'update') WHERE {10}"],
        10,
        "hash",
    ),
    "deleted": (["DELETE FROM audit_events WHERE {5}"], 5, "missing"),
    "the first deleted": (["DELETE FROM audit_events WHERE {1}"], 1, "missing"),
    "deleted, the rest moved up": (
        [
            "DELETE FROM audit_events WHERE {5}",
            "UPDATE audit_events SET seq = -seq WHERE org_id = $1 AND seq > 5",
            "UPDATE audit_events SET seq = -seq - 1 WHERE org_id = $1 AND seq < 0",
        ],
        5,
        "previousHash",
    ),
    "two exchanged": (
        [
            "UPDATE audit_events SET seq = -seq WHERE org_id = $1 AND seq IN (4, 5)",
            "UPDATE audit_events SET seq = 9 + seq WHERE org_id = $1 AND seq < 0",
        ],
        4,
        "previousHash",
    ),
    "one inserted": (
        [
            "UPDATE audit_events SET seq = -seq WHERE org_id = $1 AND seq > 4",
            "UPDATE audit_events SET seq = 1 - seq WHERE org_id = $1 AND seq < 0",
            "INSERT INTO audit_events SELECT gen_random_uuid(), org_id, created_at, 5, user_id, action, subject_type,"
            " subject_id, event, hash, sha256(hash || convert_to(event, 'UTF8')) FROM audit_events WHERE {4}",
        ],
        5,
        "seq",
    ),
}


@pytest.mark.parametrize(("statements", "seq", "why"), IN_DATABASE.values(), ids=IN_DATABASE)
async def test_tampering_with_rows_is_found(
    http: httpx.AsyncClient,
    logged: Member,
    owner: asyncpg.Connection,
    served_database: Databases,
    tmp_path: Path,
    statements: list[str],
    seq: int,
    why: str,
) -> None:
    """By the API; and an export of what was tampered with is found out too, but for columns that it does not have."""
    path = "/audit-events/verify"
    assert (await http.get(path, headers=logged.headers)).json()["intact"] is True
    for statement in statements:
        for number in range(1, TOOLS + 3):
            statement = statement.replace(f"{{{number}}}", f"org_id = $1 AND seq = {number}")
        await owner.execute(statement, UUID(logged.org_id))
    found = (await http.get(path, headers=logged.headers)).json()
    assert (found["intact"], found["broken"]["seq"], found["seq"]) == (False, seq, seq - 1), found
    assert why in found["broken"]["reason"]
    if why in ("user_id", "action", "created_at"):
        return
    file = tmp_path / "audit.jsonl"
    tolstoy(served_database, tmp_path, "export-audit", "--org", logged.org_id, "--out", str(file))
    code, said = tolstoy(served_database, tmp_path, "verify-audit", str(file))
    assert code == 1 and f"event {seq}: " in said and why in said, said


@pytest.mark.parametrize(("removed", "begin"), [("seq >= 6", 8), ("seq = 6", 7), ("seq <= 6", 7)])
async def test_the_event_before_those_that_are_verified_must_be_there(
    http: httpx.AsyncClient, logged: Member, owner: asyncpg.Connection, removed: str, begin: int
) -> None:
    path = f"/audit-events/verify?fromSeq={begin}"
    whole = (await http.get(path, headers=logged.headers)).json()
    assert (whole["intact"], whole["seq"]) == (True, TOOLS + 2)
    await owner.execute(f"DELETE FROM audit_events WHERE org_id = $1 AND {removed}", UUID(logged.org_id))
    assert (await http.get(path, headers=logged.headers)).json() == {
        "intact": False, "fromSeq": begin, "seq": begin - 1, "hash": "",
        "broken": {"seq": begin - 1, "reason": "it is missing"}, "nextSeq": None,
    }  # fmt: skip


async def test_after_the_last_event_there_is_nothing_to_find(http: httpx.AsyncClient, logged: Member) -> None:
    last = (await http.get("/audit-events/verify", headers=logged.headers)).json()
    path = f"/audit-events/verify?fromSeq={TOOLS + 3}"
    assert (await http.get(path, headers=logged.headers)).json() == {**last, "fromSeq": TOOLS + 3}


Lines = list[dict[str, Any]]


def _renamed(lines: Lines) -> Lines:
    lines[5]["event"]["after"]["name"] = "Another"
    return lines


def _hashed_anew(lines: Lines) -> Lines:
    """From the sixth on, all of them, as one would who can write the whole file."""
    lines[5]["event"]["after"]["name"] = "Another"
    previous = bytes.fromhex(lines[5]["previousHash"])
    for line in lines[5:]:
        line["previousHash"] = previous.hex()
        previous = sha256(previous + _text(line["event"]).encode()).digest()
        line["hash"] = previous.hex()
    return lines


def _text(event: Any) -> str:
    return json.dumps(event, ensure_ascii=False)


IN_FILE: dict[str, tuple[Callable[[Lines], Lines], int, int]] = {
    "changed": (_renamed, 6, 6),
    "deleted": (lambda lines: lines[:4] + lines[5:], 5, 5),
    "the first deleted": (lambda lines: lines[1:], 1, 1),
    "two exchanged": (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 4, 4),
    "one twice": (lambda lines: [*lines[:4], lines[3], *lines[4:]], 5, 4),
    "one of another organization": (
        lambda lines: [{**lines[0], "orgId": str(UUID(int=7))}, *lines[1:]],
        1,
        1,
    ),
    "a hash that is none": (lambda lines: [*lines[:4], {**lines[4], "hash": "00"}, *lines[5:]], 5, 5),
}


@pytest.mark.parametrize(("tamper", "line", "seq"), IN_FILE.values(), ids=IN_FILE)
async def test_tampering_with_an_export_is_found(
    served_database: Databases,
    logged: Member,
    tmp_path: Path,
    tamper: Callable[[Lines], Lines],
    line: int,
    seq: int,
) -> None:
    file = exported(served_database, tmp_path, logged.org_id)
    lines = tamper([json.loads(text) for text in file.read_text().splitlines()])
    file.write_text("".join(f"{_text(each)}\n" for each in lines))
    code, said = tolstoy(served_database, tmp_path, "verify-audit", str(file))
    assert code == 1 and f"line {line}: event {seq}: " in said, said


async def test_a_whole_export_is_intact_and_its_head_proves_its_length(
    http: httpx.AsyncClient, served_database: Databases, logged: Member, tmp_path: Path
) -> None:
    """What is cut off at the end, or written anew from somewhere on, shows by a hash that was kept elsewhere."""
    head = (await http.get("/audit-events/verify", headers=logged.headers)).json()["hash"]
    file = exported(served_database, tmp_path, logged.org_id)
    said = f"intact: {TOOLS + 2} events of {logged.org_id}, the last with the hash {head}\n"
    for arguments in ([], ["--head", head]):
        assert tolstoy(served_database, tmp_path, "verify-audit", str(file), *arguments) == (0, said)
    whole = file.read_text().splitlines(keepends=True)
    file.write_text("".join(whole[:-1]))
    assert tolstoy(served_database, tmp_path, "verify-audit", str(file))[0] == 0
    code, said = tolstoy(served_database, tmp_path, "verify-audit", str(file), "--head", head)
    assert code == 1 and "missing" in said
    rewritten = _hashed_anew([json.loads(text) for text in whole])
    file.write_text("".join(f"{_text(each)}\n" for each in rewritten))
    assert tolstoy(served_database, tmp_path, "verify-audit", str(file))[0] == 0, "a chain, but another one"
    assert tolstoy(served_database, tmp_path, "verify-audit", str(file), "--head", head)[0] == 1


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", "[]\n", '{"orgId": 1}\n'])
def test_what_is_no_export_is_told(served_database: Databases, tmp_path: Path, text: str) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text(text)
    code, said = tolstoy(served_database, tmp_path, "verify-audit", str(file))
    assert code == 1 and said.startswith("tolstoy: ") and "Traceback" not in said


@pytest.mark.parametrize("lacking", ["a server", "the migrations"])
async def test_what_cannot_be_exported_is_told_and_leaves_no_file(
    postgres: Postgres, empty_database: str, database: Databases, tmp_path: Path, lacking: str
) -> None:
    login = {"user": SERVICE_USER, "password": SERVICE_PASSWORD}
    name = parse(empty_database).database
    url = postgres.url(name, **login)
    if lacking == "a server":
        url = f"postgresql://{SERVICE_USER}:{SERVICE_PASSWORD}@127.0.0.1:1/{name}?sslmode=disable"
    file = tmp_path / "audit.jsonl"
    code, said = tolstoy(Databases(url, url), tmp_path, "export-audit", "--out", str(file))
    assert code == 1 and said.startswith("tolstoy: ") and "Traceback" not in said, said
    assert not file.exists()
    file.write_text("of last week")
    code, said = tolstoy(database, tmp_path, "export-audit", "--out", str(file))
    assert code == 1 and "FileExistsError" in said, said
    assert file.read_text() == "of last week"
