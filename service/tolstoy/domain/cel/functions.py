"""Functions and methods. The library does them, but for those that are trivial or about optionals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tolstoy.domain.cel import library
from tolstoy.domain.cel.errors import Code, EvaluationError
from tolstoy.domain.cel.run import MAX_DEPTH, MAX_TEXT, Run
from tolstoy.domain.cel.values import INT_MAX, INT_MIN, NONE, Optional, kind, too_deep, type_of

# What is handed to the library is copied, and some of its functions take long for a long text.
MAX_HANDED_TEXT: Final = 64 * 1024
MAX_HANDED_NODES: Final = 100_000
_NAMES: Final = "abcd"
_CALL_UNITS: Final = 50
_PREPARED_TEXT: Final = 2_500
_PREPARED_PART: Final = 100
_PREPARED_LONG_TEXT: Final = 30_000
_UNPREPARED_PLACES: Final = 2_001
_BYTES_PER_UNIT: Final = 8

Arguments = list[Any]


def call(function: str, arguments: Arguments, *, method: bool, run: Run) -> Any:
    own = _OWN.get(function)
    if own is not None:
        return own(arguments, run)
    if function in _GROWING:
        _GROWING[function](arguments, run)
    if function in _SEARCHING:
        _pay_for_searching(arguments, run)
    if method:
        return _ask(lambda names: f"{names[0]}.{function}({', '.join(names[1:])})", function, arguments, run)
    return _ask(lambda names: f"{function}({', '.join(names)})", function, arguments, run)


def operator(sign: str, left: Any, right: Any, run: Run) -> Any:
    return _ask(sign.join, sign, [left, right], run)


def _ask(write: Callable[[list[str]], str], function: str, arguments: Arguments, run: Run) -> Any:
    if len(arguments) > len(_NAMES):
        raise EvaluationError("type", f"{function} does not take {len(arguments)} values")
    size = sum(_Handed().size(value, 0) for value in arguments)
    run.spend(_CALL_UNITS + size // _BYTES_PER_UNIT)
    names = [_written(name, value) for name, value in zip(_NAMES, arguments, strict=False)]
    value, problem = library.evaluated(write(names), [_passed(value) for value in arguments])
    if problem is not None:
        raise _problem(problem, function, arguments)
    if type(value) is bytearray:
        return bytes(value)
    if type(value) is int and not INT_MIN <= value <= INT_MAX:
        raise EvaluationError("arithmetic", "this integer does not fit in 64 bits")
    if type(value) is list:
        run.spend(len(value) // 2)
        run.made = True
    return value


def _written(name: str, value: Any) -> str:
    """The library takes no Python times; it makes its own of texts."""
    match value:
        case datetime():
            return f"timestamp({name})"
        case timedelta():
            return f"duration({name})"
    return name


def _passed(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return f"{value // timedelta(microseconds=1)}us"
    return value


class _Handed:
    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes = MAX_HANDED_NODES

    def size(self, value: Any, depth: int) -> int:
        """In bytes; raises where the library would fail, cut it off or take too long."""
        self._nodes -= 1
        if self._nodes < 0:
            raise EvaluationError("limit", f"a function takes at most {MAX_HANDED_NODES} values")
        match value:
            case str():
                return _text_size(value)
            case bool() | None | float() | datetime() | timedelta():
                return 8
            case int() if not INT_MIN <= value <= INT_MAX:
                raise EvaluationError("limit", "this integer does not fit in 64 bits")
            case int():
                return 8
            case bytes():
                return len(value)
            case list() | dict() if depth >= MAX_DEPTH:
                raise too_deep()
            case list():
                return sum(self.size(item, depth + 1) for item in value)
            case dict():
                return sum(self.size(part, depth + 1) for member in value.items() for part in member)
        raise EvaluationError("type", f"a function does not take {kind(value)}")


def _text_size(text: str) -> int:
    if len(text) <= MAX_HANDED_TEXT:
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError as exc:
            raise EvaluationError("value", "this text holds half a character (a lone surrogate)") from exc
        if "\x00" in text:
            raise EvaluationError("value", "this text holds the character U+0000")
        if size <= MAX_HANDED_TEXT:
            return size
    raise EvaluationError("limit", f"a function takes texts of at most {MAX_HANDED_TEXT} bytes")


def _problem(words: str, function: str, arguments: Arguments) -> EvaluationError:
    status, _, said = words.partition(": ")
    code: Code = "value"
    if "No matching overloads" in said or "Non-CEL value" in said:
        taken = " and ".join(kind(value) for value in arguments) or "nothing"
        return EvaluationError("type", f"{function} does not take {taken}")
    if status == "OUT_OF_RANGE" or "overflow" in said or "out of range" in said:
        code = "arithmetic"
    return EvaluationError(code, f"{function}: {said[:200]}")


def _refused(function: str, *arguments: Any) -> EvaluationError:
    return EvaluationError(
        "type", f"{function} does not take {' and '.join(kind(value) for value in arguments)}"
    )


def _grow_by_replacing(arguments: Arguments, run: Run) -> None:
    match arguments:
        case [str() as text, str() as old, str() as new, *_]:
            _pay_for_finding(text, old, run)
            count = text.count(old) if old else len(text) + 1
            _check_growth(len(text) + count * len(new))
            run.spend(count // _BYTES_PER_UNIT)


def _grow_by_joining(arguments: Arguments, run: Run) -> None:
    match arguments:
        case [list() as texts, *rest]:
            between = len(rest[0]) if rest and type(rest[0]) is str else 0
            _check_growth(sum(len(text) + between for text in texts if type(text) is str))


def _check_growth(size: int) -> None:
    if size > MAX_TEXT:
        raise EvaluationError("limit", f"this makes a text of more than {MAX_TEXT} characters")


_GROWING: Final = {"replace": _grow_by_replacing, "join": _grow_by_joining}


def _pay_for_searching(arguments: Arguments, run: Run) -> None:
    """The library compares at each place of the text: twice as long in both is four times the work."""
    match arguments:
        case [str() as text, str() as part, *_]:
            run.spend((len(text) * len(part)) >> 14)


_SEARCHING: Final = frozenset({"indexOf", "lastIndexOf", "replace", "split"})


def _size(arguments: Arguments, run: Run) -> int:
    (value,) = arguments
    if isinstance(value, str | bytes | list | dict):
        return len(value)
    raise _refused("size", value)


def _within(name: str, test: Callable[[str, str], bool]) -> Callable[[Arguments, Run], bool]:
    def function(arguments: Arguments, run: Run) -> bool:
        text, part = arguments
        if type(text) is not str or type(part) is not str:
            raise _refused(name, text, part)
        run.spend(len(text) >> 6)
        return test(text, part)

    return function


def _contains(arguments: Arguments, run: Run) -> bool:
    text, part = arguments
    if type(text) is not str or type(part) is not str:
        raise _refused("contains", text, part)
    _pay_for_finding(text, part, run)
    return part in text


def _pay_for_finding(text: str, part: str, run: Run) -> None:
    """CPython prepares the part, and so needs linear time, only where that pays (Objects/stringlib/fastsearch.h)."""
    places, compared = max(0, len(text) - len(part)), 0
    if len(text) < _PREPARED_TEXT or (len(part) < _PREPARED_PART and len(text) < _PREPARED_LONG_TEXT):
        compared = places * len(part)
    elif len(part) * 3 > len(text):  # then it may prepare it, but not near the end
        compared = min(places, _UNPREPARED_PLACES) * len(part)
    run.spend((len(text) >> 6) + (compared >> 10))


def _extreme(name: str, better: Callable[[Any, Any], bool]) -> Callable[[Arguments, Run], Any]:
    def function(arguments: Arguments, run: Run) -> Any:
        given = arguments[0] if len(arguments) == 1 and type(arguments[0]) is list else arguments
        if not given:
            raise EvaluationError("value", f"{name} of an empty list")
        run.spend(len(given))
        best = given[0]
        for value in given:
            if type(value) not in (int, float):
                raise _refused(name, value)
            if better(value, best):
                best = value
        return best

    return function


def _end(name: str, index: int) -> Callable[[Arguments, Run], Any]:
    def function(arguments: Arguments, run: Run) -> Any:
        (value,) = arguments
        if type(value) is not list:
            raise _refused(name, value)
        return Optional(True, value[index]) if value else NONE

    return function


def _of_non_zero(arguments: Arguments, run: Run) -> Any:
    return Optional(True, arguments[0]) if arguments[0] else NONE


def optional(value: Any, name: str) -> Optional:
    if isinstance(value, Optional):
        return value
    raise EvaluationError(
        "type", f".{name}() belongs to an optional value: write .? before what may be absent"
    )


def _value(arguments: Arguments, run: Run) -> Any:
    one = optional(arguments[0], "value")
    if not one.present:
        raise EvaluationError("undefined", "this optional value is absent: write .orValue(…)")
    return one.value


def or_else(value: Any, other: Callable[[], Any], *, unwrap: bool) -> Any:
    one = optional(value, "orValue" if unwrap else "or")
    if one.present:
        return one.value if unwrap else one
    return other()


_OWN: Final[dict[str, Callable[[Arguments, Run], Any]]] = {
    "size": _size,
    "contains": _contains,
    "startsWith": _within("startsWith", str.startswith),
    "endsWith": _within("endsWith", str.endswith),
    "dyn": lambda arguments, run: arguments[0],
    "type": lambda arguments, run: type_of(arguments[0]),
    "math.@max": _extreme("math.greatest", lambda value, best: value > best),
    "math.@min": _extreme("math.least", lambda value, best: value < best),
    "first": _end("first", 0),
    "last": _end("last", -1),
    "optional.of": lambda arguments, run: Optional(True, arguments[0]),
    "optional.none": lambda arguments, run: NONE,
    "optional.ofNonZeroValue": _of_non_zero,
    "hasValue": lambda arguments, run: optional(arguments[0], "hasValue").present,
    "value": _value,
}
