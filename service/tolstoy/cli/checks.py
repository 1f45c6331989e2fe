"""What is looked at before requests are served or runs are worked on: as whom, and on which schema."""

from __future__ import annotations

import asyncpg

from tolstoy.core import log
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.core.settings import Settings
from tolstoy.db import migrate
from tolstoy.db.database import Connector, Renew, refuse_unsafe_role


def addresses(settings: Settings) -> tuple[ConnectOptions, ConnectOptions]:
    """The database's, for the service and past a pooler."""
    if settings.database_url is None or settings.direct_url is None:
        raise RuntimeError("the database's addresses are resolved before this")
    return parse(settings.database_url), parse(settings.direct_url)


def warn_of_pooler(direct: ConnectOptions) -> None:
    if direct.looks_pooled:
        log.get().warning(
            "migrations and workers need DIRECT_URL, the address without -pooler; all there is leads to"
            f" {direct.host}",
            action="direct_url_pooled",
        )


async def pending(service: ConnectOptions, renew: Renew | None = None) -> tuple[str, ...]:
    """The migrations that the schema lacks; raises UnsafeRoleError for a user whom isolation does not bind."""
    # preparing nothing: behind a pooler the names may be taken by what another process prepared
    connection = await Connector(service, renew)(statement_cache_size=0)
    try:
        await refuse_unsafe_role(connection)
        return (await migrate.level(connection)).pending
    except asyncpg.InsufficientPrivilegeError:  # the grants come with `tolstoy db deploy` too
        return migrate.known()
    finally:
        await connection.close()


def say_outdated(names: tuple[str, ...]) -> None:
    log.get().error(
        f"the schema lacks {len(names)} migrations of this code; run `tolstoy db deploy`",
        action="schema_outdated",
        pending=names,
    )
