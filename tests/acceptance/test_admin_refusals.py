"""What `tolstoy admin` cannot do it says in a line, whichever command it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import SERVICE_PASSWORD, SERVICE_USER, Postgres
from tolstoy.core.database_urls import parse

COMMANDS = [
    ["rotate-keys"],
    ["rotate-keys", "--status"],
    ["create-organization", "--name", "Acme", "--owner", "ada@acme.example"],
    ["export-audit"],
    ["export-org", str(uuid4())],
    ["delete-org", str(uuid4()), "--yes"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("lacking", ["a server", "the migrations"])
def test_a_database_that_cannot_be_used_is_told_in_a_line(
    postgres: Postgres, empty_database: str, tmp_path: Path, lacking: str, command: list[str]
) -> None:
    login = {"user": SERVICE_USER, "password": SERVICE_PASSWORD}
    name = parse(empty_database).database
    url = postgres.url(name, **login)
    if lacking == "a server":
        url = f"postgresql://{SERVICE_USER}:{SERVICE_PASSWORD}@127.0.0.1:1/{name}?sslmode=disable"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "tolstoy", "admin", *command],
        env={**kept, "DATABASE_URL": url, "DIRECT_URL": url}, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("tolstoy: ") and ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stdout == ""
