"""The operations of a document as the actions that they would be."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import json_schema
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import LeftOutError, refused
from tolstoy.domain.openapi.parameters import inputs_of
from tolstoy.domain.openapi.schemas import Schemas

MAX_OPERATIONS: Final = 1000
MAX_SCHEMA_BYTES: Final = 256 << 10
MAX_SCHEMAS_BYTES: Final = 16 << 20
MAX_KEY: Final = 64
MAX_ENDPOINT: Final = 2000
_MOST_TEXT: Final = 2000

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
_ENDPOINT: Final = re.compile(r"/[^\s?#]*")
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# They say that something is not there: the reference itself is wrong, whatever operation it is met from.
_OF_THE_DOCUMENT: Final = frozenset({"remote_reference", "unknown_reference", "unsupported_reference"})


@dataclass(frozen=True)
class Planned:
    """An action as the document has it. `sources`: where in it each input stands."""

    at: str
    key: str
    name: str
    method: str
    endpoint: str
    content_type: str | None
    input_schema: dict[str, Any]
    sources: Mapping[str, str]
    security: Any = None


def planned(document: Document, key_prefix: str) -> list[Planned]:
    """What cannot be an action is noted. Raises InvalidError."""
    schemas = Schemas(document)
    found: list[Planned] = []
    total = 0
    count = 0
    for path, item, item_at, method in _operations(document):
        count += 1
        if count > MAX_OPERATIONS:
            raise refused(
                "too_many", f"a document has at most {MAX_OPERATIONS} operations", "/document/paths"
            )
        try:
            action = _action(document, schemas, path, item, item_at, method, key_prefix)
        except LeftOutError as exc:
            note = document.notes.error if exc.code in _OF_THE_DOCUMENT else document.notes.warn
            note(exc.code, exc.detail, exc.at)
            continue
        size = len(json.dumps(action.input_schema))
        if size > MAX_SCHEMA_BYTES:
            detail = f"left out: its inputs take more than {MAX_SCHEMA_BYTES} bytes to describe"
            document.notes.warn("too_large", detail, action.at)
            continue
        total += size
        if total > MAX_SCHEMAS_BYTES:
            raise refused("too_large", f"the inputs take more than {MAX_SCHEMAS_BYTES} bytes to describe")
        found.append(action)
    _check_schemas(document, schemas, found)
    return _with_own_keys(found)


def _operations(document: Document) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    for path, value in document.section("paths").items():
        at = pointer("/document/paths", path)
        if path.startswith("x-"):
            continue
        try:
            item, at = document.followed(value, at)
        except LeftOutError as exc:
            document.notes.error(exc.code, exc.detail, exc.at)
            continue
        if not isinstance(item, dict):
            document.notes.error("invalid_document", "the operations of a path are an object", at)
            continue
        if "trace" in item:
            document.notes.warn(
                "unsupported_method", "left out: an action sends no TRACE", pointer(at, "trace")
            )
        for method in _METHODS:
            if method not in item:
                continue
            if isinstance(item[method], dict):
                yield path, item, at, method
            else:
                document.notes.error("invalid_document", "an operation is an object", pointer(at, method))


def _action(
    document: Document,
    schemas: Schemas,
    path: str,
    item: dict[str, Any],
    item_at: str,
    method: str,
    key_prefix: str,
) -> Planned:
    operation, at = item[method], pointer(item_at, method)
    for holder, holder_at in ((item, item_at), (operation, at)):
        if holder.get("servers"):
            detail = "left out: it has a server of its own; an action has its tool's baseUrl"
            raise LeftOutError("other_server", detail, pointer(holder_at, "servers"))
    names = _PARAMETER.findall(path)
    if (
        len(path) > MAX_ENDPOINT
        or not _ENDPOINT.fullmatch(path)
        or re.search("[{}]", _PARAMETER.sub("", path))
    ):
        raise LeftOutError(
            "unsupported_path",
            f"left out: an endpoint is a path of at most {MAX_ENDPOINT} characters without ?, # and spaces",
            at,
        )
    if len(set(names)) < len(names):
        raise LeftOutError("unsupported_path", "left out: a parameter stands in its path twice", at)
    inputs = inputs_of(document, schemas, path, item, item_at, method)
    if len(inputs.endpoint) > MAX_ENDPOINT:
        raise LeftOutError("unsupported_path", f"left out: it has more than {MAX_ENDPOINT} characters", at)
    said = _text(operation.get("operationId"))
    name = _text(operation.get("summary")) or said
    return Planned(
        at,
        _shortened(key_prefix + (slug(said) or slug(f"{method} {path}") or method)),
        " ".join(name.split())[:200] or f"{method.upper()} {path}"[:200],
        method.upper(),
        inputs.endpoint,
        inputs.content_type,
        inputs.schema(schemas, MAX_SCHEMA_BYTES, at),
        inputs.sources,
        operation.get("security"),
    )


def _text(said: Any) -> str:
    """What there is of it to look at: a thousand operations may share a text of megabytes."""
    return said[:_MOST_TEXT] if isinstance(said, str) and said[:_MOST_TEXT].strip() else ""


def slug(text: str) -> str:
    """getPetById and get_pet.by_id both become get-pet-by-id."""
    return re.sub(r"[^a-z0-9]+", "-", _HUMP.sub("-", text).lower()).strip("-")


def _shortened(key: str, also: str = "") -> str:
    if len(key) <= MAX_KEY and not also:
        return key
    mark = hashlib.sha256((key + also).encode()).hexdigest()[:8]
    return f"{key[: MAX_KEY - 9].rstrip('-_')}-{mark}"


def _with_own_keys(found: list[Planned]) -> list[Planned]:
    """Of those that would have the same key, each says what it is as well: the order is not to decide."""
    counts = Counter(action.key for action in found)
    return [
        action
        if counts[action.key] == 1
        else replace(action, key=_shortened(action.key, f"{action.method} {action.endpoint}"))
        for action in found
    ]


def _check_schemas(document: Document, schemas: Schemas, found: list[Planned]) -> None:
    """All at once: what many operations refer to is looked at once."""
    whole: dict[str, Any] = {
        "properties": {str(index): _without_definitions(action) for index, action in enumerate(found)},
        "$defs": schemas.all_definitions,
    }
    for finding in json_schema.check(whole):
        document.notes.errors.append(
            Finding(finding.code, finding.detail, pointer=_source(finding.pointer or "", schemas, found))
        )


def _without_definitions(action: Planned) -> dict[str, Any]:
    return {name: value for name, value in action.input_schema.items() if name != "$defs"}


def _source(place: str, schemas: Schemas, found: list[Planned]) -> str:
    parts = place.split("/")
    if parts[1:2] == ["$defs"] and len(parts) > 2:
        return "/".join([schemas.sources.get(parts[2], "/document/components"), *parts[3:]])
    if parts[1:2] == ["properties"] and len(parts) > 2:
        action, rest = found[int(parts[2])], parts[3:]
        source = action.sources.get(rest[1]) if len(rest) > 1 else None
        return "/".join([source, *rest[2:]]) if source else action.at
    return "/document"
