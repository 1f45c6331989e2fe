"""`tolstoy admin rotate-keys`: which keys stored secrets are under, and all of them under the newest."""

from __future__ import annotations

import asyncio

import typer

from tolstoy.cli import checks
from tolstoy.cli.addresses import resolved, with_keys
from tolstoy.core.settings import Settings, load
from tolstoy.db.database import Database, open_database
from tolstoy.db.renewal import renewal
from tolstoy.domain import key_rotation
from tolstoy.domain.key_rotation import IN_CLEAR


def run(*, only_status: bool) -> int:
    """The exit code: 1 where something is under a key that is missing."""
    with resolved(load()) as found:
        return asyncio.run(_run(with_keys(found), only_status))


async def _run(settings: Settings, only_status: bool) -> int:
    service, _ = checks.addresses(settings)
    database = await open_database(
        service,
        size=2,
        timeout_seconds=10,
        statement_cache_size=settings.statement_cache_size,
        renew=renewal(settings),
        keys=settings.keys,
    )
    try:
        return await (_status(database) if only_status else _rotate(database))
    finally:
        await database.close()


async def _status(database: Database) -> int:
    keys = await key_rotation.counted(database)
    newest = database.keyring.newest or ""
    missing = [key for key in keys if key != IN_CLEAR and key not in database.keyring.ids]
    for key in sorted({newest, *database.keyring.ids, *keys}, key=lambda key: (key != newest, key)):
        what = " (encrypts)" if key == newest else " (MISSING: add it to APP_KEYS)" if key in missing else ""
        typer.echo(f"{key:<40} {keys[key]:>8}{what}")
    return 1 if missing else 0


async def _rotate(database: Database) -> int:
    done = await key_rotation.rotate(database)
    typer.echo(f"{done.resealed} encrypted anew under the key {database.keyring.newest!r}.")
    for key, number in sorted(done.unreadable.items()):
        typer.echo(
            f"{number} left: they do not open under the key {key!r}. Add it to APP_KEYS and run this again."
        )
    return 1 if done.unreadable else 0
