"""The values of an expression: JSON, and what CEL has besides: times, durations, bytes, types and optionals."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from tolstoy.domain.canonical import number
from tolstoy.domain.cel.errors import EvaluationError
from tolstoy.domain.cel.run import MAX_DEPTH, MAX_RESULT, Run

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
# For each value in what an expression made.
_RESULT_UNITS: Final = 4


class TypeName(msgspec.Struct, frozen=True):
    name: str


class Optional(msgspec.Struct, frozen=True):
    present: bool
    value: Any = None


NONE: Final = Optional(present=False)

_TYPES: Final[dict[type, tuple[str, str]]] = {
    type(None): ("null_type", "null"),
    bool: ("bool", "a boolean"),
    int: ("int", "a number"),
    float: ("double", "a number"),
    str: ("string", "a text"),
    bytes: ("bytes", "bytes"),
    list: ("list", "a list"),
    dict: ("map", "an object"),
    datetime: ("google.protobuf.Timestamp", "a time"),
    timedelta: ("google.protobuf.Duration", "a duration"),
    TypeName: ("type", "a type"),
    Optional: ("optional_type", "an optional value"),
}
TYPE_NAMES: Final = frozenset(name for name, _ in _TYPES.values()) - {"optional_type"}


def type_of(value: Any) -> TypeName:
    return TypeName(_TYPES[type(value)][0])


def kind(value: Any) -> str:
    return _TYPES[type(value)][1] if type(value) in _TYPES else "no JSON"


def equal(left: Any, right: Any, run: Run, depth: int = 0) -> bool:
    """Numbers by what they are worth, all else by type first: true is not 1."""
    one, other = type(left), type(right)
    if one is not other:
        return one in (int, float) and other in (int, float) and bool(left == right)
    if one is str or one is bytes:
        run.spend(len(left) >> 12)
        return bool(left == right)
    if one is not list and one is not dict:
        return bool(left == right)
    if len(left) != len(right):
        return False
    if depth > MAX_DEPTH:
        raise too_deep()
    run.spend(6 + len(left))
    if one is list:
        return all(equal(a, b, run, depth + 1) for a, b in zip(left, right, strict=True))
    return all(key in right and equal(value, right[key], run, depth + 1) for key, value in left.items())


def result(value: Any, run: Run) -> Any:
    """As JSON. What came from the scope as it is goes through uncounted."""
    if type(value) is str:
        return value
    if not run.made and type(value) in (dict, list):
        return value
    written = _Result()
    made = written.json(value, 0)
    run.spend(_RESULT_UNITS * written.nodes)
    return made


def too_deep() -> EvaluationError:
    return EvaluationError("limit", f"this is nested deeper than {MAX_DEPTH} levels")


class _Result:
    __slots__ = ("_left", "nodes")

    def __init__(self) -> None:
        self._left = MAX_RESULT
        self.nodes = 0

    def json(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        self._take(8)
        match value:
            case None | bool() | int():
                return value
            case str():
                self._take(len(value))
                return value
            case list() | dict() if depth > MAX_DEPTH:
                raise too_deep()
            case list():
                return [self.json(item, depth + 1) for item in value]
            case dict():
                return {self._name(key): self.json(member, depth + 1) for key, member in value.items()}
        return _scalar(value)

    def _name(self, key: Any) -> str:
        if type(key) is not str:
            raise EvaluationError(
                "type", f"the names of an object are texts, not {kind(key)}: write {{'1': …}}"
            )
        self._take(len(key))
        return key

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise EvaluationError(
                "limit",
                f"this makes more than {MAX_RESULT} bytes: pass on what is large by an expression that only names it",
            )


def _scalar(value: Any) -> Any:
    match value:
        case float():
            if math.isfinite(value):
                return number(value)
            raise EvaluationError("arithmetic", f"this is {value}, which JSON has no number for")
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            seconds = value.total_seconds()
            return int(seconds) if seconds.is_integer() else seconds
        case bytes():
            raise EvaluationError("type", "these are bytes, which JSON has not: write string(…) around them")
        case Optional():
            raise EvaluationError("type", "this is an optional value: end it with .orValue(…)")
        case TypeName():
            raise EvaluationError("type", "this is a type, not a value: compare it, as in type(x) == int")
    raise EvaluationError("type", f"this is no JSON: {type(value).__name__}")
