"""The schemas of a document as JSON Schema 2020-12. What they refer to goes to $defs, so that cycles stay references.

OpenAPI 3.0 has a dialect of its own (its section «Schema Object»): `nullable`, bounds that are exclusive by a boolean,
`example`, and nothing beside a `$ref`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, ValidationError

from tolstoy.core.strict_json import pointer
from tolstoy.domain import json_schema
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import LeftOutError, Notes, refused, too_large

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
# What operations share is looked at for each of them. One is a schema, a parameter, 16 bytes, a few names or 256
# characters of its place.
_MOST_WORK: Final = 1_000_000
_PLAIN_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]+")


class Schemas:
    """Those of a whole document; each that is referred to is converted once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notes: Notes = document.notes
        self._names: dict[str, str] = {}
        self._made: dict[str, Any] = {}
        self._refers: dict[str, set[str]] = {}
        self._pending: list[tuple[str, str]] = []
        self._sizes: dict[str, int] = {}
        self._left = _MOST_WORK
        self._patterns: dict[str, bool] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
        self._taken: set[str] = set()
        self.sources: dict[str, str] = {}
        """Where in the document each of $defs stands."""

    def convert(self, schema: Any, at: str, names: set[str]) -> Any:
        """The names of the $defs that it refers to are added to `names`."""
        made = self._converted(schema, at, names)
        while self._pending:  # rather than recursion: references may follow each other for long
            name, target = self._pending.pop()
            self._made[name] = self._converted(self._document.at(target), target, self._refers[name])
        return made

    def _converted(self, schema: Any, at: str, names: set[str]) -> Any:
        self.spend(1 + (len(at) >> 8))
        if isinstance(schema, bool) and not self._document.is_30:
            return schema
        if not isinstance(schema, dict):
            self._notes.error("invalid_schema", "a schema is an object", at)
            return True
        self.spend(len(schema) >> 3)
        made: dict[str, Any] = {}
        if "$ref" in schema:
            made = self._reference(schema["$ref"], pointer(at, "$ref"), names)
            if self._document.is_30:
                return made
        for keyword, value in schema.items():
            self._keyword(made, keyword, value, pointer(at, keyword), names)
        return self._of_30(schema, made) if self._document.is_30 else made

    def definitions(self, names: Iterable[str], most: int, at: str) -> dict[str, Any]:
        """The $defs of a schema that refers to these, with all that they refer to.

        `most` is what they may take as JSON, `at` the operation; raises LeftOutError.
        """
        open_, found, size = list(names), set(names), 0
        while open_:
            name = open_.pop()
            size += self._size(name)
            if size > most:
                raise too_large(most, at)
            for below in self._refers[name] - found:
                found.add(below)
                open_.append(below)
        return {name: self._made[name] for name in sorted(found)}

    def spend(self, work: int) -> None:
        """Raises InvalidError where the operations together take too much of it."""
        self._left -= work
        if self._left < 0:
            raise refused("too_large", "there is too much that its operations share")

    def _size(self, name: str) -> int:
        self.spend(1)
        if name not in self._sizes:
            self._sizes[name] = len(json.dumps(self._made[name])) + len(name)
        return self._sizes[name]

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
                name: self._converted(member, pointer(at, name), names)
                for name, member in value.items()
                if keyword != "patternProperties" or self._takes(name, pointer(at, name))
            }
        elif keyword in _LISTS and isinstance(value, list):
            made[keyword] = [
                self._converted(item, pointer(at, index), names) for index, item in enumerate(value)
            ]
        elif keyword == "pattern" and isinstance(value, str):
            if self._takes(value, at):
                made[keyword] = value
        elif keyword in ("additionalProperties", "unevaluatedProperties") and isinstance(value, bool):
            made[keyword] = value
        elif keyword in _SINGLE:
            made[keyword] = self._converted(value, at, names)
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
            self._pending.append((name, target))
        names.add(name)
        return {"$ref": f"#/$defs/{name}"}

    def _new_name(self, target: str) -> str:
        parts = target.split("/")
        known = parts[2:4] == ["components", "schemas"] and len(parts) == 5
        plain = _PLAIN_NAME.sub("_", parts[-1] if known else "_".join(parts[-2:])) or "_"
        name = plain
        while name in self._taken:
            name = f"{plain}_{next(self._numbers[plain])}"
        self._taken.add(name)
        return name

    def _takes(self, pattern: str, at: str) -> bool:
        detail = "left out: a pattern here has no lookaround, no backreference and no repetition of very much"
        if pattern not in self._patterns:
            if len(self._patterns) >= json_schema.MOST_PATTERNS:
                detail = f"left out: there are {json_schema.MOST_PATTERNS} other patterns before it"
            else:
                self._patterns[pattern] = _is_linear(pattern)
        taken = self._patterns.get(pattern, False)
        if not taken:
            self._notes.warn("pattern_left_out", detail, at)
        return taken


def _is_linear(pattern: str) -> bool:
    try:
        Draft202012Validator({"pattern": pattern}, pattern_options=json_schema.PATTERNS)
    except ValidationError:
        return False
    return True
