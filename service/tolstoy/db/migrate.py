"""Aerich, made safe to run on several machines at once, and the login role the service connects as."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from tortoise.exceptions import BaseORMException

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db import config
from tolstoy.db.database import PlainConnection, unreachable

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection as PooledConnection

APP_ROLE = "tolstoy_app"
# What the migrations may put something into: compared by status, emptied by reset. The first is the tables'.
SCHEMAS = ("public", "tolstoy", "queue")
LOCK_TIMEOUT_SECONDS = 10
# A search path begins with the schema named like the user, and an owner may well be called as ours for functions is
_IN_PUBLIC = f"SET search_path = {SCHEMAS[0]}"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('tolstoy.migrate', 0))"
_LOCK = "SELECT pg_advisory_lock(hashtextextended('tolstoy.migrate', 0))"
# The service's statements are short; a runaway one must not hold its connection, nor an open transaction its rows.
_ROLE_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
    # Left to itself, Postgres plans a list anew at each execution, which takes as long as running it. Nothing is lost:
    # the statements differ by their filters, and all of them go by an index that begins with the organization.
    "plan_cache_mode": "force_generic_plan",
}


class MigrationError(Exception):
    """The schema could not be read or changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Level:
    """Which migrations this code knows and which the database has."""

    known: tuple[str, ...]
    applied: tuple[str, ...]

    @property
    def pending(self) -> tuple[str, ...]:
        return tuple(name for name in self.known if name not in self.applied)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Applied, but not in this code: the database is ahead of it."""
        return tuple(name for name in self.applied if name not in self.known)


def location() -> Path:
    """The migrations folder: beside the package in an image, at the root of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def known() -> tuple[str, ...]:
    files = (location() / "models").glob("[0-9]*_*.py")
    return tuple(sorted((file.name for file in files), key=lambda name: int(name.split("_", 1)[0])))


def is_blank(script: str) -> bool:
    """Whether nothing but comments is in it."""
    return not re.sub(r"--[^\n]*|/\*.*?\*/|[\s;]", "", script, flags=re.DOTALL)


async def level(connection: asyncpg.Connection | PooledConnection) -> Level:
    try:
        rows = await connection.fetch("SELECT version FROM aerich WHERE app = 'models' ORDER BY id")
    except asyncpg.UndefinedTableError:
        rows = []
    return Level(known(), tuple(row["version"] for row in rows))


async def connect(direct: ConnectOptions) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(**direct.asyncpg_kwargs())
    except (OSError, TimeoutError, asyncpg.PostgresError) as exc:
        if not unreachable(exc):
            raise
        raise MigrationError(
            f"The database {direct.redacted} cannot be reached ({exc or type(exc).__name__});"
            " check DIRECT_URL, or DATABASE_URL where that is the only one, and that the server runs."
        ) from exc


@contextlib.asynccontextmanager
async def locked(
    direct: ConnectOptions, *, on_wait: Callable[[], None] = lambda: None
) -> AsyncIterator[asyncpg.Connection]:
    """A direct connection that holds the migration lock; the lock ends with the connection, however that ends.

    `on_wait` is called when another process holds it.
    """
    if direct.looks_pooled:
        raise MigrationError(
            f"DIRECT_URL leads through a pooler ({direct.host}), where the lock against a second deploy does not"
            " hold; write the address without -pooler into DIRECT_URL."
        )
    connection = await connect(direct)
    try:
        # timeouts set for this user are not meant for waiting until another machine has migrated
        await connection.execute(f"{_IN_PUBLIC}; SET lock_timeout = 0; SET statement_timeout = 0")
        if not await connection.fetchval(_TRY_LOCK):
            on_wait()
            await connection.execute(_LOCK)
        yield connection
    finally:
        await connection.close(timeout=5)


async def deploy(
    direct: ConnectOptions,
    service: ConnectOptions | None = None,
    *,
    on_wait: Callable[[], None] = lambda: None,
) -> list[str]:
    """Apply what is pending and see to the role of `service`; the files applied, none when another machine did it.

    1. Take the lock on a direct connection (Aerich has none).
    2. Run each pending file in its own transaction, together with its row in `aerich`.
    3. Create the service's login role where it is missing.
    """
    async with locked(direct, on_wait=on_wait) as connection:
        applied = await upgrade(connection, direct)
        if service is not None:
            await ensure_login(connection, service)
    return applied


async def upgrade(connection: asyncpg.Connection, direct: ConnectOptions) -> list[str]:
    """Apply what is pending, on connections of Aerich's own, while `connection` holds the lock."""
    if not (await level(connection)).pending:
        return []
    os.environ["AERICH_NO_TORTOISE_V1_WARNING"] = "1"
    from aerich import Command  # a second of imports that serving an up-to-date schema does not need

    credentials = {
        **direct.tortoise_credentials(),
        "connection_class": _MigratingConnection,
        "setup": _set_up,
    }
    command = Command(config.tortoise(credentials, migrating=True), app="models", location=str(location()))
    try:
        async with command:
            await command.init()
            return list(await command.upgrade())
    except (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, SyntaxError) as exc:
        raise _failed((await level(connection)).pending[0], exc) from exc


