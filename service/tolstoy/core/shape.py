"""A JSON value against a msgspec type: every finding, where `msgspec.convert` stops at the first."""

import difflib
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import inspect

from tolstoy.core.errors import MAX_FINDINGS, Finding
from tolstoy.core.strict_json import pointer

# What else holds for a well-shaped value, by the `rule` in the `extra` of its type's Meta. With `secret` there, what
# is wrong with a value is told without it.
Rules = Mapping[str, Callable[[Any, str], Iterator[Finding]]]

_JSON: Final[dict[type[inspect.Type], tuple[tuple[type, ...], str]]] = {
    inspect.AnyType: ((object,), "any JSON"),
    inspect.StructType: ((dict,), "an object"),
    inspect.DictType: ((dict,), "an object"),
    inspect.ListType: ((list,), "an array"),
    inspect.StrType: ((str,), "a string"),
    inspect.LiteralType: ((str,), "one of"),
    inspect.BoolType: ((bool,), "true or false"),
    inspect.IntType: ((int,), "an integer"),
    inspect.FloatType: ((int, float), "a number"),
    inspect.NoneType: ((type(None),), "null"),
    inspect.UUIDType: ((str,), "a UUID"),
    inspect.DateTimeType: ((str,), "a time such as 2026-01-31T12:00:00Z"),
}
_CONVERTED: Final = {inspect.UUIDType: UUID, inspect.DateTimeType: datetime}
_BOUNDS: Final = (
    ("gt", "more than", operator.gt),
    ("ge", "at least", operator.ge),
    ("lt", "less than", operator.lt),
    ("le", "at most", operator.le),
)
_NAMES: Final = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def check(kind: inspect.Type, value: Any, at: str, rules: Rules, meaning: str = "") -> Iterator[Finding]:
    """`at` is the pointer of `value`; `meaning` says in words what a text there must be."""
    if not _fits(kind, value):
        yield Finding("wrong_type", f"this is {_name(value)}: write {_expected(kind)}", at)
        return
    match kind:
        case inspect.Metadata():
            yield from _check_annotated(kind, value, at, rules)
        case inspect.UnionType():
            yield from check(next(one for one in kind.types if _fits(one, value)), value, at, rules, meaning)
        case inspect.StructType():
            yield from _check_object(kind, value, at, rules)
        case inspect.DictType():
            yield from _check_map(kind, value, at, rules)
        case inspect.ListType():
            yield from _check_list(kind, value, at, rules)
        case _:
            yield from _check_scalar(kind, value, at, meaning)


def check_type(type_: Any, value: object) -> list[Finding]:
    """The findings against a type as annotations write it."""
    return list(islice(check(inspect.type_info(type_), value, "", {}), MAX_FINDINGS))


def bare(type_: Any) -> str:
    """What to write for a type, whatever its fields are described as."""
    return _expected(inspect.type_info(type_), described=False)


def quoted(text: str) -> str:
    return json.dumps(text if len(text) <= 80 else f"{text[:79]}…", ensure_ascii=False)


def _check_annotated(kind: inspect.Metadata, value: Any, at: str, rules: Rules) -> Iterator[Finding]:
    clean = True
    for finding in check(kind.type, value, at, rules, _expected(kind)):
        clean = False
        if kind.extra and kind.extra.get("secret") and finding.code == "invalid_format":
            # as it is for others, but for the value: it may be a secret with a slip of the hand in it
            finding = msgspec.structs.replace(finding, detail=f"write {_expected(kind)}")
        yield finding
    if clean and kind.extra and "rule" in kind.extra:
        yield from rules[kind.extra["rule"]](value, at)


def _check_object(
    kind: inspect.StructType, value: dict[str, Any], at: str, rules: Rules
) -> Iterator[Finding]:
    fields = {field.encode_name: field for field in kind.fields}
    for name in value:
        if name not in fields:
            near = difflib.get_close_matches(name[:80], fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(fields)}"
            yield Finding("unknown_field", f"no field {quoted(name)} here: {hint}", pointer(at, name))
    for name, field in fields.items():
        if name in value:
            yield from check(field.type, value[name], pointer(at, name), rules)
        elif field.required:
            yield Finding(
                "missing_field", f"{name} is missing: write {_expected(field.type)}", pointer(at, name)
            )


