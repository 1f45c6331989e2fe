"""Authorizations of credentials that nobody came back from: their time is over, and their verifiers need not stay."""

from __future__ import annotations

from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud

_PRUNE = "DELETE FROM credential_authorizations WHERE org_id = $1 AND expires_at < now()"


async def prune(scope: Scope) -> int:
    """Returns how many; there is at most one for each user and credential."""
    return await crud.deleted(scope, _PRUNE)
