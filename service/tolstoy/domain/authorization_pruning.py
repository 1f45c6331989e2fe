"""Authorizations of credentials that nobody came back from: their time is over, and their verifiers need not stay."""

from __future__ import annotations

from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope

_PRUNE = "DELETE FROM credential_authorizations WHERE org_id = $1 AND expires_at < now()"


async def prune(scope: Scope) -> int:
    """Returns how many; there is at most one for each user and credential."""
    async with tenancy.transaction(scope) as inner:
        if inner.connection is None:
            raise RuntimeError("a transaction has a connection")
        done = await inner.connection.execute(_PRUNE, scope.org_id)
    return int(done.removeprefix("DELETE "))