class _MigratingConnection(PlainConnection):
    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        # asyncpg trips over the server's answer to a script without a statement
        if not args and is_blank(query):
            return ""
        return str(await super().execute(query, *args, timeout=timeout))


async def _set_up(connection: asyncpg.Connection) -> None:
    # who waits for a lock on a table lets everyone else queue behind it; who builds an index may take its time
    await connection.execute(
        f"{_IN_PUBLIC}; SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'; SET statement_timeout = 0;"
        " SET idle_in_transaction_session_timeout = 0"
    )


def _failed(file: str, exc: BaseException) -> MigrationError:
    error = exc
    while error.__cause__ is not None and not isinstance(error, asyncpg.PostgresError):
        error = error.__cause__
    if isinstance(error, asyncpg.LockNotAvailableError):
        return MigrationError(
            f"{file} waited {LOCK_TIMEOUT_SECONDS} s for a lock that another session holds, and gave up so that"
            " nobody queues behind it; the schema is as it was before it. Run `tolstoy db deploy` again when the"
            " database is quieter."
        )
    whole = "RUN_IN_TRANSACTION = False" not in (location() / "models" / file).read_text(encoding="utf-8")
    kept = "the schema is as it was before it" if whole else "what it did before that stays, as it asked for"
    return MigrationError(
        f"{file} failed, and {kept}. {_said(error)}. Mend the file, or what it stumbled over in the database, and run"
        " `tolstoy db deploy` again."
    )


def _said(error: BaseException) -> str:
    """The database's own words, in one line."""
    if not isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__}: {error}"
    detail = f" ({error.detail.rstrip('.')})" if error.detail else ""
    hint = "; docs/migrations.md says what the user of DIRECT_URL has to be allowed"
    lacks_rights = isinstance(error, asyncpg.InsufficientPrivilegeError)
    return f"{type(error).__name__}: {error.args[0]}{detail}{hint if lacks_rights else ''}"


async def reset(direct: ConnectOptions, service: ConnectOptions) -> list[str]:
    """Drop everything in our schemas, what extensions put there excepted, and apply all migrations."""
    async with locked(direct) as connection:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            for schema in SCHEMAS[1:]:
                await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            for row in await connection.fetch(_DROPS, SCHEMAS[0]):
                await connection.execute(row["statement"])
        applied = await upgrade(connection, direct)
        await ensure_login(connection, service)
    return applied


_DROPS = """
SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) AS statement FROM (
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
           WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
           oid::regclass::text AS name, oid, relnamespace AS space
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    UNION ALL SELECT 'ROUTINE', oid::regprocedure::text, oid, pronamespace FROM pg_proc
    UNION ALL SELECT 'TYPE', oid::regtype::text, oid, typnamespace FROM pg_type WHERE typtype IN ('e', 'd', 'r')
) thing
WHERE space = $1::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = thing.oid AND d.deptype = 'e')
"""


async def ensure_login(connection: asyncpg.Connection, service: ConnectOptions) -> None:
    """Make sure the user of DATABASE_URL exists and acts as the service, where it is another than the owner."""
    row = await connection.fetchrow(
        "SELECT current_user AS me, r.rolname, pg_has_role(r.oid, $2, 'MEMBER') AS member"
        " FROM (SELECT 1) one LEFT JOIN pg_roles r ON r.rolname = $1",
        service.user,
        APP_ROLE,
    )
    if row is None or row["me"] == service.user:
        return
    try:
        await _make_login(connection, service, missing=row["rolname"] is None, member=row["member"])
    except asyncpg.InsufficientPrivilegeError as exc:
        raise MigrationError(
            f"The user {service.user!r} of DATABASE_URL could not be made as {row['me']!r}: {_said(exc)}."
        ) from exc


async def _make_login(
    connection: asyncpg.Connection, service: ConnectOptions, *, missing: bool, member: bool
) -> None:
    user = await connection.fetchval("SELECT quote_ident($1)", service.user)
    if missing:
        secret = await connection.fetchval("SELECT quote_literal($1)", service.password or "")
        password = f" PASSWORD {secret}" if service.password else ""
        with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            await connection.execute(f"CREATE ROLE {user} LOGIN{password}")
    if not member:
        await _on_roles(connection, f"GRANT {APP_ROLE} TO {user}")
        for name, value in _ROLE_SETTINGS.items():
            await _on_roles(connection, f"ALTER ROLE {user} SET {name} = '{value}'")


async def _on_roles(connection: asyncpg.Connection, statement: str) -> None:
    """Roles belong to the whole server, the lock to one database: a deploy of another one may be at the same row."""
    for _ in range(20):
        # the second is "tuple concurrently updated", which has no code of its own
        with contextlib.suppress(asyncpg.UniqueViolationError, asyncpg.InternalServerError):
            await connection.execute(statement)
            return
        await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - a delay, not a secret
    await connection.execute(statement)


def deploy_blocking(direct: ConnectOptions, service: ConnectOptions | None = None) -> list[str]:
    return asyncio.run(deploy(direct, service))
