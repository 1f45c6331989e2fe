"""What the audit trail of a run says, read when it is claimed again."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.engine.journal import LogRow, outlasting
from tolstoy.engine.trail import Recall, Undone

_ROWS = tenancy.reading(
    "SELECT id, step_key, kind, attempt, status, outputs, error, details, superseded,"
    " error ->> 'code' = 'interrupted' AS interrupted, NOT coalesce(details ? 'retryAt', false) AS last"
    " FROM execution_logs WHERE org_id = $1 AND execution_id = $3 AND recorded"
    " AND kind IS DISTINCT FROM 'resume'",
    order=" ORDER BY attempt, id",
)


async def read(database: Database, org_id: UUID, run: UUID) -> tuple[dict[str, Recall], dict[str, Undone]]:
    """The newest attempt of each step, and what resumes have undone."""
    scope = tenancy.engine(database, org_id)
    recalled: dict[str, Recall] = {}
    undone: dict[str, Undone] = {}
    for row in await outlasting(lambda: tenancy.fetch(scope, _ROWS, run)):
        if row["superseded"]:
            if row["last"]:
                before = undone.setdefault(row["step_key"], Undone())
                before.times += 1
                before.completed += row["status"] == "completed"
        else:
            _take(recalled, row)
    return recalled, undone


def _take(recalled: dict[str, Recall], row: asyncpg.Record) -> None:
    known = recalled.get(row["step_key"])
    recalled[row["step_key"]] = Recall(
        LogRow(
            row["step_key"],
            row["kind"],
            row["status"],
            attempt=row["attempt"],
            id=row["id"],
            outputs=row["outputs"],
            error=row["error"],
            details=row["details"],
        ),
        interrupted=(known.interrupted if known else 0) + bool(row["interrupted"]),
    )
