"""One process's pool of connections: bounded waiting, connections checked and passwords renewed as they open."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connections

from tolstoy.core import log
from tolstoy.core.app_keys import AppKey
from tolstoy.core.crypto import Keyring
from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.fingerprints import Fingerprints
from tolstoy.db import config
from tolstoy.db.turns import Turns

# Called with the options that the server refused; answers with new ones, or None where there is nothing newer.
Renew: TypeAlias = Callable[[ConnectOptions], Awaitable[ConnectOptions | None]]

# What a role may become by SET ROLE counts as what it is.
_PRIVILEGES = """
SELECT current_user AS me,
       EXISTS (SELECT FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(oid, 'MEMBER')) AS bypasses,
       EXISTS (
           SELECT FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relrowsecurity
           AND pg_has_role(relowner, 'MEMBER')
       ) AS owns
"""
_PROCESS = secrets.token_hex(4)


class UnsafeRoleError(Exception):
    """The database user of DATABASE_URL could read every tenant's rows."""


class PlainConnection(asyncpg.Connection):
    """Saves the round trip that resets a connection on release.

    Every setting of ours is local to its transaction, we take no session locks and LISTEN elsewhere; a transaction
    left open is still rolled back by asyncpg.
    """

    def get_reset_query(self) -> str:
        return ""

    def _get_unique_id(self, prefix: str) -> str:
        """A prepared statement's name, which no other process uses: a pooler may show us what others prepared."""
        return f"{super()._get_unique_id(prefix)}{_PROCESS}"  # type: ignore[misc]


async def refuse_unsafe_role(connection: Any) -> None:
    """Raise UnsafeRoleError for a role that row-level security does not bind or that could switch it off."""
    row = await connection.fetchrow(_PRIVILEGES)
    if row is not None and (row["bypasses"] or row["owns"]):
        fact = "is not bound by row-level security" if row["bypasses"] else "owns the tables"
        raise UnsafeRoleError(
            f"DATABASE_URL connects as {row['me']!r}, which {fact}, so a forgotten filter would show one organization"
            " the rows of another. Write another user and a new password into DATABASE_URL, keep this one in"
            " DIRECT_URL, and run `tolstoy db deploy`: it creates the user."
        )


class Database(Turns):
    """The pool, shared with Tortoise, whose connections requests have in turn; and what opens the secrets in it."""

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        connector: Connector,
        *,
        size: int,
        waiters: int,
        timeout_seconds: float,
        keyring: Keyring,
        fingerprints: Fingerprints,
    ) -> None:
        self.keyring = keyring
        self.fingerprints = fingerprints
        super().__init__(pool, size=size, waiters=waiters, timeout_seconds=timeout_seconds)
        self._connector = connector

    async def forgo_prepared_statements(self) -> None:
        """Behind a pooler that mixes up whose statements are prepared where, prepare none on new connections."""
        if not self._connector.prepares:
            return
        self._connector.prepares = False
        await self.pool.expire_connections()
        log.get().warning(
            "the database's pooler does not keep prepared statements apart, so they are given up, which is slower:"
            " set DATABASE_STATEMENT_CACHE_SIZE=0, or max_prepared_statements in PgBouncer 1.21 or later",
            action="prepared_statements_forgone",
        )

    async def close(self) -> None:
        await self.drain()
        await Tortoise.close_connections()


class Connector:
    """What a connection is opened with: as configured, or as renewed since."""

    def __init__(self, options: ConnectOptions, renew: Renew | None) -> None:
        self._current = options
        self._renew = renew
        self.prepares = True

    @property
    def options(self) -> ConnectOptions:
        return self._current

    async def __call__(self, *_args: Any, **kwargs: Any) -> Any:
        if not self.prepares:
            kwargs["statement_cache_size"] = 0
        tried = self._current
        try:
            return await asyncpg.connect(**{**kwargs, **tried.asyncpg_kwargs()})
        except asyncpg.InvalidAuthorizationSpecificationError:
            renewed = await self._renew(tried) if self._renew is not None else None
            if renewed is None or renewed == tried:
                raise
            self._current = renewed
        return await asyncpg.connect(**{**kwargs, **self._current.asyncpg_kwargs()})


async def open_database(
    options: ConnectOptions,
    *,
    size: int = 10,
    waiters: int = 200,
    timeout_seconds: float = 5.0,
    statement_cache_size: int = 512,
    renew: Renew | None = None,
    keys: Iterable[AppKey] = (),
) -> Database:
    """Start Tortoise on a pool of this process's own. Opens no connection yet, so the server may be down.

    `keys` are what stored secrets are encrypted under: the first for new ones, all for reading.
    """
    connector = Connector(options, renew)
    ring = tuple(keys)
    credentials = {
        **options.tortoise_credentials(),
        "minsize": 0,
        "maxsize": size,
        "connection_class": PlainConnection,
        "statement_cache_size": statement_cache_size,
        "max_cacheable_statement_size": 64 * 1024,
        "max_inactive_connection_lifetime": 300,
        "timeout": options.connect_timeout or 5,
        "connect": connector,
        "init": refuse_unsafe_role,
    }
    # Sanic runs handlers in tasks that do not inherit the context of its start-up listener
    await Tortoise.init(config=config.tortoise(credentials), _enable_global_fallback=True)
    client: Any = get_connections().get("default")
    await client.create_connection(with_db=True)
    # Tortoise has no public name for its pool; sharing it keeps one bound on the connections of a process
    return Database(
        client._pool,
        connector,
        size=size,
        waiters=waiters,
        timeout_seconds=timeout_seconds,
        keyring=Keyring(ring),
        fingerprints=Fingerprints(ring),
    )


def unreachable(exc: BaseException) -> bool:
    """Whether `exc` says that the database cannot be reached, rather than what it answered."""
    if isinstance(exc, asyncpg.InterfaceError):  # also raised for a driver used wrongly, which is no outage
        return "closed" in str(exc) or "closing" in str(exc)
    return isinstance(
        exc,
        OSError
        | asyncio.TimeoutError
        | asyncpg.InternalClientError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError,
    )
