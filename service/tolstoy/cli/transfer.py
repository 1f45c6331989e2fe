"""`tolstoy admin export-org` and `import-org`: an organization into a file, and out of it."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

import msgspec

from tolstoy.cli import administration, organization_files, whole_files
from tolstoy.cli.admin_error import AdminError
from tolstoy.cli.organization_files import Foot, Head
from tolstoy.db.database import Database
from tolstoy.domain.transfer import reading, writing
from tolstoy.domain.transfer.arriving import NewIds, Row
from tolstoy.domain.transfer.tables import BY_NAME
from tolstoy.domain.transfer.writing import NotItsOwnError, UnfitRowError


class Taken(msgspec.Struct, frozen=True):
    """What came in: `cancelled` runs had not been over."""

    org_id: UUID
    name: str
    rows: int
    cancelled: int


def export(org_id: UUID, to: Path | None, *, history: bool) -> Foot:
    """To standard output where there is no file; packed where its name ends with .gz."""
    with ExitStack() as stack:
        out = _out(stack, to)

        async def written(database: Database) -> Foot:
            async with reading.snapshot(database, org_id, history=history) as taken:
                return await organization_files.write(taken, out)

        return administration.run(written)


def take_in(file: Path, *, new_ids: bool, sha256: str | None) -> Taken:
    """Reads the file twice: the first time to see that it is whole, without a database."""
    with organization_files.opened(file) as first:
        head = first.head
        ids = [head.organization.id]
        for row in first.rows(sha256):
            if new_ids and not BY_NAME[row.table].history:
                ids.append(msgspec.json.decode(row.values["id"], type=UUID))
        proof = first.sha256
    others = NewIds(ids) if new_ids else None
    org_id = head.organization.id if others is None else others.of(head.organization.id)
    origin = administration.origin("import-org", sha256=proof)

    async def taken(database: Database) -> int:
        with organization_files.opened(file) as again:
            rows = again.rows(proof)  # which may be another file by now
            rows = rows if others is None else _renumbered(rows, others)
            return await writing.take_in(database, org_id, rows, origin)

    try:
        cancelled = administration.run(taken, seals=True)
    except (UnfitRowError, NotItsOwnError) as exc:
        raise AdminError(f"{file}: {exc}; nothing was kept") from exc
    return Taken(org_id, head.organization.name, _rows(head, new_ids), cancelled)


def _renumbered(rows: Iterator[Row], others: NewIds) -> Iterator[Row]:
    """Without what runs left behind, which stays with the organization that they were of."""
    return (others.apply(row) for row in rows if not BY_NAME[row.table].history)


def _rows(head: Head, new_ids: bool) -> int:
    return sum(number for table, number in head.counts.items() if not (new_ids and BY_NAME[table].history))


def _out(stack: ExitStack, to: Path | None) -> BinaryIO:
    if to is None:
        return sys.stdout.buffer
    file = stack.enter_context(whole_files.written(to))
    if to.suffix != ".gz":
        return file
    return cast("BinaryIO", stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)))
