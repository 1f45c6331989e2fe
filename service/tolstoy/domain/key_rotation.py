"""Stored secrets encrypted anew under the newest key, a few at a time, while everything goes on.

What is to be done is what is sealed under another key or stands in clear, so that a rotation that was interrupted is
begun again, and several at once share the work: each leaves out the rows that another has just locked.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple
from uuid import UUID

from tolstoy.core import log
from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.core.ids import PLATFORM
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import organizations, sealed
from tolstoy.domain.sealed import Sealed

BATCH: Final = 50
SECONDS_BETWEEN: Final = 600.0
IN_CLEAR: Final = "in clear"


class Done(NamedTuple):
    """How many were encrypted anew, and how many could not be opened, by the id of the key that is missing."""

    resealed: int
    unreadable: Counter[str]


def _key_of(column: str) -> str:
    """The id's bytes of the key that a value was sealed under, as `core.crypto` writes it."""
    return f"substr({column}, 3, get_byte({column}, 1))"


def _left(part: Sealed) -> str:
    other = f"({part.column} IS NOT NULL AND {_key_of(part.column)} <> $3::bytea)"
    return f"({other} OR {part.clear} IS NOT NULL)" if part.clear else other


def _batch(part: Sealed) -> str:
    clear = part.clear or "NULL::text"
    return (
        f"SELECT id, {part.column} AS sealed, {clear} AS clear FROM {part.table}"
        f" WHERE org_id = $1 AND id > $2 AND {_left(part)} ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED"
    )


def _write(part: Sealed) -> str:
    emptied = f", {part.clear} = NULL" if part.clear else ""
    return f"UPDATE {part.table} SET {part.column} = $3{emptied} WHERE org_id = $1 AND id = $2"


_STATES = tenancy.reading(
    "SELECT key, count(*) AS number FROM ("
    + " UNION ALL ".join(
        f"SELECT CASE WHEN {part.column} IS NULL THEN NULL ELSE {_key_of(part.column)} END AS key FROM {part.table}"
        f" WHERE org_id = $1 AND ({part.column} IS NOT NULL OR {part.clear or 'NULL'} IS NOT NULL)"
        for part in sealed.ALL
    )
    + ") each WHERE true",
    limit="GROUP BY key OFFSET 0",
)


async def counted(database: Database) -> Counter[str]:
    """How many values there are under each key, by its id, over all organizations."""
    keys: Counter[str] = Counter()
    for scope in await organizations.scopes(database):
        keys += await _counted(scope)
    return keys


async def rotate(database: Database) -> Done:
    """Encrypt anew whatever is not under the newest key."""
    total, unreadable = 0, Counter[str]()
    for scope in await organizations.scopes(database):
        done = await rotate_organization(scope)
        total += done.resealed
        unreadable += done.unreadable
    return Done(total, unreadable)


async def round_(database: Database) -> float:
    """A worker's share; returns the seconds until it should be done again."""
    if database.keyring.newest is not None:
        done = await rotate(database)
        if done.resealed:
            log.get().info(
                f"encrypted {done.resealed} stored secrets under the newest key",
                action="keys_rotated",
                number=done.resealed,
                key=database.keyring.newest,
            )
        for key, number in done.unreadable.items():
            log.get().error(
                f"{number} stored secrets are under the key {key!r}, which is not among APP_KEYS",
                action="key_missing",
                number=number,
                key=key,
            )
    return SECONDS_BETWEEN


async def rotate_organization(scope: Scope) -> Done:
    newest = scope.database.keyring.newest
    if set(await _counted(scope)) <= {newest}:
        return Done(0, Counter())
    total, unreadable = 0, Counter[str]()
    for part in sealed.ALL:
        last: UUID | None = PLATFORM
        while last is not None:
            done, last = await _rotate_batch(scope, part, last)
            total += done.resealed
            unreadable += done.unreadable
    return Done(total, unreadable)


async def _rotate_batch(scope: Scope, part: Sealed, after: UUID) -> tuple[Done, UUID | None]:
    """In a transaction of its own; the id of the last row, None where there are no more."""
    newest = (scope.database.keyring.newest or "").encode()
    total, unreadable = 0, Counter[str]()
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        rows = await connection.fetch(_batch(part), scope.org_id, after, newest)
        for row in rows:
            place = part.place(scope.org_id, row["id"])
            try:
                # one of the two is there, as the tables' checks demand
                value = row["clear"].encode() if row["clear"] is not None else _opened(scope, place, row)
            except UnreadableSecretError:
                unreadable[bytes(row["sealed"][2 : 2 + row["sealed"][1]]).decode(errors="replace")] += 1
                continue
            resealed = scope.database.keyring.seal(value, place)
            await connection.execute(_write(part), scope.org_id, row["id"], resealed)
            total += 1
    return Done(total, unreadable), rows[-1]["id"] if len(rows) == BATCH else None


def _opened(scope: Scope, place: Any, row: Any) -> bytes:
    return scope.database.keyring.open(row["sealed"], place)


async def _counted(scope: Scope) -> Counter[str]:
    rows = await tenancy.fetch(scope, _STATES)
    return Counter(
        {IN_CLEAR if row["key"] is None else row["key"].decode("ascii"): row["number"] for row in rows}
    )
