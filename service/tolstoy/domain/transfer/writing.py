"""An organization put into a database, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
import msgspec

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.statements import json_text
from tolstoy.db.tenancy import Scope
from tolstoy.db.timeouts import UNTIMED
from tolstoy.domain.transfer import arriving
from tolstoy.domain.transfer.arriving import Row, Values

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection

_AT_ONCE: Final = 100  # rows of a statement, and bytes:
_BYTES_AT_ONCE: Final = 2 * 1024 * 1024

_TOKENS: Final = (
    "INSERT INTO credential_tokens (org_id, id, credential_id)"
    " SELECT org_id, tolstoy.new_id(), id FROM credentials WHERE org_id = $1 AND type = 'oauth2'"
)
# Those that started others first: what ends under a run that has ended wakes nobody.
_CANCEL: Final = (
    "SELECT count(tolstoy.cancel_run(id, $2)) FROM (SELECT id FROM executions"
    " WHERE org_id = $1 AND status = 'waiting' ORDER BY depth, id OFFSET 0) unended"
)


class UnfitRowError(Exception):
    """The database does not take a row of the file; the sentence says which, and why."""


class NotItsOwnError(Exception):
    """The file has another organization than it says, or none, or several."""


async def take_in(database: Database, org_id: UUID, rows: Iterable[Row], origin: str) -> int:
    """How many runs were not over, and are cancelled now. `origin` is what the audit log tells of it.

    Kept is nothing unless `rows` ends without raising. Raises UnfitRowError, NotItsOwnError and NoKeyError.
    """
    scope = replace(tenancy.engine(database, org_id), origin=origin)
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        await connection.execute(UNTIMED)  # all runs are cancelled in one statement, and COMMIT audits all
        for table, batch in _batches(inner, _own(org_id, rows)):
            await _insert(connection, org_id, table, batch)
        await connection.execute(_TOKENS, org_id)
        return int(await connection.fetchval(_CANCEL, org_id, json_text(arriving.NOT_OVER)))


def _own(org_id: UUID, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, the first of which is the organization's own, and no other one is an organization.

    Without it an organization that is here already would be taken for the file's.
    """
    number = -1
    for number, row in enumerate(rows):
        if (row.table == "organizations") != (number == 0):
            raise NotItsOwnError(f"line {row.at}: the organization comes first, and there is one")
        if number == 0 and msgspec.json.decode(row.values["id"], type=UUID) != org_id:
            raise NotItsOwnError(f"line {row.at}: this is not the organization that the first line names")
        yield row
    if number < 0:
        raise NotItsOwnError("line 2: the organization comes first, and there is one")


def _batches(scope: Scope, rows: Iterable[Row]) -> Iterator[tuple[str, list[tuple[int, Values]]]]:
    for (table, _), group in groupby(rows, key=lambda row: (row.table, tuple(row.values))):
        batch: list[tuple[int, Values]] = []
        size = 0
        for row in group:
            values = _arrived(scope, row)
            batch.append((row.at, values))
            size += sum(map(len, map(bytes, values.values())))
            if len(batch) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
                yield table, batch
                batch, size = [], 0
        if batch:
            yield table, batch


def _arrived(scope: Scope, row: Row) -> Values:
    try:
        return arriving.arrived(scope, row)
    except (KeyError, ValueError) as exc:  # a column is missing, or is not what it has to be
        raise UnfitRowError(f"{_which(row.table, row.at, row.values)} does not fit: {exc}") from exc


async def _insert(connection: Connection, org_id: UUID, table: str, batch: list[tuple[int, Values]]) -> None:
    """All of a batch have the same columns; the file's names are among those of `tables`."""
    names = ", ".join(batch[0][1])
    whose = ("", "") if table == "organizations" else ("org_id, ", "$2::uuid, ")
    text = (
        f"INSERT INTO {table} ({whose[0]}{names}) SELECT {whose[1]}{names}"
        f" FROM json_populate_recordset(NULL::{table}, $1::json) WHERE $2::uuid IS NOT NULL"
    )
    rows = msgspec.json.encode([values for _, values in batch]).decode()
    await connection.execute("SAVEPOINT batch")
    try:
        await connection.execute(text, rows, org_id)
    except _UNFIT as exc:
        if len(batch) == 1:
            raise UnfitRowError(_said(table, *batch[0], exc)) from exc
        await connection.execute("ROLLBACK TO SAVEPOINT batch")
        for each in batch:  # one of them it is
            await _insert(connection, org_id, table, [each])
        raise
    await connection.execute("RELEASE SAVEPOINT batch")


_UNFIT: Final = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.RaiseError,
)


def _said(table: str, line: int, values: Values, exc: asyncpg.PostgresError) -> str:
    which = _which(table, line, values)
    if getattr(exc, "constraint_name", None) == f"{table}_pkey":
        return f"{which} is here already"
    return f"{which} does not fit: {exc}"


def _which(table: str, line: int, values: Values) -> str:
    return f"line {line}: the row {msgspec.json.decode(values['id'])} of {table}"
