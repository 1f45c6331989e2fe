"""What a new schema of an action's inputs refuses that the old one took: where a flow that worked may fail.

What can be told apart by rule is; where rules say otherwise than before in a way that is not compared (`not`, `if`,
alternatives that are more or fewer), that is told as well, as something to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain.canonical import canonical

MAX_TOLD: Final = 50
_MOST_COMPARED: Final = 20_000
_LONGEST_PLACE: Final = 2_000
_LONG: Final = ("required", "enum")  # lists of values; looking at 16 costs as much as comparing two schemas

_ALL: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_RULES: Final = ("pattern", "format", "multipleOf")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_OTHER: Final = (
    "not", "if", "then", "else", "patternProperties", "dependentRequired", "dependentSchemas", "propertyNames",
    "contains", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip


def breaking(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], sources: Mapping[str, str], at: str
) -> list[Finding]:
    """`sources` says where in the document each input stands, `at` where the operation does."""
    if old == new:
        return []
    comparison = _Comparison(old or {}, new, sources, at)
    return list(islice(comparison.told(), MAX_TOLD))


class _Comparison:
    def __init__(
        self, old: Mapping[str, Any], new: Mapping[str, Any], sources: Mapping[str, str], at: str
    ) -> None:
        self._old, self._new, self._sources, self._at = old, new, sources, at
        self._met: set[tuple[int, int]] = set()
        self._left = _MOST_COMPARED
        # a list rather than recursion: references may follow each other for long
        self._open: list[tuple[Any, Any, str, bool]] = []

    def told(self) -> Iterator[Finding]:
        olds, news = self._old.get("properties", {}), self._new.get("properties", {})
        for name in olds.keys() - news.keys():
            yield self._finding("input_removed", f"there is no input {name} any more", self._at)
        self._open.append((self._old, self._new, self._at, True))
        while self._open and self._left > 0:
            pair = self._open.pop()
            rest = len(self._open)
            yield from self._compared(*pair)
            self._open[rest:] = self._open[rest:][::-1]  # in the order of the schema
        if self._left <= 0:
            yield self._finding("changed", "there is too much of it to compare it all", self._at)

    def _put(self, old: Any, new: Any, at: str) -> None:
        """To be compared, unless the same two were: by references they may be met from very many places."""
        self._left -= 1
        if self._left <= 0:
            return
        (old, of_old), (new, of_new) = self._resolved(old, self._old), self._resolved(new, self._new)
        if (of_old, of_new) not in self._met:
            self._met.add((of_old, of_new))
            self._open.append((old, new, at if len(at) <= _LONGEST_PLACE else self._at, False))

    def _compared(self, old: Any, new: Any, at: str, top: bool) -> Iterator[Finding]:
        if old is False or new is True:
            return
        if new is False:
            yield self._finding("narrowed", "nothing is taken here any more", at)
            return
        old = {} if old is True else old
        self._left -= sum(len(each.get(name) or ()) for each in (old, new) for name in _LONG) >> 4
        yield from self._rules(old, new, at)
        yield from self._members(old, new, at, top=top)
        if isinstance(old.get("items"), dict | bool) and "items" in new:
            self._put(old["items"], new["items"], pointer(at, "items"))
        for keyword in _LISTS:
            yield from self._alternatives(keyword, old, new, at)
        for keyword in _OTHER:
            if keyword in new and old.get(keyword) != new[keyword]:
                yield self._finding("changed", f"{keyword} says otherwise than before", at)

    def _rules(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Finding]:
        lost = _types(old) - _types(new)
        if lost:
            yield self._finding("type_narrowed", f"no {', '.join(sorted(lost))} is taken any more", at)
        values, taken = _values(old), _values(new)
        if taken is not None and (values is None or not values <= taken):
            yield self._finding("enum_narrowed", "fewer values are taken", at)
        for keyword in (*_AT_LEAST, *_AT_MOST):
            before, now = old.get(keyword), new.get(keyword)
            if isinstance(now, int | float) and (
                not isinstance(before, int | float)
                or (now > before if keyword in _AT_LEAST else now < before)
            ):
                yield self._finding("bound_narrowed", f"{keyword} is {now}, before {_said(before)}", at)
        for keyword in _RULES:
            if keyword in new and old.get(keyword) != new[keyword]:
                yield self._finding(
                    "narrowed", f"{keyword} is {new[keyword]}, before {_said(old.get(keyword))}", at
                )
        if new.get("uniqueItems") is True and old.get("uniqueItems") is not True:
            yield self._finding("narrowed", "the items must differ from each other", at)

    def _members(
        self, old: Mapping[str, Any], new: Mapping[str, Any], at: str, *, top: bool
    ) -> Iterator[Finding]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        rest = new.get("additionalProperties", True)
        needed = set(old.get("required", []))
        for name in new.get("required", []):
            if name not in needed:
                yield self._finding("input_required", f"{name} must be there", self._place(name, at, top=top))
        for name, schema in olds.items():
            if name in news:
                self._put(schema, news[name], self._place(name, at, top=top))
            elif rest is False and not top:
                yield self._finding("input_removed", f"there is no {name} any more", at)
        if rest is False and old.get("additionalProperties", True) is not False:
            yield self._finding("closed", "nothing is taken but what is named", at)
        elif isinstance(rest, dict) and isinstance(
            before := old.get("additionalProperties", True), dict | bool
        ):
            self._put(before, rest, pointer(at, "additionalProperties"))

    def _alternatives(
        self, keyword: str, old: Mapping[str, Any], new: Mapping[str, Any], at: str
    ) -> Iterator[Finding]:
        before, now = old.get(keyword), new.get(keyword)
        if not isinstance(now, list):
            return
        if isinstance(before, list) and len(before) == len(now):
            for index, (one, other) in enumerate(zip(before, now, strict=True)):
                self._put(one, other, pointer(pointer(at, keyword), index))
        elif not (isinstance(before, list) and keyword == "anyOf" and _texts(before) <= _texts(now)):
            yield self._finding("changed", f"{keyword} says otherwise than before", at)

    def _resolved(self, schema: Any, of: Mapping[str, Any]) -> tuple[Any, int]:
        """What a reference leads to, with what is said beside it; and by what it is known again."""
        known = id(schema)
        for _ in range(16):
            if not (isinstance(schema, dict) and isinstance(schema.get("$ref"), str)):
                return schema, known
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            target = of.get("$defs", {}).get(schema["$ref"].removeprefix("#/$defs/"), {})
            if beside and isinstance(target, dict):
                schema = {**target, **beside}
            else:
                schema, known = target, id(target) if known == id(schema) else known
        return {}, known

    def _place(self, name: str, at: str, *, top: bool) -> str:
        if top:
            return self._sources.get(name, at)
        return pointer(pointer(at, "properties"), name)

    def _finding(self, code: str, detail: str, at: str) -> Finding:
        return Finding(code, detail, pointer=at)


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    if said is None:
        return _ALL
    kinds = frozenset([said] if isinstance(said, str) else said)
    return kinds | {"integer"} if "number" in kinds else kinds


def _values(schema: Mapping[str, Any]) -> set[bytes] | None:
    if "const" in schema:
        return _texts([schema["const"]])
    values = schema.get("enum")
    return _texts(values) if isinstance(values, list) else None


def _texts(values: list[Any]) -> set[bytes]:
    """To find one among many; 1 and true are not the same."""
    return {msgspec.json.encode(canonical(value), order="sorted") for value in values}


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
