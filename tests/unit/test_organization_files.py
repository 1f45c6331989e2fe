"""A file of an organization that is not what was written is refused, before anything of it is kept."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tolstoy.cli import organization_files, whole_files
from tolstoy.cli.organization_files import OrganizationFileError
from tolstoy.db import migrate

ORG = UUID(int=7)
Lines = list[dict[str, Any]]

HEAD = {
    "tolstoyOrganization": 1,
    "version": "0.1.0",
    "migration": migrate.known()[-1],
    "exportedAt": "2026-11-24T00:00:00Z",
    "organization": {"id": str(ORG), "name": "Acme"},
    "counts": {"organizations": 1, "user_ids": 0, "users": 1, "tools": 1},
}
ROWS = [
    {"table": "organizations", "row": {"id": str(ORG), "name": "Acme"}},
    {"table": "users", "row": {"id": str(UUID(int=8)), "email": "ada@acme.example"}},
    {"table": "tools", "row": {"id": str(UUID(int=9)), "name": "Slack"}},
]


def _text(lines: Lines) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def _whole(head: dict[str, Any] | None = None, rows: Lines | None = None, **foot: Any) -> bytes:
    """With a last line that fits the others, unless it is said otherwise."""
    rows = ROWS if rows is None else rows
    body = _text([head or HEAD, *rows])
    return body + _text([{"rows": len(rows), "sha256": sha256(body).hexdigest(), **foot}])


def _read(file: Path) -> list[str]:
    with organization_files.opened(file) as reader:
        return [row.table for row in reader.rows()]


@pytest.mark.parametrize("name", ["acme.jsonl", "acme.jsonl.gz"])
def test_what_was_written_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(_whole()) if file.suffix == ".gz" else _whole())
    assert _read(file) == ["organizations", "users", "tools"]
    with organization_files.opened(file) as reader:
        assert reader.head.organization.id == ORG
        list(reader.rows())
        assert reader.sha256 == sha256(_text([HEAD, *ROWS])).hexdigest()


def test_another_file_than_the_one_that_was_proved_is_refused(tmp_path: Path) -> None:
    """As one may be by the time it is read again."""
    file = tmp_path / "acme.jsonl"
    file.write_bytes(_whole())
    with organization_files.opened(file) as first:
        list(first.rows())
    file.write_bytes(_whole({**HEAD, "version": "0.2.0"}))
    with organization_files.opened(file) as again, pytest.raises(OrganizationFileError, match="another one"):
        list(again.rows(first.sha256))


@pytest.mark.parametrize("kept", range(1, 5))
def test_what_was_cut_off_is_not_whole(tmp_path: Path, kept: int) -> None:
    """Between lines, and within them."""
    file = tmp_path / "acme.jsonl"
    lines = _whole().splitlines(keepends=True)
    for text in (b"".join(lines[:kept]), b"".join(lines[:kept]) + lines[kept][:-5]):
        file.write_bytes(text)
        with pytest.raises(OrganizationFileError, match=f"line {kept + 1}: it is not whole"):
            _read(file)


def test_what_was_cut_off_while_it_is_packed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl.gz"
    packed = gzip.compress(_whole())
    for text in (packed[:-1], packed[: len(packed) // 2], b"", b"no gzip at all", packed[:-6] + b"abcdef"):
        file.write_bytes(text)
        with pytest.raises(OrganizationFileError, match=r"acme\.jsonl\.gz: line "):
            _read(file)


WRONG: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "line 1: it is not whole"),
    "no JSON": (lambda: b"hello\n", "line 1: it is none"),
    "another file": (lambda: b'{"orgId": 1}\n', "line 1: it is none"),
    "a newer format": (lambda: _whole({**HEAD, "tolstoyOrganization": 2}), "format 2"),
    "a newer schema": (lambda: _whole({**HEAD, "migration": "99_20990101000000_newer.py"}), "99_20990101"),
    "a changed row": (lambda: _whole().replace(b"ada@", b"bob@"), "line 5: its lines are not"),
    "a row less": (lambda: _whole(rows=ROWS[:2]), "line 4: it has not as many rows"),
    "a row more": (lambda: _whole(rows=[*ROWS, ROWS[2]]), "line 6: it has not as many rows"),
    "another count": (lambda: _whole().replace(b'{"rows":3', b'{"rows":4'), "line 5: it has not as many rows"),
    "a wrong proof": (lambda: _whole(sha256="0" * 64), "line 5: its lines are not"),
    "something behind": (lambda: _whole() + b"\n", "line 5: something comes after"),
    "an unknown table": (lambda: _whole(rows=[{"table": "pg_authid", "row": {}}]), "line 2: there is no table"),
    "a table too late": (lambda: _whole(rows=[ROWS[0], ROWS[2], ROWS[1]]), "line 4: a row of users comes too late"),
    "an unknown column": (lambda: _whole(rows=[{"table": "users", "row": {"org_id": "x"}}]), "has no 'org_id'"),
    "SQL for a column": (lambda: _whole(rows=[{"table": "users", "row": {"id) --": 1}}]), "line 2: users has no"),
    "a name that colours": (lambda: _whole(rows=[{"table": "users", "row": {"\x1b[31m": 1}}]), r"no '\\x1b\[31m'"),
    "a row without an id": (lambda: _whole(rows=[{"table": "users", "row": {}}]), "line 2: a row of users has no id"),
    "an id in another form": (
        lambda: _whole(rows=[{"table": "users", "row": {"id": UUID(int=8).hex}}]), "line 2: a row of users has no id"
    ),
    "deep values": (
        lambda: _text([HEAD]) + b'{"table":"users","row":{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}}\n",
        "line 2: its values are nested too deeply",
    ),
    "a row that is none": (lambda: _whole(rows=[{"table": "users", "row": 7}]), "line 2: it is none"),
    "a line with more in it": (lambda: _whole(rows=[{**ROWS[0], "more": 1}]), "line 2: it is none"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: Callable[[], bytes], said: str) -> None:
    file = tmp_path / "acme.jsonl"
    file.write_bytes(text())
    with pytest.raises(OrganizationFileError, match=said):
        _read(file)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    with contextlib.suppress(ZeroDivisionError), whole_files.written(file) as out:
        out.write(b"half of it")
        assert not file.exists()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with whole_files.written(file) as out:
        out.write(b"all of it")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("acme.jsonl", b"all of it")]


def test_a_file_that_comes_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    with pytest.raises(FileExistsError), whole_files.written(file):
        file.write_bytes(b"another's")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("acme.jsonl", b"another's")]
