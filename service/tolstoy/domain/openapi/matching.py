"""Which of a tool's actions an operation is, and what it would change of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tolstoy.domain.action_request import JSON
from tolstoy.domain.openapi.operations import Planned

_PARAMETER: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Present:
    """An action that is there."""

    id: UUID
    key: str
    name: str
    method: str
    endpoint: str
    headers: Mapping[str, str] | None
    input_schema: dict[str, Any] | None


@dataclass(frozen=True)
class Match:
    """One of both, or the two that are the same; `values` are the columns that differ."""

    planned: Planned | None
    present: Present | None
    values: Mapping[str, Any]


def matched(planned: Sequence[Planned], present: Sequence[Present]) -> list[Match]:
    """In the order of the document, then what it does not have.

    By key first; then by method and path, whatever their parameters are called: an action keeps its key, by which
    flows name it, when its operationId changes.
    """
    by_key = {action.key: action for action in present}
    pairs = {action.key: by_key.pop(action.key) for action in planned if action.key in by_key}
    left = {_address(action.method, action.endpoint): action for action in by_key.values()}
    found: list[Match] = []
    for action in planned:
        there = pairs.get(action.key) or left.pop(_address(action.method, action.endpoint), None)
        if there is not None:
            by_key.pop(there.key, None)
        found.append(Match(action, there, _values(action, there)))
    return found + [Match(None, action, {}) for action in by_key.values()]


def _address(method: str, endpoint: str) -> tuple[str, str]:
    return method, _PARAMETER.sub("{}", endpoint)


def _values(planned: Planned, present: Present | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "name": planned.name,
        "method": planned.method,
        "endpoint": planned.endpoint,
        "headers": _headers(planned, present),
        "input_schema": planned.input_schema,
    }
    if present is None:
        return {"key": planned.key, **wanted}
    return {name: value for name, value in wanted.items() if value != getattr(present, name)}


def _headers(planned: Planned, present: Present | None) -> dict[str, str] | None:
    """Those that somebody added stay; the body's type is the document's to say."""
    kept = {
        name: value
        for name, value in ((present.headers if present else None) or {}).items()
        if name.lower() != "content-type"
    }
    if planned.content_type is not None and planned.content_type != JSON:
        kept["Content-Type"] = planned.content_type
    if present is not None and present.headers == {} and not kept:
        return {}
    return kept or None
