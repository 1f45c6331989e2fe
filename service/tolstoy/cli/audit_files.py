"""An organization's audit log as JSON lines, and whether such a file is whole."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import msgspec

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.domain import audit
from tolstoy.domain.audit_chain import Broken, Chain, Link


class AuditFileError(Exception):
    """A file is no export of an audit log, or not the one that was written."""


class Line(msgspec.Struct, rename="camel"):
    """`event` is hashed as it stands in the line: who writes the file anew with other spaces breaks it."""

    org_id: UUID
    seq: int
    previous_hash: str
    hash: str
    event: msgspec.Raw


async def export(database: Database, org_id: UUID, out: BinaryIO) -> int:
    """How many lines were written; each organization's chain begins with its first event."""
    written = 0
    async for link in audit.links(tenancy.engine(database, org_id)):
        out.write(_line(org_id, link))
        written += 1
    return written


def verify(file: Path, head: str | None = None) -> Chain:
    """The chain at the file's end; raises AuditFileError that says at which line it is broken.

    `head` is a hash that was kept elsewhere and must be that of one of the events: what was cut off at the end leaves
    no other trace.
    """
    chain: Chain | None = None
    seen = False
    with file.open("rb") as lines:
        for number, text in enumerate(lines, 1):
            line = _read(file, number, text)
            if chain is None:
                chain = Chain(line.org_id)
            try:
                link = Link(
                    line.seq,
                    bytes.fromhex(line.previous_hash),
                    bytes.fromhex(line.hash),
                    bytes(line.event),
                    {"org_id": line.org_id},
                )
            except ValueError:
                raise AuditFileError(f"{file}: line {number}: a hash is not written in hexadecimal") from None
            if broken := chain.follow(link):
                raise AuditFileError(_said(file, number, broken))
            seen = seen or line.hash == head
    if chain is None:
        raise AuditFileError(f"{file}: there is no event in it")
    if head is not None and not seen:
        raise AuditFileError(
            f"{file}: no event has the hash {head}: those from it on are missing, or another's"
        )
    return chain


def _line(org_id: UUID, link: Link) -> bytes:
    line = Line(org_id, link.seq, link.previous_hash.hex(), link.hash.hex(), msgspec.Raw(link.event))
    return msgspec.json.encode(line) + b"\n"


def _read(file: Path, number: int, text: bytes) -> Line:
    try:
        return msgspec.json.decode(text, type=Line)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise AuditFileError(f"{file}: line {number} is not one of an export: {exc}") from exc


def _said(file: Path, number: int, broken: Broken) -> str:
    return f"{file}: line {number}: event {broken.seq}: {broken.reason}"
