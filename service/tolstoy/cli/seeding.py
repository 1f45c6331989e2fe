"""`tolstoy db seed`: the demo organization, and how to talk to it."""

from __future__ import annotations

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.settings import Settings
from tolstoy.db import migrate
from tolstoy.db.database import open_database
from tolstoy.db.migrate import MigrationError
from tolstoy.domain import demo
from tolstoy.domain.demo import Demo


async def plant(settings: Settings, direct: ConnectOptions, service: ConnectOptions) -> Demo:
    """As the service, and under the migration lock, so that two at once make one demo."""
    async with migrate.locked(direct) as connection:
        if (await migrate.level(connection)).pending:
            raise MigrationError("The database lacks migrations; run `tolstoy db deploy`, then seed.")
        database = await open_database(
            service, size=2, statement_cache_size=settings.statement_cache_size, timeout_seconds=10
        )
        try:
            return await demo.plant(database)
        finally:
            await database.close()


def told(made: Demo, settings: Settings) -> str:
    here = f"http://localhost:{settings.port}"
    actions = "\n".join(f"  action        {id_}  {key}" for key, id_ in made.actions.items())
    return f"""The demo organization is there:
  organization  {made.organization}  {demo.ORGANIZATION}
  user          {made.user}  {demo.EMAIL}, admin
  tool          {made.tool}
{actions}
  flow          {made.flow}  published

While `tolstoy serve` runs:
  curl {here}/flows/{made.flow} -H 'X-Org-ID: {made.organization}' -H 'X-User-ID: {made.user}'"""
