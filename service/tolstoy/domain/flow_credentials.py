"""The credentials that the `http` steps of a flow's document name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tolstoy.core.errors import Finding
from tolstoy.core.ids import parse_id
from tolstoy.core.strict_json import pointer
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain.flow_sites import trails

# What is needed to call with these.
FOR_CALLS = tenancy.reading(
    "SELECT c.id, c.revision, c.type, c.secret, t.auth_config"
    " FROM credentials c JOIN tools t ON t.org_id = c.org_id AND t.id = c.tool_id"
    " WHERE c.org_id = $1 AND c.id = ANY ($3::uuid[])"
)
_THERE = tenancy.reading("SELECT id FROM credentials WHERE org_id = $1 AND id = ANY ($3::uuid[])")


def named(document: object) -> list[UUID]:
    """Whether or not the document is well-shaped."""
    return sorted({id_ for _, id_ in _sites(document) if id_ is not None})


async def unknown(scope: Scope, document: dict[str, Any]) -> list[Finding]:
    ids = named(document)
    if not ids:
        return []
    there = {row["id"] for row in await tenancy.fetch(scope, _THERE, ids)}
    return [
        Finding("unknown_credential", "there is no credential with this id here", place, severity="error")
        for place, id_ in _sites(document)
        if id_ is not None and id_ not in there
    ]


def _sites(document: object) -> Iterator[tuple[str, UUID | None]]:
    for trail in trails(document):
        call = trail[-1].step.get("http")
        text = call.get("credential") if isinstance(call, dict) else None
        if isinstance(text, str):
            yield pointer(pointer(trail[-1].at, "http"), "credential"), parse_id(text.lower())
