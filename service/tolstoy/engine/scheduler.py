"""Fires schedules as they are due. Any number of workers may do it at once."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import asyncpg

from tolstoy.core import log
from tolstoy.core.errors import ProblemError, UnavailableError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import schedule_ticks

MOST: Final = 100
AGAIN_SECONDS: Final = 5.0  # after a schedule could not be fired

_DUE: Final = "SELECT org_id, id, seconds FROM tolstoy.due_schedules($1)"


async def tick(database: Database) -> float | None:
    """Fire what is due, up to MOST schedules; the seconds until the next is, or None where there is none.

    One may become due earlier, as schedules are made and the runs that buffered ticks wait for end.
    """
    failed = False
    for row in await tenancy.call(database, _DUE, MOST):
        if row["seconds"] > 0:
            return float(row["seconds"])
        scope = tenancy.engine(database, row["org_id"])
        try:
            await schedule_ticks.fire(scope, row["id"])
        except UnavailableError:
            raise
        except (ProblemError, asyncpg.PostgresError) as exc:
            log.get().error(
                "a schedule could not be fired",
                action="schedule_failed",
                org_id=row["org_id"],
                schedule_id=row["id"],
                exc_info=exc,
            )
            failed = not await _put_off(scope, row["id"]) or failed
    coming = await tenancy.call(database, _DUE, 1)
    if not coming:
        return None
    return max(float(coming[0]["seconds"]), AGAIN_SECONDS if failed else 0.0)


async def _put_off(scope: Scope, schedule_id: UUID) -> bool:
    """One schedule must not keep the others from being fired."""
    try:
        await schedule_ticks.put_off(scope, schedule_id, AGAIN_SECONDS)
    except UnavailableError:
        raise
    except (ProblemError, asyncpg.PostgresError):
        return False
    return True
