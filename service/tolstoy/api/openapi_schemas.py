"""The schemas of the OpenAPI document: from the types, the flow language, and what a type cannot say of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tolstoy.api.errors import Problem
from tolstoy.api.examples import EXAMPLES
from tolstoy.domain import flow_document
from tolstoy.domain.actions import Action
from tolstoy.domain.event_deliveries import Attempt
from tolstoy.domain.execution_events import ExecutionEvent, StepEvent
from tolstoy.domain.organizations import Counts
from tolstoy.domain.tools import AuthConfig

Schema = dict[str, Any]

_AT = "#/components/schemas/"
# Named by others where a type holds JSON that the database wrote.
_REFERRED = (Action, Attempt, AuthConfig, Counts, ExecutionEvent, Problem, StepEvent)


def schemas(types: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """How each type is referred to, and the components that this needs."""
    wanted = [*dict.fromkeys([*types, *_REFERRED])]
    made, components = msgspec.json.schema_components(wanted, ref_template=_AT + "{name}")
    made, components = _pages_renamed((list(made), components))
    for type_ in wanted:
        if aliases := getattr(type_, "aliases", None):
            _admit_aliases(components[type_.__name__], aliases)
        for name in getattr(type_, "shown_once", ()):
            components[type_.__name__]["required"].remove(name)
    components |= _flow_language()
    for name, example in EXAMPLES.items():
        if name in components:
            components[name]["examples"] = [example]
    return dict(zip(wanted, made, strict=True)), dict(sorted(components.items()))


def _pages_renamed(value: Any) -> Any:
    """Page_Tool_, as msgspec calls Page[Tool], becomes ToolPage."""
    match value:
        case dict():
            return {_renamed(name): _pages_renamed(member) for name, member in value.items()}
        case list() | tuple():
            return [_pages_renamed(item) for item in value]
        case str():
            return _renamed(value)
    return value


def _renamed(text: str) -> str:
    return re.sub(r"\bPage(?:_(\w+)_|\[(\w+)\])", lambda match: f"{match[1] or match[2]}Page", text)


def _admit_aliases(schema: Schema, aliases: dict[str, str]) -> None:
    """Either name may be sent, not both; where the field is required, exactly one."""
    properties, required = schema["properties"], schema.get("required", [])
    rules: list[Schema] = []
    for alias, name in aliases.items():
        properties[alias] = {**properties[name], "description": f"another name of {name}", "deprecated": True}
        names: list[Schema] = [{"required": [name]}, {"required": [alias]}]
        if name in required:
            required.remove(name)
            rules.append({"oneOf": names})
        else:
            rules.append({"not": {"required": [name, alias]}})
    schema["allOf"] = rules


def _flow_language() -> dict[str, Schema]:
    """The array of steps as Steps, and each shape inside it as a component of its own."""
    definitions = _moved(flow_document.schema()["$defs"])
    document = definitions.pop("FlowDocument")
    steps = {
        "title": "Steps",
        "description": "What a flow does, in order.",
        **document["properties"]["steps"],
    }
    return {**definitions, "Steps": steps}


def _moved(value: Any) -> Any:
    match value:
        case dict():
            return {name: _moved(member) for name, member in value.items()}
        case list():
            return [_moved(item) for item in value]
        case str():
            return value.replace("#/$defs/", _AT) if value.startswith("#/$defs/") else value
    return value
