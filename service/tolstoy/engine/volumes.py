"""How much each organization stores, measured from time to time: its limit is judged by the last measure."""

from __future__ import annotations

from typing import Final

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Statement
from tolstoy.domain import organizations

SECONDS_BETWEEN: Final = 60.0

# Does nothing where no limit applies, or where it was done lately: any number of workers may ask.
_MEASURE: Final = Statement("SELECT tolstoy.measure_stored($3) FROM s")


async def measure(database: Database, most: int) -> float:
    """`most` is the setting, 0 for no limit. Returns the seconds until it should be done again."""
    for scope in await organizations.scopes(database):
        await tenancy.fetch(scope, _MEASURE, most or None)
    return SECONDS_BETWEEN
