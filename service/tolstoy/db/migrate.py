"""Aerich, made safe to run on several machines at once, and the login role the service connects as."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db import config

APP_ROLE = "tolstoy_app"
_LOCK = "SELECT pg_advisory_lock(hashtextextended('tolstoy.migrate', 0))"
# The service's statements are short; a runaway one must not hold its connection, nor an open transaction its rows.
_ROLE_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
}


class MigrationError(Exception):
    """A migration could not be applied; the schema is as it was before it."""


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


async def level(connection: asyncpg.Connection) -> Level:
    try:
        rows = await connection.fetch("SELECT version FROM aerich WHERE app = 'models' ORDER BY id")
    except asyncpg.UndefinedTableError:
        rows = []
    return Level(known(), tuple(row["version"] for row in rows))


@contextlib.asynccontextmanager
async def locked(direct: ConnectOptions) -> AsyncIterator[asyncpg.Connection]:
    """A direct connection that holds the migration lock; the lock ends with the connection, however that ends."""
    connection = await asyncpg.connect(**direct.asyncpg_kwargs())
    try:
        await connection.execute(_LOCK)
        yield connection
    finally:
        await connection.close(timeout=5)


async def deploy(direct: ConnectOptions, service: ConnectOptions | None = None) -> list[str]:
    """Apply what is pending and see to the role of `service`; the files applied, none when another machine did it.

    1. Take the lock on a direct connection (Aerich has none).
    2. Run each pending file in its own transaction, together with its row in `aerich`.
    3. Create the service's login role where it is missing.
    """
    async with locked(direct) as connection:
        applied: list[str] = []
        if (await level(connection)).pending:
            applied = await _upgrade(direct)
        if service is not None:
            await ensure_login(connection, service)
    return applied


async def _upgrade(direct: ConnectOptions) -> list[str]:
    os.environ["AERICH_NO_TORTOISE_V1_WARNING"] = "1"
    from aerich import Command  # a second of imports that serving an up-to-date schema does not need

    credentials = direct.tortoise_credentials()
    command = Command(config.tortoise(credentials, migrating=True), app="models", location=str(location()))
    try:
        async with command:
            await command.init()
            return list(await command.upgrade())
    except Exception as exc:
        # whatever the driver, the ORM or a migration's own code raised: the caller wants to know which file
        raise MigrationError(f"{type(exc).__name__}: {exc}") from exc


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
    user, login = await connection.fetchrow(
        "SELECT quote_ident($1), quote_literal($2)", service.user, service.password or ""
    )
    if row["rolname"] is None:
        password = f" PASSWORD {login}" if service.password else ""
        with contextlib.suppress(asyncpg.DuplicateObjectError):
            await connection.execute(f"CREATE ROLE {user} LOGIN{password}")
    if not row["member"]:
        await connection.execute(f"GRANT {APP_ROLE} TO {user}")
        for name, value in _ROLE_SETTINGS.items():
            await connection.execute(f"ALTER ROLE {user} SET {name} = '{value}'")


def deploy_blocking(direct: ConnectOptions, service: ConnectOptions | None = None) -> list[str]:
    return asyncio.run(deploy(direct, service))
