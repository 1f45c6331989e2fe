"""One process's pool of connections: bounded waiting, connections checked and passwords renewed as they open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connections

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.errors import OverloadedError
from tolstoy.db import config

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

# Called with the options that the server refused; answers with new ones, or None where there is nothing newer.
Renew: TypeAlias = Callable[[ConnectOptions], Awaitable[ConnectOptions | None]]

_PRIVILEGES = """
SELECT current_user AS me, r.rolsuper OR r.rolbypassrls AS bypasses,
       EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('organizations') AND pg_has_role(c.relowner, 'USAGE')) AS owns
FROM pg_roles r WHERE r.rolname = current_user
"""


class UnsafeRoleError(Exception):
    """The database user of DATABASE_URL could read every tenant's rows."""


class PlainConnection(asyncpg.Connection):
    """Saves the round trip that resets a connection on release.

    Every setting of ours is local to its transaction, we take no session locks and LISTEN elsewhere; a transaction
    left open is still rolled back by asyncpg.
    """

    def get_reset_query(self) -> str:
        return ""


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


class Database:
    """The pool, shared with Tortoise, and the queue before it."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], *, size: int, waiters: int, timeout_seconds: float) -> None:
        self.pool = pool
        self.size = size
        self.busy = 0
        self.waiting = 0
        self._waiters = waiters
        self._timeout_seconds = timeout_seconds

    async def acquire(self) -> Connection:
        """A connection, at once where one is free; raises OverloadedError past the bounds of the queue."""
        if self.busy < self.size:
            self.busy += 1
            try:
                return await self.pool.acquire()
            except BaseException:
                self.busy -= 1
                raise
        if self.waiting >= self._waiters:
            raise OverloadedError
        self.waiting += 1
        self.busy += 1
        try:
            return await self.pool.acquire(timeout=self._timeout_seconds)
        except TimeoutError as exc:
            self.busy -= 1
            raise OverloadedError from exc
        except BaseException:
            self.busy -= 1
            raise
        finally:
            self.waiting -= 1

    async def release(self, connection: Connection) -> None:
        self.busy -= 1
        await self.pool.release(connection)

    async def close(self) -> None:
        await Tortoise.close_connections()


def _connector(options: ConnectOptions, renew: Renew | None) -> Callable[..., Awaitable[Any]]:
    """What the pool opens a connection with: as configured, or as renewed since."""
    current = options

    async def connect(*_args: Any, **kwargs: Any) -> Any:
        nonlocal current
        tried = current
        try:
            return await asyncpg.connect(**{**kwargs, **tried.asyncpg_kwargs()})
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
            renewed = await renew(tried) if renew is not None else None
            if renewed is None or renewed == tried:
                raise
            current = renewed
        return await asyncpg.connect(**{**kwargs, **current.asyncpg_kwargs()})

    return connect


async def open_database(
    options: ConnectOptions,
    *,
    size: int = 10,
    waiters: int = 200,
    timeout_seconds: float = 5.0,
    statement_cache_size: int = 512,
    renew: Renew | None = None,
) -> Database:
    """Start Tortoise on a pool of this process's own. Opens no connection yet, so the server may be down."""
    credentials = {
        **options.tortoise_credentials(),
        "minsize": 0,
        "maxsize": size,
        "connection_class": PlainConnection,
        "statement_cache_size": statement_cache_size,
        "max_cacheable_statement_size": 64 * 1024,
        "max_inactive_connection_lifetime": 300,
        "timeout": options.connect_timeout or 5,
        "connect": _connector(options, renew),
        "init": refuse_unsafe_role,
    }
    # Sanic runs handlers in tasks that do not inherit the context of its start-up listener
    await Tortoise.init(config=config.tortoise(credentials), _enable_global_fallback=True)
    client: Any = get_connections().get("default")
    await client.create_connection(with_db=True)
    # Tortoise has no public name for its pool; sharing it keeps one bound on the connections of a process
    return Database(client._pool, size=size, waiters=waiters, timeout_seconds=timeout_seconds)


def unreachable(exc: BaseException) -> bool:
    """Whether `exc` says that the database cannot be reached, rather than what it answered."""
    if isinstance(exc, asyncpg.InterfaceError):  # also raised for a driver used wrongly, which is no outage
        return "closed" in str(exc) or "closing" in str(exc)
    return isinstance(
        exc,
        OSError
        | asyncio.TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError,
    )
