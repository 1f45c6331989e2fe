"""The inputs that a flow's steps give to actions, against the schemas of the actions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from jsonschema_rs import ValidationError

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import json_schema
from tolstoy.domain.action_request import PARAMETER
from tolstoy.domain.flow_sites import trails
from tolstoy.domain.json_schema import Teller, Validator

# Where they are on the way to a rule, what an expression will give may decide whether the rule holds.
_CONDITIONAL: Final = frozenset(
    {
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "contains",
        "$defs",
        "definitions",
    }
)


class ActionFacts(msgspec.Struct, frozen=True):
    """What the check of a flow has to know of an action."""

    endpoint: str
    input_schema: dict[str, Any] | None = None


def action_keys(document: object) -> set[str]:
    """The actions that a document names, whether or not it is well-shaped."""
    named = (trail[-1].step.get("action") for trail in trails(document))
    return {key for key in named if isinstance(key, str)}


def flow_ids(document: object) -> set[str]:
    """The ids of the flows that it starts, as it writes them."""
    calls = (trail[-1].step.get("flow") for trail in trails(document))
    return {call["id"] for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)}


def check(document: object, actions: Mapping[str, ActionFacts]) -> Iterator[Finding]:
    validators: dict[str, Validator | None] = {}
    teller = json_schema.Teller()
    for trail in trails(document):
        step, at = trail[-1].step, trail[-1].at
        key, inputs = step.get("action"), step.get("inputs", {})
        if not isinstance(key, str):
            continue
        action = actions.get(key)
        if action is None:
            yield _error(
                "unknown_action", f"there is no action {key} here: make it, or name another", f"{at}/action"
            )
        elif isinstance(inputs, dict):
            if key not in validators:
                validators[key] = _validator(action.input_schema)
            yield from _check_inputs(inputs, f"{at}/inputs", action, validators[key], teller)


def _validator(schema: dict[str, Any] | None) -> Validator | None:
    try:
        return None if schema is None else json_schema.validator(schema)
    except (ValidationError, ValueError):
        return None


def _check_inputs(
    inputs: dict[str, Any], at: str, action: ActionFacts, validator: Validator | None, teller: Teller
) -> Iterator[Finding]:
    missing = dict.fromkeys(name for name in PARAMETER.findall(action.endpoint) if name not in inputs)
    for name in missing:
        yield _error(
            "missing_input", f"{name} is missing: {action.endpoint} is called with it", pointer(at, name)
        )
    if validator is None or validator.is_valid(inputs):
        return
    literal = not _has_expression(inputs)
    errors = list(teller.errors(validator, inputs))
    if literal and not errors:
        yield _error("invalid_input", f"the action's inputSchema refuses this: {json_schema.TOO_MUCH}", at)
    for error in errors:
        if literal or _CONDITIONAL.isdisjoint(map(str, error.schema_path)):
            for finding in _finding(error, inputs, at):
                if finding.code != "missing_input" or finding.pointer not in {
                    pointer(at, one) for one in missing
                }:
                    yield finding


def _finding(error: ValidationError, inputs: Any, at: str) -> Iterator[Finding]:
    value, place = inputs, at
    for part in error.instance_path:
        value, place = value[part], pointer(place, part)
    facts = error.kind.as_dict()
    match error.kind.name:
        case "required":
            name = str(facts["property"])
            yield _error(
                "missing_input",
                f"{name} is missing: the action's inputSchema requires it",
                pointer(place, name),
            )
        case "additionalProperties" | "unevaluatedProperties":
            for name in map(str, facts["unexpected"]):
                yield _error("unknown_input", f"the action's inputSchema has no {name}", pointer(place, name))
        case _ if not _has_expression(value):
            message = error.message if len(error.message) <= 200 else f"{error.message[:199]}…"
            yield _error("invalid_input", f"the action's inputSchema refuses this: {message}", place)


def _has_expression(value: Any) -> bool:
    match value:
        case str():
            return "{{" in value
        case dict():
            return any(_has_expression(member) for member in value.values())
        case list():
            return any(_has_expression(item) for item in value)
    return False


def _error(code: str, detail: str, at: str) -> Finding:
    return Finding(code, detail, at, severity="error")
