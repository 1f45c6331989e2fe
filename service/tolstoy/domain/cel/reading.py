"""Reading members: `a.b`, `a["b"]`, `a[0]`, `a.?b`, has(a.b), and what to say when they are not there."""

from collections.abc import Iterable
from typing import Any, Final

from tolstoy.domain.cel.errors import EvaluationError
from tolstoy.domain.cel.operators import found
from tolstoy.domain.cel.run import Run
from tolstoy.domain.cel.values import NONE, Optional, kind

_MAX_NAMED: Final = 10
_MISSING: Final = object()


def root(run: Run, name: str) -> Any:
    value = run.scope.get(name, _MISSING)
    if value is _MISSING:
        raise EvaluationError("undefined", f"{name} is not there: there is {_named(run.scope)}")
    return value


def field(value: Any, key: str, text: str) -> Any:
    """`text` is how the expression writes `value`."""
    if type(value) is dict and key in value:
        return value[key]
    if type(value) is Optional:
        return optional(value, key, text)
    raise _no_field(value, key, text)


def index(value: Any, key: Any, text: str) -> Any:
    if type(value) is list:
        position = _position(key, text)
        if 0 <= position < len(value):
            return value[position]
        there = f"it has {len(value)}, the first is [0]" if value else "it is empty"
        raise EvaluationError("undefined", f"{text} has no [{position}]: {there}")
    if type(value) is dict:
        if found(value, key):
            return value[key]
        raise _no_field(value, key, text)
    if type(value) is Optional:
        return optional(value, key, text)
    if value is None:
        raise EvaluationError("undefined", f"{text} is null: it has no [{_written(key)}]")
    raise EvaluationError("type", f"{text} is {kind(value)}: it has no [{_written(key)}]")


def optional(value: Any, key: Any, text: str) -> Optional:
    """What is null has nothing in it."""
    if type(value) is Optional:
        value = value.value if value.present else None
    if value is None:
        return NONE
    if type(value) is dict:
        return Optional(True, value[key]) if found(value, key) else NONE
    if type(value) is list:
        position = _position(key, text)
        return Optional(True, value[position]) if 0 <= position < len(value) else NONE
    raise EvaluationError("type", f"{text} is {kind(value)}: it has no {_written(key)}")


def has(value: Any, key: str, text: str) -> bool:
    return optional(value, key, text).present


def _position(key: Any, text: str) -> int:
    position = int(key) if type(key) is float and key.is_integer() else key
    if type(position) is int:
        return position
    raise EvaluationError("type", f"{text} is a list: write a whole number in [ ], not {_written(key)}")


def _no_field(value: Any, key: Any, text: str) -> EvaluationError:
    if type(value) is dict:
        if text == "steps":
            return EvaluationError("undefined", f"steps.{key} is not there: it did not run")
        return EvaluationError("undefined", f"{text} has no {_written(key)}; there is {_named(value)}")
    if value is None:
        return EvaluationError("undefined", f"{text} is null: it has no {_written(key)}")
    hint = ": write [0] for its first, or .map(x, x.…) for each" if type(value) is list else ""
    return EvaluationError("type", f"{text} is {kind(value)} and has no {_written(key)}{hint}")


def _named(names: Iterable[Any]) -> str:
    some = sorted(str(name)[:80] for name in names)
    more = f" and {len(some) - _MAX_NAMED} more" if len(some) > _MAX_NAMED else ""
    return ", ".join(some[:_MAX_NAMED]) + more if some else "nothing in it"


def _written(key: Any) -> str:
    if type(key) is str:
        return f"'{key[:80]}'"
    return str(key) if type(key) in (int, float) else kind(key)
