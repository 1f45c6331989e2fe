"""A request's body as inputs: the properties of an object one by one, anything else as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tolstoy.core.strict_json import pointer
from tolstoy.domain.action_request import FORM, JSON
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import LeftOutError
from tolstoy.domain.openapi.schemas import Schemas

_MEDIA: Final = re.compile(
    r"[A-Za-z0-9!#$&^_.+*-]+/[A-Za-z0-9!#$&^_.+*-]+(; ?[A-Za-z0-9_-]+=[A-Za-z0-9_.-]+)*"
)
_MAX_PARTS: Final = 100
# An object that says more than these about its members is sent as a whole, so that nothing of it is lost.
_PLAIN: Final = frozenset(
    {
        "type", "properties", "required", "additionalProperties", "allOf", "title", "description", "example",
        "examples", "externalDocs", "deprecated", "discriminator", "xml", "nullable",
    }
)  # fmt: skip


@dataclass
class Body:
    """`whole` is its schema, if it is one input. Else `properties` are the inputs, `needed` of them must be sent.

    `sources` says for each property in which object of properties it stands. `open`: what may be sent besides.
    """

    content_type: str
    required: bool
    at: str
    whole: Any = None
    properties: dict[str, Any] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    open: Any = True


def body_of(
    document: Document, schemas: Schemas, operation: Mapping[str, Any], at: str, names: set[str]
) -> Body | None:
    """Raises LeftOutError where none of its types can be sent."""
    if "requestBody" not in operation:
        return None
    said, said_at = document.followed(operation["requestBody"], pointer(at, "requestBody"))
    content = said.get("content") if isinstance(said, dict) else None
    if not isinstance(content, dict) or not content:
        raise LeftOutError("invalid_document", "a requestBody has content", said_at)
    schemas.spend(len(content) >> 3)
    media = _chosen(content)
    content_at = pointer(said_at, "content")
    if media is None:
        listed = ", ".join(sorted(content))[:200]
        raise LeftOutError(
            "unsupported_body", f"an action sends JSON, forms and text, not {listed}", content_at
        )
    at = pointer(content_at, media)
    described = content[media]
    schema = described.get("schema", {}) if isinstance(described, dict) else {}
    kind = media.partition(";")[0].strip().lower()
    body = Body(
        JSON if kind in ("*/*", "application/*") else media,
        said.get("required") is True,
        pointer(at, "schema"),
    )
    parts: list[tuple[dict[str, Any], str]] = []
    if kind.startswith("text/"):
        _check_text(document, schema, body.at)
        body.whole = schemas.convert(schema, body.at, names)
    elif _plain_parts(document, schemas, schema, body.at, parts) and _apart(parts):
        _gather(schemas, body, parts, names)
    elif kind == FORM:
        raise LeftOutError("unsupported_body", "an action sends a form of plain fields only", body.at)
    else:
        body.whole = schemas.convert(schema, body.at, names)
    return body


def _check_text(document: Document, schema: Any, at: str) -> None:
    schema, at = document.followed(schema, at)
    said = schema.get("type", "string") if isinstance(schema, dict) else "string"
    if said != "string" and not (isinstance(said, list) and "string" in said):
        raise LeftOutError("unsupported_body", "left out: an action sends a text as a string", at)


def _chosen(content: Mapping[str, Any]) -> str | None:
    ranked = sorted((rank, media) for media in content if (rank := _rank(media)) is not None)
    return ranked[0][1] if ranked else None


def _rank(media: str) -> int | None:
    kind = media.partition(";")[0].strip().lower()
    if not _MEDIA.fullmatch(media):
        return None
    if kind == JSON:
        return 0
    if kind.startswith("application/") and kind.endswith("+json"):
        return 1
    if kind in ("*/*", "application/*"):
        return 2
    if kind == FORM:
        return 3
    return 4 if kind == "text/plain" else None


def _plain_parts(
    document: Document, schemas: Schemas, schema: Any, at: str, parts: list[tuple[dict[str, Any], str]]
) -> bool:
    """Whether it is a plain object, alone or of several; adds these to `parts`."""
    schema, at = document.followed(schema, at)
    if not isinstance(schema, dict) or len(parts) >= _MAX_PARTS:
        return False
    properties = schema.get("properties", {})
    schemas.spend((len(schema) + (len(properties) if isinstance(properties, dict) else 0)) >> 4)
    extra = {name for name in schema if not name.startswith("x-")} - _PLAIN
    if extra or schema.get("type", "object") != "object" or schema.get("nullable") is True:
        return False
    parts.append((schema, at))
    branches = schema.get("allOf", [])
    if branches and schema.get("additionalProperties", True) is not True:
        return False
    return isinstance(branches, list) and all(
        _plain_parts(document, schemas, branch, pointer(pointer(at, "allOf"), index), parts)
        for index, branch in enumerate(branches)
    )


def _apart(parts: list[tuple[dict[str, Any], str]]) -> bool:
    """Whether there are properties, none of them in two parts."""
    seen: set[str] = set()
    for part, _ in parts:
        properties = part.get("properties", {})
        # with several, additionalProperties of one would speak of the others' properties
        closed = len(parts) > 1 and part.get("additionalProperties", True) is not True
        if not isinstance(properties, dict) or seen & properties.keys() or closed:
            return False
        seen |= properties.keys()
    return bool(seen)


def _gather(schemas: Schemas, body: Body, parts: list[tuple[dict[str, Any], str]], names: set[str]) -> None:
    only_answered: set[str] = set()
    for part, at in parts:
        properties_at = pointer(at, "properties")
        for name, schema in part.get("properties", {}).items():
            schemas.spend(1)
            if isinstance(schema, dict) and schema.get("readOnly") is True:
                only_answered.add(name)
            else:
                body.properties[name] = schemas.convert(schema, pointer(properties_at, name), names)
                body.sources[name] = properties_at
        required = part.get("required", [])
        if not isinstance(required, list):
            raise LeftOutError("invalid_document", "required is a list of names", pointer(at, "required"))
        known = only_answered.union(body.needed)
        body.needed += [name for name in required if isinstance(name, str) and name not in known]
        if isinstance(rest := part.get("additionalProperties", True), dict):
            body.open = schemas.convert(rest, pointer(at, "additionalProperties"), names)
        elif rest is False:
            body.open = False
