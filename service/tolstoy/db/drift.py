"""Whether the database is what the migrations make, and the migrations make what the models say.

One transaction, always rolled back, holds everything to compare: our schemas are put aside by renaming, the
migrations make them anew, and the models make theirs in a third place. That needs no second database, which a managed
server may not give, and no list of what there should be, which could be wrong itself. Other sessions see none of it
and wait for none of it: their statements do not lock schemas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db import authoring, catalog, migrate
from tolstoy.db.authoring import Draft
from tolstoy.db.catalog import Catalog, Thing
from tolstoy.db.migrate import Level, MigrationError

_MODELS = "tolstoy_models"
_RELATIONS = ("table", "view", "materialized view")
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class State:
    """The level of a database and its findings, each a sentence without a full stop."""

    level: Level
    by_hand: tuple[str, ...]  # the database against the migrations it has
    unwritten: tuple[str, ...]  # the models against all migrations
    draft: Draft | None  # what Aerich sees of the latter
    pushed: bool

    @property
    def current(self) -> bool:
        return not (self.level.pending or self.level.unknown or self.by_hand or self.unwritten)


async def inspect(direct: ConnectOptions) -> State:
    """Raises MigrationError where the user of `direct` may not rename our schemas."""
    draft = await authoring.pending()
    models = await authoring.schema()
    connection = await migrate.connect(direct)
    try:
        level = await migrate.level(connection)
        pushed = bool(level.applied) and await pushed_state(connection) is not None
        transaction = connection.transaction()
        await transaction.start()
        try:
            by_hand, unwritten = await _compare(connection, level, models)
        finally:
            await transaction.rollback()
    except asyncpg.InsufficientPrivilegeError as exc:
        raise MigrationError(
            f"Whether the schema has drifted cannot be seen as {direct.user!r} ({exc.args[0]}); write the"
            " database's owner into DIRECT_URL."
        ) from exc
    except asyncpg.LockNotAvailableError as exc:
        raise MigrationError("Another session is changing the schema just now; ask again shortly.") from exc
    finally:
        await connection.close(timeout=5)
    if draft is not None and not unwritten:
        unwritten = [f"the models want {draft.upgrade}"]
    return State(level, tuple(by_hand), tuple(unwritten), draft, pushed)


async def pushed_state(connection: asyncpg.Connection) -> str | None:
    """The models as they were pushed into this database without a migration."""
    state: str | None = await connection.fetchval(
        "SELECT content ->> 'state' FROM aerich WHERE app = 'pushed'"
    )
    return state


async def _compare(connection: asyncpg.Connection, level: Level, models: str) -> tuple[list[str], list[str]]:
    await connection.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'")
    actual = await catalog.read(connection, migrate.SCHEMAS)
    for schema in migrate.SCHEMAS:
        if await connection.fetchval("SELECT to_regnamespace($1)", schema):
            await connection.execute(f"ALTER SCHEMA {schema} RENAME TO {schema}_put_aside")
    await connection.execute(
        f"CREATE SCHEMA {migrate.SCHEMAS[0]}; SET LOCAL search_path = {migrate.SCHEMAS[0]}"
    )
    by_hand: list[str] = []
    await _replay(connection, [name for name in level.known if name in level.applied])
    if level.applied and not level.unknown:
        by_hand = list(_changed_by_hand(actual, await catalog.read(connection, migrate.SCHEMAS)))
    await _replay(connection, level.pending)
    made = await catalog.read(connection, migrate.SCHEMAS)
    await connection.execute(f"CREATE SCHEMA {_MODELS}; SET LOCAL search_path = {_MODELS}; {models}")
    wanted = await catalog.read(connection, [_MODELS])
    return by_hand, list(_unwritten(wanted, made))


async def _replay(connection: asyncpg.Connection, files: Sequence[str]) -> None:
    for file in files:
        for script in await authoring.scripts(file):
            # what is new here is empty, and no transaction may build an index concurrently
            await connection.execute(re.sub(r"\bCONCURRENTLY\b", "", script))


def _changed_by_hand(actual: Catalog, made: Catalog) -> Iterator[str]:
    missing, extra = made.keys() - actual.keys(), actual.keys() - made.keys()
    for thing in _outermost(missing):
        yield f"{thing} is missing from the database"
    for thing in _outermost(extra):
        yield f"{thing} is in the database but in no migration"
    for thing in sorted(actual.keys() & made.keys()):
        if actual[thing] != made[thing]:
            yield _difference(thing, "in the database", actual[thing], "after the migrations", made[thing])


def _unwritten(wanted: Catalog, made: Catalog) -> Iterator[str]:
    """Things that only the migrations have are theirs to make, but for a column that the models could not fill."""
    compared = {thing: text for thing, text in wanted.items() if thing.kind in ("table", "column", "index")}
    for thing in _outermost(compared.keys() - made.keys()):
        yield f"{thing} is in the models but no migration makes it"
    for thing in sorted(compared.keys() & made.keys()):
        if compared[thing] != made[thing]:
            yield _difference(thing, "in the models", compared[thing], "after the migrations", made[thing])
    for thing in sorted(made.keys() - compared.keys()):
        ours = thing.kind == "column" and Thing("table", thing.table, "") in compared
        if ours and re.search("NOT NULL(?! (DEFAULT|GENERATED|IDENTITY))", made[thing]):
            yield f"{thing} is in no model, and without a default no row can be written"


def _outermost(things: set[Thing]) -> list[Thing]:
    """Without what is missing only because its table is."""
    tables = {thing.table for thing in things if thing.kind in _RELATIONS}
    return sorted(thing for thing in things if thing.kind in _RELATIONS or thing.table not in tables)


def _difference(thing: Thing, here: str, one: str, there: str, other: str) -> str:
    if max(len(one), len(other)) > _LONGEST:
        return f"{thing} {here} is not the one {there}"
    return f"{thing} is «{one}» {here} and «{other}» {there}"
