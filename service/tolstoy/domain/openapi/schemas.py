"""The schemas of a document as JSON Schema 2020-12. What they refer to goes to $defs, so that cycles stay references.

OpenAPI 3.0 has a dialect of its own (its section «Schema Object»): `nullable`, bounds that are exclusive by a boolean,
`example`, and nothing beside a `$ref`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from tolstoy.core.strict_json import pointer
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import LeftOutError, Notes

_MAPS: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE: Final = frozenset(
    {
        "items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
_COPIED: Final = frozenset(
    {
        "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
        "maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains",
        "maxProperties", "minProperties", "required", "dependentRequired", "title", "description", "default",
        "format", "examples", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
    }
)  # fmt: skip
# They name places in other ways than by a pointer, which a schema taken out of its document cannot keep.
_UNSUPPORTED: Final = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"})
_EXCLUSIVE: Final = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}
_PLAIN_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]+")


class Schemas:
    """Those of a whole document; each that is referred to is converted once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notes: Notes = document.notes
        self._names: dict[str, str] = {}
        self._made: dict[str, Any] = {}
        self._refers: dict[str, set[str]] = {}
        self.sources: dict[str, str] = {}
        """Where in the document each of $defs stands."""

    def convert(self, schema: Any, at: str, names: set[str]) -> Any:
        """The names of the $defs that it refers to are added to `names`."""
        if isinstance(schema, bool) and not self._document.is_30:
            return schema
        if not isinstance(schema, dict):
            self._notes.error("invalid_schema", "a schema is an object", at)
            return True
        made: dict[str, Any] = {}
        if "$ref" in schema:
            made = self._reference(schema["$ref"], pointer(at, "$ref"), names)
            if self._document.is_30:
                return made
        for keyword, value in schema.items():
            self._keyword(made, keyword, value, pointer(at, keyword), names)
        return self._of_30(schema, made) if self._document.is_30 else made

    def definitions(self, names: Iterable[str]) -> dict[str, Any]:
        """The $defs of a schema that refers to these, with all that they refer to."""
        open_, found = list(names), set(names)
        while open_:
            for name in self._refers[open_.pop()] - found:
                found.add(name)
                open_.append(name)
        return {name: self._made[name] for name in sorted(found)}

    @property
    def all_definitions(self) -> dict[str, Any]:
        return self._made

    def _keyword(self, made: dict[str, Any], keyword: str, value: Any, at: str, names: set[str]) -> None:
        if keyword in _UNSUPPORTED:
            self._notes.error(
                "unsupported_keyword", f"write {keyword} as a $ref to #/components/schemas/…", at
            )
        elif keyword in _MAPS and isinstance(value, dict):
            made[keyword] = {
                name: self.convert(member, pointer(at, name), names) for name, member in value.items()
            }
        elif keyword in _LISTS and isinstance(value, list):
            made[keyword] = [
                self.convert(item, pointer(at, index), names) for index, item in enumerate(value)
            ]
        elif keyword == "pattern" and isinstance(value, str):
            if _is_linear(value):
                made[keyword] = value
            else:
                detail = "left out: a pattern here has no lookaround and no backreference"
                self._notes.warn("pattern_left_out", detail, at)
        elif keyword in ("additionalProperties", "unevaluatedProperties") and isinstance(value, bool):
            made[keyword] = value
        elif keyword in _SINGLE:
            made[keyword] = self.convert(value, at, names)
        elif keyword in _COPIED or keyword in _MAPS or keyword in _LISTS:
            made[keyword] = value
        elif keyword == "example" and "examples" not in made:
            made["examples"] = [value]

    def _of_30(self, schema: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        for exclusive, bound in _EXCLUSIVE.items():
            if isinstance(schema.get(exclusive), bool):
                del made[exclusive]
                if schema[exclusive] and bound in made:
                    made[exclusive] = made.pop(bound)
        if schema.get("nullable") is not True:
            return made
        if isinstance(made.get("type"), str):
            if isinstance(made.get("enum"), list) and None not in made["enum"]:
                made["enum"] = [*made["enum"], None]
            return {**made, "type": [made["type"], "null"]}
        # without a type the specification has it mean nothing; documents mean what they say
        return {"anyOf": [made, {"type": "null"}]}

    def _reference(self, reference: Any, at: str, names: set[str]) -> dict[str, Any]:
        try:
            target = self._document.target(str(reference), at)
        except LeftOutError as exc:
            self._notes.error(exc.code, exc.detail, exc.at)
            return {}
        name = self._names.get(target)
        if name is None:
            name = self._names[target] = self._new_name(target)
            # known before it is converted: it may refer to itself
            self.sources[name] = target
            self._made[name], self._refers[name] = True, set()
            self._made[name] = self.convert(self._document.at(target), target, self._refers[name])
        names.add(name)
        return {"$ref": f"#/$defs/{name}"}

    def _new_name(self, target: str) -> str:
        parts = target.split("/")
        known = parts[2:4] == ["components", "schemas"] and len(parts) == 5
        plain = _PLAIN_NAME.sub("_", parts[-1] if known else "_".join(parts[-2:])) or "_"
        taken = set(self._names.values())
        return next(name for name in _numbered(plain) if name not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


@lru_cache(maxsize=4096)
def _is_linear(pattern: str) -> bool:
    try:
        Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except ValidationError:
        return False
    return True
