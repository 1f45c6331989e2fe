"""`tolstoy admin rotate-keys`: which keys stored secrets are under, and all of them under the newest."""

from __future__ import annotations

import typer

from tolstoy.cli import administration
from tolstoy.db.database import Database
from tolstoy.domain import key_rotation
from tolstoy.domain.key_rotation import IN_CLEAR


def run(*, only_status: bool) -> int:
    """The exit code: 1 where something is under a key that is missing."""
    return administration.run(_status if only_status else _rotate, seals=True)


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
