"""Removes what hooks and subscriptions keep besides runs: deliveries that have a run go with it."""

from __future__ import annotations

from datetime import datetime

from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud

_REFUSED = (
    "DELETE FROM hook_deliveries WHERE org_id = $1 AND id IN (SELECT id FROM hook_deliveries"
    " WHERE org_id = $1 AND execution_id IS NULL AND created_at < $2 LIMIT $3)"
)
_TESTS = (
    "DELETE FROM event_deliveries WHERE org_id = $1 AND id IN (SELECT id FROM event_deliveries"
    " WHERE org_id = $1 AND execution_id IS NULL AND status <> 'pending' AND created_at < $2 LIMIT $3)"
)


async def prune(scope: Scope, before: datetime, most: int = 500) -> int:
    """Remove some of what hooks refused, and tests of subscriptions, before a moment; returns how much."""
    async with tenancy.transaction(scope) as inner:
        refused = await crud.deleted(inner, _REFUSED, before, most)
        return refused + await crud.deleted(inner, _TESTS, before, most)
