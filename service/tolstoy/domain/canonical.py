"""JSON values as they come back from jsonb, so that a run goes on alike from what is recorded and from what it has.

Postgres writes a double from 1e16 on without an exponent, so that it is read as an integer, and knows no -0.0.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

_INT_MIN: Final = -(2**63)
_INT_MAX: Final = 2**63 - 1
# The first double that JSON is written with an exponent for.
_WRITTEN_SHORT: Final = 1e16
_KEPT: Final = frozenset({str, bool, type(None)})


def canonical(value: Any) -> Any:
    """The same object where nothing is to change.

    A whole double from 1e16 on is an integer where 64 bits hold it; an integer that they do not hold is a double; -0.0
    is 0.0.
    """
    kind = type(value)
    if kind is dict:
        return _object(value)
    if kind is list:
        return _list(value)
    return number(value) if kind is float or kind is int else value


def number(value: int | float) -> int | float:
    if type(value) is int:
        return value if _INT_MIN <= value <= _INT_MAX else float(value)
    if -_WRITTEN_SHORT < value < _WRITTEN_SHORT:
        return value if value or math.copysign(1, value) > 0 else 0.0
    return _long(value)


def _long(value: float) -> int | float:
    if not math.isfinite(value):
        return value
    written = int(Decimal(repr(value)))  # its shortest digits, not its exact ones
    return written if _INT_MIN <= written <= _INT_MAX else value


def _object(value: dict[str, Any]) -> dict[str, Any]:
    made = value
    for name, member in value.items():
        if type(member) in _KEPT:
            continue
        changed = canonical(member)
        if changed is not member:
            if made is value:
                made = dict(value)
            made[name] = changed
    return made


def _list(value: list[Any]) -> list[Any]:
    made = value
    for index, item in enumerate(value):
        if type(item) in _KEPT:
            continue
        changed = canonical(item)
        if changed is not item:
            if made is value:
                made = list(value)
            made[index] = changed
    return made