def _check_map(kind: inspect.DictType, value: dict[str, Any], at: str, rules: Rules) -> Iterator[Finding]:
    for name, member in value.items():
        place = pointer(at, name)
        yield from check(kind.key_type, name, place, rules)
        yield from check(kind.value_type, member, place, rules)


def _check_list(kind: inspect.ListType, value: list[Any], at: str, rules: Rules) -> Iterator[Finding]:
    if kind.max_length is not None and len(value) > kind.max_length:
        yield Finding("too_many", f"write at most {kind.max_length} items, not {len(value)}", at)
    elif len(value) < (kind.min_length or 0):
        yield Finding("too_few", f"write {kind.min_length} or more items", at)
    for index, item in enumerate(value):
        yield from check(kind.item_type, item, pointer(at, index), rules)


def _check_scalar(kind: inspect.Type, value: Any, at: str, meaning: str) -> Iterator[Finding]:
    match kind:
        case inspect.StrType():
            yield from _check_text(kind, value, at, meaning)
        case inspect.LiteralType() if value not in kind.values:
            yield Finding("invalid_value", f"write {_expected(kind)}", at)
        case inspect.IntType() | inspect.FloatType():
            yield from _check_number(kind, value, at)
        case inspect.UUIDType() | inspect.DateTimeType():
            yield from _check_converted(kind, value, at)


def _check_text(kind: inspect.StrType, value: str, at: str, meaning: str) -> Iterator[Finding]:
    if kind.max_length is not None and len(value) > kind.max_length:
        yield Finding("too_long", f"write at most {kind.max_length} characters, not {len(value)}", at)
    elif len(value) < (kind.min_length or 0):
        yield Finding("too_short", f"write {kind.min_length} or more characters", at)
    # The whole of it: "$" alone would let a newline pass at the end.
    elif kind.pattern is not None and not re.fullmatch(kind.pattern, value):
        yield Finding("invalid_format", f"this is {quoted(value)}: write {meaning}", at)


def _check_number(kind: inspect.IntType | inspect.FloatType, value: float, at: str) -> Iterator[Finding]:
    bounds = [
        (words, holds, bound) for name, words, holds in _BOUNDS if (bound := getattr(kind, name)) is not None
    ]
    if not all(holds(value, bound) for _, holds, bound in bounds):
        said = " and ".join(f"{words} {bound}" for words, _, bound in bounds)
        yield Finding("out_of_range", f"write a number {said}", at)


def _check_converted(kind: inspect.Type, value: str, at: str) -> Iterator[Finding]:
    converted: UUID | datetime | None
    try:
        converted = msgspec.convert(value, _CONVERTED[type(kind)])
    except msgspec.ValidationError:
        converted = None
    zoned = isinstance(kind, inspect.DateTimeType) and kind.tz
    if converted is None or (zoned and isinstance(converted, datetime) and converted.tzinfo is None):
        yield Finding("invalid_format", f"this is {quoted(value)}: write {_expected(kind)}", at)


def _fits(kind: inspect.Type, value: object) -> bool:
    match kind:
        case inspect.Metadata():
            return _fits(kind.type, value)
        case inspect.UnionType():
            return any(_fits(one, value) for one in kind.types)
        case inspect.AnyType():
            return True
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.CustomType():  # UNSET, which stands for what was not sent and so is never found
            return False
    return isinstance(value, _JSON[type(kind)][0]) and not isinstance(value, bool)


def _expected(kind: inspect.Type, *, described: bool = True) -> str:
    match kind:
        case inspect.Metadata():
            # of a literal, its values say what to write, and a description at length what they mean
            told = described and not isinstance(kind.type, inspect.LiteralType)
            said = _said(kind.extra_json_schema or {}) if told else ""
            return said or _expected(kind.type, described=described)
        case inspect.UnionType():
            parts = [
                _expected(one, described=described)
                for one in kind.types
                if not isinstance(one, inspect.CustomType)
            ]
            # what has a clause at its end goes last, or the others would read as a part of it
            return " or ".join(sorted(parts, key=lambda part: ", " in part or "; " in part))
        case inspect.LiteralType():
            return f"one of {', '.join(map(str, kind.values))}"
    return _JSON[type(kind)][1]


def _said(schema: dict[str, Any]) -> str:
    """A title, or a description that says what to write: a sentence, with its capital, tells what a field is for."""
    description = str(schema.get("description", ""))
    return str(schema.get("title") or ("" if description[:1].isupper() else description))


def _name(value: object) -> str:
    return _NAMES.get(type(value), "a number")
