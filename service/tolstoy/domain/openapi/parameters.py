"""An operation's parameters and body as the inputs of an action.

What `domain/action_request` can send is taken over; a parameter that it cannot send is left out if it is optional, and
with it the whole operation if it is required.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tolstoy.core.strict_json import pointer
from tolstoy.domain.action_request import PARAMETER, WHOLE_BODY
from tolstoy.domain.openapi.bodies import Body, body_of
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import LeftOutError, too_large
from tolstoy.domain.openapi.schemas import Schemas
from tolstoy.domain.request_parts import HEADER_NAME, RESERVED

_PLACES: Final = ("path", "query", "header", "cookie")
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
# By the specification a parameter of such a name says nothing: the body's type and the security scheme do.
_SAID_ELSEWHERE: Final = frozenset({"accept", "content-type", "authorization"})
_BRACED: Final = re.compile(r"\{([^{}/]*)\}")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_]")
_COMPOUND: Final = frozenset({"object", "array"})
_MOST_TYPES: Final = 7  # that JSON Schema has; a list of more is refused later


@dataclass
class Inputs:
    """As they come together: `sources` says where in the document each stands."""

    endpoint: str
    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    open: Any = False
    dependent: dict[str, list[str]] = field(default_factory=dict)
    content_type: str | None = None

    def add(self, wire: str, place: str, schema: Any, at: str, *, required: bool) -> str:
        """Under its own name, or where that is taken, under one that says its place as well."""
        name = wire
        if name in self.properties:
            name = f"{wire}_{place.removeprefix('whole-')}"
        while name in self.properties:
            name += "_"
        said = {} if name == wire or place == WHOLE_BODY else {"as": wire}
        own = {} if isinstance(schema, bool) else schema
        self.properties[name] = {**own, "in": place, **said}
        self.sources[name] = at
        if required:
            self.required.append(name)
        return name

    def schema(self, schemas: Schemas, most: int, at: str) -> dict[str, Any]:
        """In at most so many bytes of JSON; `at` is the operation. Raises LeftOutError."""
        if 4 * sum(map(len, self.dependent.values())) > most:  # a name, its quotes, a comma
            raise too_large(most, at)
        made: dict[str, Any] = {"type": "object", "properties": self.properties}
        if self.required:
            made["required"] = self.required
        if self.dependent:
            made["dependentRequired"] = self.dependent
        if self.open is not True:
            made["additionalProperties"] = self.open
        own = len(json.dumps(made))
        schemas.spend(own >> 4)
        if definitions := schemas.definitions(self.names, most - own, at):
            made["$defs"] = definitions
        return made


def inputs_of(
    document: Document, schemas: Schemas, path: str, item: Mapping[str, Any], item_at: str, method: str
) -> Inputs:
    """Raises LeftOutError."""
    operation, at = item[method], pointer(item_at, method)
    found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
    for holder, holder_at in ((item, item_at), (operation, at)):
        for parameter, place in _parameters(document, holder, holder_at):
            schemas.spend(1)
            found[parameter["in"], parameter["name"]] = (parameter, place)
    inputs = Inputs(path)
    for name in dict.fromkeys(_BRACED.findall(path)):
        declared = found.pop(("path", name), None)
        if declared is None:
            document.notes.warn("undeclared_parameter", f"{{{name}}} is taken for a text", at)
            declared = ({"name": name, "in": "path", "schema": {"type": "string"}}, at)
        _in_path(schemas, document, inputs, name, *declared)
    for place in _PLACES[1:]:
        for (where, name), (parameter, parameter_at) in found.items():
            if where == place:
                _elsewhere(document, schemas, inputs, place, name, parameter, parameter_at)
    body = body_of(document, schemas, operation, at, inputs.names)
    if body is not None:
        _take_body(inputs, body)
        if method not in ("post", "put", "patch"):
            inputs.open = False  # what has no place of its own would go into the query
    return inputs


def _parameters(
    document: Document, holder: Mapping[str, Any], at: str
) -> Iterator[tuple[dict[str, Any], str]]:
    listed = holder.get("parameters", [])
    if not isinstance(listed, list):
        raise LeftOutError("invalid_document", "parameters is a list", pointer(at, "parameters"))
    for index, item in enumerate(listed):
        parameter, place = document.followed(item, pointer(pointer(at, "parameters"), index))
        if (
            not isinstance(parameter, dict)
            or not isinstance(parameter.get("name"), str)
            or not parameter["name"]
            or parameter.get("in") not in _PLACES
        ):
            detail = f"a parameter has a name, and says in: one of {', '.join(_PLACES)}"
            raise LeftOutError("invalid_document", detail, place)
        yield parameter, place


def _in_path(
    schemas: Schemas, document: Document, inputs: Inputs, name: str, parameter: dict[str, Any], at: str
) -> None:
    schema, schema_at, problem = _sendable(document, schemas, inputs.names, "path", parameter, at)
    if problem:
        raise LeftOutError("unsupported_parameter", problem, at)
    plain = name
    if not PARAMETER.fullmatch(f"{{{name}}}"):
        plain = _NOT_IN_NAMES.sub("_", name)
        plain = plain if plain and not plain[0].isdigit() else f"_{plain}"
    given = inputs.add(plain, "path", schema, schema_at, required=True)
    # the endpoint names the input itself
    inputs.properties[given].pop("as", None)
    inputs.endpoint = inputs.endpoint.replace(f"{{{name}}}", f"{{{given}}}")


def _elsewhere(
    document: Document,
    schemas: Schemas,
    inputs: Inputs,
    place: str,
    name: str,
    parameter: dict[str, Any],
    at: str,
) -> None:
    if place == "header" and name.lower() in _SAID_ELSEWHERE:
        return
    names: set[str] = set()
    schema, schema_at, problem = _sendable(document, schemas, names, place, parameter, at)
    required = parameter.get("required") is True
    if problem is None:
        inputs.names |= names
        inputs.add(name, place, schema, schema_at, required=required)
    elif required:
        raise LeftOutError("unsupported_parameter", problem, at)
    else:
        document.notes.warn("unsupported_parameter", f"left out: {problem}", at)


def _sendable(
    document: Document, schemas: Schemas, names: set[str], place: str, parameter: dict[str, Any], at: str
) -> tuple[Any, str, str | None]:
    """Its schema, where that stands, and why it cannot be sent."""
    if "schema" not in parameter:
        problem = (
            "a parameter with content is none that an action can send" if "content" in parameter else None
        )
        return ({"type": "string"}, at, problem)
    schema_at = pointer(at, "schema")
    schema = schemas.convert(parameter["schema"], schema_at, names)
    if isinstance(schema, dict) and isinstance(parameter.get("description"), str):
        schema.setdefault("description", parameter["description"])
    return schema, schema_at, _problem(document, place, parameter, schema_at)


def _problem(document: Document, place: str, parameter: dict[str, Any], schema_at: str) -> str | None:
    kinds = _kinds(document, parameter["schema"], schema_at)
    style = parameter.get("style", _STYLES[place])
    if style != _STYLES[place]:
        return f"an action sends no parameters of style {str(style)[:40]}"
    if "object" in kinds:
        return "an action sends no object as a parameter"
    if "array" in kinds and place != "query":
        return f"an action sends no list in a {place}"
    if "array" in kinds and parameter.get("explode", True) is not True:
        return "an action sends a list by repeating the name: explode: true"
    if place == "header":
        if not HEADER_NAME.fullmatch(parameter["name"]):
            return "this is no name of a header"
        if parameter["name"].lower() in RESERVED:
            return "the client writes this header itself"
    if place == "cookie" and not HEADER_NAME.fullmatch(parameter["name"]):
        return "this is no name of a cookie"
    return None


def _kinds(document: Document, schema: Any, at: str) -> frozenset[str]:
    """The compound types that it says; none where it says nothing plain."""
    schema, _ = document.followed(schema, at)
    said = schema.get("type") if isinstance(schema, dict) else None
    listed = said[:_MOST_TYPES] if isinstance(said, list) else [said]
    return _COMPOUND.intersection(kind for kind in listed if isinstance(kind, str))


def _take_body(inputs: Inputs, body: Body) -> None:
    inputs.content_type = body.content_type
    if body.whole is not None:
        inputs.add("body", WHOLE_BODY, body.whole, body.at, required=body.required)
        return
    given = {
        wire: inputs.add(wire, "body", schema, pointer(body.sources[wire], wire), required=False)
        for wire, schema in body.properties.items()
    }
    needed = [given.get(wire, wire) for wire in body.needed if wire in given or wire not in inputs.properties]
    if body.required:
        inputs.required += needed
    elif needed:
        # it may be left out as a whole: who sends a part of it sends all that it needs
        inputs.dependent = {name: needed for name in given.values()}
    inputs.open = body.open
