"""An OpenAPI document, version 3.0 or 3.1: read within limits, and its references followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from msgspec import structs

from tolstoy.core.errors import InvalidError, MalformedError
from tolstoy.core.strict_json import MAX_DEPTH, decode, pointer
from tolstoy.domain.openapi import yaml_text
from tolstoy.domain.openapi.notes import ROOT, LeftOutError, Notes, refused

MAX_BYTES: Final = 4 << 20
MAX_YAML_BYTES: Final = 1 << 20  # to read it takes ten times as long as JSON
MAX_VALUES: Final = 400_000
# Each value's place is written out, and a name may be as long as the document.
MAX_PLACE: Final = 8_000
_MAX_HOPS: Final = 16
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")  # one way to write each, as RFC 6901 has it

# What is in them is data, which may look like anything.
DATA: Final = frozenset({"const", "default", "enum", "example", "examples"})
_DIALECTS: Final = frozenset(
    {
        "https://spec.openapis.org/oas/3.1/dialect/base",
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2020-12/schema#",
    }
)


class Document:
    """`is_30`: its schemas are OpenAPI's own; those of 3.1 are JSON Schema 2020-12."""

    def __init__(self, root: dict[str, Any], notes: Notes) -> None:
        self.root = root
        self.notes = notes
        self.is_30 = _checked_version(root) == "3.0"
        self._check_whole()

    def section(self, *names: str) -> Mapping[str, Any]:
        """The object at these names from the root; an empty one where there is none."""
        value: dict[str, Any] = self.root
        at = ROOT
        for name in names:
            at = pointer(at, name)
            below = value.get(name, {})
            if not isinstance(below, dict):
                raise refused("invalid_document", "this must be an object", at)
            value = below
        return value

    def followed(self, value: Any, at: str) -> tuple[Any, str]:
        """What `value` refers to, and where that stands; itself where it refers to nothing."""
        for _ in range(_MAX_HOPS):
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                return value, at
            at = self.target(value["$ref"], pointer(at, "$ref"))
            value = self.at(at)
        raise LeftOutError("circular_reference", "these references lead to each other", at)

    def target(self, reference: str, at: str) -> str:
        """The pointer of what a reference names; `at` is where it stands. Raises LeftOutError."""
        if not reference.startswith("#"):
            raise LeftOutError("remote_reference", "nothing is fetched: put it under components", at)
        path = unquote(reference[1:])
        if path and not path.startswith("/"):
            raise LeftOutError("unsupported_reference", "write a reference as #/components/…", at)
        if len(path) > MAX_PLACE:
            raise LeftOutError("unsupported_reference", f"it has more than {MAX_PLACE} characters", at)
        if self.at(ROOT + path, missing=_MISSING) is _MISSING:
            raise LeftOutError("unknown_reference", f"there is no {reference[:200]} in this document", at)
        return ROOT + path

    def at(self, place: str, missing: Any = None) -> Any:
        value: Any = self.root
        for part in place.removeprefix(ROOT).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
                value = value[int(name)]
            else:
                return missing
        return value

    def _check_whole(self) -> None:
        for count, (reference, at) in enumerate(_references(self.root), start=1):
            if count > MAX_VALUES:
                raise refused("too_large", f"a document has at most {MAX_VALUES} values")
            if reference and not reference.startswith("#"):
                detail = "nothing is fetched: put what it names under components and write #/components/…"
                self.notes.error("remote_reference", detail, at)
        dialect = self.root.get("jsonSchemaDialect", "https://spec.openapis.org/oas/3.1/dialect/base")
        if dialect not in _DIALECTS:
            detail = "schemas are read as JSON Schema 2020-12; leave jsonSchemaDialect out"
            self.notes.error("unsupported_dialect", detail, f"{ROOT}/jsonSchemaDialect")


_MISSING: Final = object()


def read(text: str) -> dict[str, Any]:
    """A document written as JSON or YAML. Raises InvalidError."""
    plain = text.removeprefix("\ufeff").strip()
    most, kind = (MAX_BYTES, "JSON") if plain.startswith("{") else (MAX_YAML_BYTES, "YAML")
    if len(plain.encode("utf-8", "surrogatepass")) > most:
        raise refused("too_large", f"a document has at most {most} bytes of {kind}; as JSON {MAX_BYTES}")
    body = plain.encode("utf-8", "surrogatepass") if plain.startswith("{") else yaml_text.to_json(plain)
    try:
        value = decode(body)
    except MalformedError as exc:
        code = "too_deep" if "deeper" in exc.detail else "malformed"
        raise refused(code, exc.detail.replace("The body", "the document")) from exc
    except InvalidError as exc:
        found = [
            structs.replace(finding, pointer=f"{ROOT}{finding.pointer or ''}") for finding in exc.findings
        ]
        raise InvalidError(findings=found) from exc
    if not isinstance(value, dict):
        raise refused("invalid_document", "an OpenAPI document is an object")
    return value


def _checked_version(root: dict[str, Any]) -> str:
    if "swagger" in root:
        raise refused(
            "unsupported_version",
            "this is Swagger 2.0; convert it to OpenAPI 3 first, with swagger2openapi or the Swagger Editor's"
            " «Convert to OpenAPI 3», say",
            f"{ROOT}/swagger",
        )
    version = root.get("openapi")
    match = re.fullmatch(r"(3\.[01])\.\d{1,3}(-.{1,20})?", version) if isinstance(version, str) else None
    if match is None:
        raise refused("unsupported_version", "write openapi: 3.0.x or 3.1.x", f"{ROOT}/openapi")
    return match[1]


def _references(root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each value once, with the reference it is, if it is one."""
    yield "", ROOT
    stack = [_members(root, ROOT)]  # of each level the rest: not all places of a document at once
    while stack:
        member = next(stack[-1], None)
        if member is None:
            stack.pop()
            continue
        name, value, at = member
        if len(at) > MAX_PLACE:
            raise refused("too_large", f"the names on the way to a value have at most {MAX_PLACE} characters")
        if name == "$ref" and isinstance(value, str):
            yield value, at
            continue
        yield "", at
        if isinstance(value, dict | list):
            if len(stack) >= MAX_DEPTH:
                raise refused("too_deep", f"nested deeper than {MAX_DEPTH} levels", at)
            stack.append(_members(value, at))


def _members(value: dict[str, Any] | list[Any], at: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield "", item, pointer(at, index)
        return
    for name, member in value.items():
        if name not in DATA and not name.startswith("x-"):
            yield name, member, pointer(at, name)
