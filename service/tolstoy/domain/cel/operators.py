"""What the operators of CEL do with Python values."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from tolstoy.domain.cel import functions
from tolstoy.domain.cel.errors import EvaluationError
from tolstoy.domain.cel.run import BYTES_PER_UNIT, MAX_TEXT, Run
from tolstoy.domain.cel.values import INT_MAX, INT_MIN, equal, kind

# What only the library adds and subtracts.
_MOMENTS: Final = (datetime, timedelta)
_ORDERED: Final = (bool, str, bytes, datetime, timedelta)


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def mismatch(sign: str, left: Any, right: Any) -> EvaluationError:
    return EvaluationError("type", f"{sign} does not take {kind(left)} and {kind(right)}")


def whole(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("arithmetic", "this integer does not fit in 64 bits")


def add(left: Any, right: Any, run: Run) -> Any:
    if _is_number(left) and _is_number(right):
        return _number(left + right)
    one = type(left)
    if one is not type(right) or one not in (str, list, bytes):
        return _moments("+", left, right, run)
    size = len(left) + len(right)
    if one is list:
        run.made = True
        run.spend(size * 8 // BYTES_PER_UNIT)
    else:
        if size > MAX_TEXT:
            raise EvaluationError("limit", f"this makes a text of more than {MAX_TEXT} characters")
        run.spend(size // BYTES_PER_UNIT)
    return left + right


def subtract(left: Any, right: Any, run: Run) -> Any:
    if _is_number(left) and _is_number(right):
        return _number(left - right)
    return _moments("-", left, right, run)


def multiply(left: Any, right: Any, run: Run) -> Any:
    if _is_number(left) and _is_number(right):
        return _number(left * right)
    raise mismatch("*", left, right)


def divide(left: Any, right: Any, run: Run) -> Any:
    if not (_is_number(left) and _is_number(right)):
        raise mismatch("/", left, right)
    if type(left) is int and type(right) is int:
        if right == 0:
            raise EvaluationError("arithmetic", "this divides by zero")
        size = abs(left) // abs(right)
        return whole(size if (left < 0) == (right < 0) else -size)
    if right == 0:
        sign = math.copysign(1, left) * math.copysign(1, right)
        return math.nan if left == 0 or math.isnan(left) else sign * math.inf
    return left / right


def remainder(left: Any, right: Any, run: Run) -> Any:
    if type(left) is not int or type(right) is not int:
        raise mismatch("%", left, right)
    if right == 0:
        raise EvaluationError("arithmetic", "this divides by zero")
    if left == INT_MIN and right == -1:
        raise EvaluationError("arithmetic", "this integer does not fit in 64 bits")
    size = abs(left) % abs(right)
    return -size if left < 0 else size


def negative(value: Any, run: Run) -> Any:
    if _is_number(value):
        return _number(-value)
    raise EvaluationError("type", f"- does not take {kind(value)}")


def opposite(value: Any, run: Run) -> bool:
    if type(value) is bool:
        return not value
    raise EvaluationError("type", f"! does not take {kind(value)}")


def equals(left: Any, right: Any, run: Run) -> bool:
    return equal(left, right, run)


def differs(left: Any, right: Any, run: Run) -> bool:
    return not equal(left, right, run)


def _ordered(sign: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Run], bool]:
    def operator(left: Any, right: Any, run: Run) -> bool:
        if _is_number(left) and _is_number(right):
            return compare(left, right)
        if type(left) is not type(right) or not isinstance(left, _ORDERED):
            raise mismatch(sign, left, right)
        if isinstance(left, str | bytes):
            run.spend(len(left) >> 12)
        return compare(left, right)

    return operator


def contained(value: Any, container: Any, run: Run) -> bool:
    if type(container) is list:
        return _listed(value, container, run)
    if type(container) is dict and type(value) in (str, int, float, bool):
        return found(container, value)
    raise EvaluationError(
        "type",
        f"{kind(value)} in {kind(container)}: in looks for any value in a list, for a name in an object",
    )


def _listed(value: Any, items: list[Any], run: Run) -> bool:
    if not isinstance(value, list | dict):
        run.spend(len(items) >> 3)
        if isinstance(value, str | bytes):
            run.spend((len(value) >> 12) * len(items))
        # Python is quick, and finds all that CEL does, and true among the ones besides.
        if value not in items:
            return False
        if equal(value, items[items.index(value)], run):
            return True
    for item in items:
        run.spend(4)
        if equal(value, item, run):
            return True
    return False


def found(members: dict[Any, Any], key: Any) -> bool:
    """Python takes true for 1 as a key, CEL does not."""
    try:
        if key not in members:
            return False
    except TypeError:
        return False
    if type(key) is str:
        return True
    return any(key == one and (type(key) is bool) == (type(one) is bool) for one in members)


def _number(value: int | float) -> int | float:
    return whole(value) if type(value) is int else value


def _moments(sign: str, left: Any, right: Any, run: Run) -> Any:
    if isinstance(left, _MOMENTS) and isinstance(right, _MOMENTS):
        return functions.operator(sign, left, right, run)
    raise mismatch(sign, left, right)


BINARY: Final[dict[str, Callable[[Any, Any, Run], Any]]] = {
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": remainder,
    "_==_": equals,
    "_!=_": differs,
    "_<_": _ordered("<", lambda left, right: bool(left < right)),
    "_<=_": _ordered("<=", lambda left, right: bool(left <= right)),
    "_>_": _ordered(">", lambda left, right: bool(left > right)),
    "_>=_": _ordered(">=", lambda left, right: bool(left >= right)),
    "@in": contained,
}
UNARY: Final[dict[str, Callable[[Any, Run], Any]]] = {"-_": negative, "!_": opposite}
