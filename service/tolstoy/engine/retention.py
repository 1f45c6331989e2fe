"""Removes what has been kept long enough, a little at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tolstoy.core import log
from tolstoy.db import tenancy
from tolstoy.db.database import Connector, Database
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import (
    authorization_pruning,
    idempotency,
    organizations,
    request_allowances,
    trigger_pruning,
)

BATCH = 500
SECONDS_BETWEEN = 600.0
_QUEUE_LOG_KEPT = timedelta(days=1)

# The rows that the engine wrote go with their run; those of clients are theirs to keep or to delete.
_PRUNE = Statement(
    "SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM logs) AS logs",
    ctes=""",
old AS MATERIALIZED (
    SELECT e.id FROM s CROSS JOIN LATERAL (
        SELECT id FROM executions WHERE org_id = $1 AND s.role IS NOT NULL
        AND status IN ('succeeded', 'failed', 'cancelled') AND finished_at < $3 ORDER BY id LIMIT $4
    ) e
), logs AS (
    DELETE FROM execution_logs USING old
    WHERE org_id = $1 AND execution_id = old.id AND recorded RETURNING 1
), runs AS (
    DELETE FROM executions USING old WHERE org_id = $1 AND executions.id = old.id RETURNING 1
)""",
)


async def prune(database: Database, days: int) -> float:
    """Remove ended runs and their logs; returns the seconds until it should be done again."""
    if not days:
        return SECONDS_BETWEEN
    before = datetime.now(UTC) - timedelta(days=days)
    for scope in await organizations.scopes(database):
        await _prune_organization(scope, before)
    return SECONDS_BETWEEN


async def _prune_organization(scope: Scope, before: datetime) -> None:
    runs = logs = 0
    while True:
        async with tenancy.transaction(scope) as inner:
            done = await tenancy.fetchrow(inner, _PRUNE, before, BATCH)
        if done is None or not done["runs"]:
            break
        runs, logs = runs + done["runs"], logs + done["logs"]
    while await trigger_pruning.prune(scope, before, BATCH):
        pass
    if runs:
        log.get().info(
            f"removed {runs} ended executions",
            action="pruned",
            org_id=scope.org_id,
            executions=runs,
            logs=logs,
        )


async def prune_answers(database: Database) -> float:
    """Remove answers that are kept for a repetition no longer, also those of routes outside any organization."""
    for scope in (tenancy.platform(database), *await organizations.scopes(database)):
        while await idempotency.prune(scope, BATCH) == BATCH:
            pass
    return SECONDS_BETWEEN


async def prune_allowances(database: Database) -> float:
    """Remove the buckets of API keys that have ended."""
    for scope in await organizations.scopes(database):
        await request_allowances.forget_ended(scope)
    return SECONDS_BETWEEN


async def prune_authorizations(database: Database) -> float:
    """Remove what somebody began to authorize, and did not end in time."""
    for scope in await organizations.scopes(database):
        await authorization_pruning.prune(scope)
    return SECONDS_BETWEEN


async def prune_queue_log(connect: Connector) -> float:
    """PGQueuer keeps three rows of each job for ever."""
    connection = await connect()
    try:
        while True:
            done = await connection.execute(
                "DELETE FROM queue.pgqueuer_log WHERE id IN"
                " (SELECT id FROM queue.pgqueuer_log WHERE created < $1 ORDER BY created LIMIT 5000)",
                datetime.now(UTC) - _QUEUE_LOG_KEPT,
            )
            if done == "DELETE 0":
                return SECONDS_BETWEEN
    finally:
        await connection.close(timeout=5)
