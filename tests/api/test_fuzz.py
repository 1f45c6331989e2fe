"""The document against the service: whatever is sent, the answer is one that the document describes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Member

# Data that breaks the document may fail on what stands before its examination: 412 for If-Match, 413 and 431 for size.
_CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 431]
[checks.positive_data_acceptance]
enabled = false
"""
# A step of a flow is so rich that its systematic coverage takes minutes: TOLSTOY_FUZZ=all does that, too.
_ALL = os.environ.get("TOLSTOY_FUZZ") == "all"
_BOUNDS = (
    ["--max-examples=50"]
    if _ALL
    else [
        "--max-examples=2",
        "--exclude-method=PUT",
        "--exclude-operation-id=createFlow",
        "--exclude-operation-id=changeFlow",
        "--exclude-operation-id=validateFlow",
        "--exclude-operation-id=dryRunFlow",
        "--exclude-operation-id=executeAction",  # these two wait for a run to end
        "--exclude-operation-id=followExecution",
    ]
)


def _fuzz(folder: Path, server: str, *arguments: str) -> None:
    config = folder / "schemathesis.toml"
    config.write_text(_CONFIG)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={config}",
        "run",
        f"{server}/openapi.json",
        "--continue-on-failure",
        "--generation-database=none" if _ALL else "--generation-deterministic",
        "--no-color",
        *arguments,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def _as_member(member: Member) -> list[str]:
    return [f"--header={name}: {value}" for name, value in member.headers.items()]


@pytest.mark.timeout(900)
def test_a_member_gets_only_described_answers(server: str, alice: Member, tmp_path: Path) -> None:
    _fuzz(tmp_path, server, "--phases=examples,coverage,fuzzing,stateful", *_BOUNDS, *_as_member(alice))


@pytest.mark.timeout(900)
def test_flows_get_only_described_answers(server: str, alice: Member, tmp_path: Path) -> None:
    _fuzz(
        tmp_path,
        server,
        "--phases=examples,fuzzing",
        "--max-examples=6",
        "--include-tag=Flows",
        *_as_member(alice),
    )


@pytest.mark.timeout(900)
def test_who_does_not_say_who_they_are_gets_only_described_answers(server: str, tmp_path: Path) -> None:
    _fuzz(tmp_path, server, "--phases=fuzzing", "--max-examples=3", "--include-method=GET")
