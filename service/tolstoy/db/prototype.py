"""Pushing the models into a development database without a migration."""

from __future__ import annotations

import json

import asyncpg

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db import authoring, drift, migrate
from tolstoy.db.migrate import MigrationError


async def push(direct: ConnectOptions) -> str | None:
    """Make what the models have and the database lacks; the SQL, or None when there is nothing.

    What was pushed is remembered in the database, so that the next push makes only what is new since.
    """
    async with migrate.locked(direct) as connection:
        level = await migrate.level(connection)
        if level.pending:
            raise MigrationError(
                f"The database lacks {len(level.pending)} migrations; run `tolstoy db deploy` before you push."
            )
        draft = await authoring.pending(since=await drift.pushed_state(connection))
        if draft is None:
            return None
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{migrate.LOCK_TIMEOUT_SECONDS}s'")
                await connection.execute(draft.upgrade)
                await connection.execute("DELETE FROM aerich WHERE app = 'pushed'")
                await connection.execute(
                    "INSERT INTO aerich (version, app, content) VALUES ('pushed', 'pushed', $1)",
                    json.dumps({"state": draft.state}),
                )
        except asyncpg.PostgresError as exc:
            raise MigrationError(
                f"The models could not be pushed, and the schema is as it was. {type(exc).__name__}: {exc.args[0]}."
                " To begin anew from the migrations: `tolstoy db reset`."
            ) from exc
        return draft.upgrade
