"""The end of a run whose steps cannot be gone through: nothing of its state is read."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.engine.journal import Journal, Record, outlasting

# The attempts that were open end with it, in the numbers that its followers count by.
_CLOSE = """
WITH opened AS (
    SELECT id, row_number() OVER (ORDER BY id) AS nth FROM execution_logs
    WHERE org_id = $1 AND execution_id = $2 AND recorded AND status = 'started' AND NOT superseded
), moved AS (
    UPDATE executions SET seq = seq + (SELECT count(*) FROM opened)
    WHERE org_id = $1 AND id = $2 AND epoch = $3 AND status = 'running'
    RETURNING seq - (SELECT count(*) FROM opened) AS before
)
UPDATE execution_logs l SET status = 'failed', error = $4::jsonb, finished_at = clock_timestamp(),
    finished_seq = moved.before + opened.nth, details = coalesce(l.details, '{}') || '{"cutOff": true}'
FROM opened, moved WHERE l.org_id = $1 AND l.id = opened.id
"""


def crashed(claims: int) -> dict[str, Any]:
    message = (
        f"Its workers ended {claims - 1} times in a row without it getting on; it may be what ends them."
    )
    return {"code": "crashed", "message": message}


BROKEN = {
    "code": "internal_error",
    "message": "The worker could not run this; its log has the reason under the execution's id.",
}


async def end(
    database: Database, journal: Journal, row: asyncpg.Record, status: str, error: dict[str, Any]
) -> None:
    """Raises LostLeaseError."""
    text = msgspec.json.encode(error).decode()

    async def close() -> None:
        async with tenancy.transaction(tenancy.engine(database, row["org_id"])) as inner:
            await inner.open_connection.execute(_CLOSE, row["org_id"], row["id"], row["epoch"], text)

    await outlasting(close)
    await journal.record(row["org_id"], Record(row["id"], row["epoch"], [], status, error=text))
