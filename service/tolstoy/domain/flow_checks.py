"""All that is wrong with a flow's document before it runs: its shape, what it refers to, what it gives to actions."""

from collections.abc import Iterator, Mapping

import msgspec

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import flow_document, flow_inputs, flow_references
from tolstoy.domain.flow_inputs import ActionFacts, action_keys, flow_ids
from tolstoy.domain.flow_sites import Text, Trail, key_of, loops_around, trails
from tolstoy.domain.flow_step import MAX_ITEMS, MAX_PATH

__all__ = ["ActionFacts", "action_keys", "check", "check_action_condition", "flow_ids"]

_NOT_LOOKED_INTO = frozenset({"too_deep", "document_too_large"})


def check(document: object, actions: Mapping[str, ActionFacts]) -> Iterator[Finding]:
    """First what `flow_document.check` finds, then the rest; `actions` are those of `action_keys`, by their key.

    Each finding has a severity: what has but warnings runs.
    """
    shape = flow_document.check(document)
    yield from map(_as_error, shape)
    if isinstance(document, dict) and not any(finding.code in _NOT_LOOKED_INTO for finding in shape):
        yield from flow_references.check(document)
        yield from flow_inputs.check(document, actions)
        for trail in trails(document):
            yield from _check_path(trail)


def check_action_condition(source: str, at: str = "/executeIf") -> list[Finding]:
    """An action's own executeIf, which knows nothing but the action's inputs."""
    place = flow_references.Place((), ("inputs",))
    found = flow_references.check_text(Text(at, source, "condition"), place, flow_references.no_flow())
    return [msgspec.structs.replace(finding, severity=None) for finding in found]


def _check_path(trail: Trail) -> Iterator[Finding]:
    """Of the run's steps: `lines[9999].charge`."""
    around = sum(len(key) + len(f"[{MAX_ITEMS - 1}].") for key in loops_around(trail))
    length = around + len(key_of(trail[-1].step) or "")
    if length > MAX_PATH:
        detail = (
            f"the keys of the loops around this and its own make {length} characters: {MAX_PATH} are possible"
        )
        yield Finding("path_too_long", detail, pointer(trail[-1].at, "key"), severity="error")


def _as_error(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, severity="error")
