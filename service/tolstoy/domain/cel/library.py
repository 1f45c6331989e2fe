"""The door to cel-expr-python."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_optional, ext_strings

from tolstoy.domain.cel.errors import ExpressionError

_TYPE: Final = cel.Type
_MEMBERS: Final = _TYPE.Map(_TYPE.STRING, _TYPE.DYN)

# What an expression can read.
VARIABLES: Final[Mapping[str, Any]] = {
    "inputs": _MEMBERS,
    "steps": _MEMBERS,
    "item": _TYPE.DYN,
    "index": _TYPE.INT,
    "loops": _MEMBERS,
    "execution": _MEMBERS,
    "callbacks": _TYPE.Map(_TYPE.STRING, _TYPE.STRING),
    "error": _TYPE.DYN,
}
# The parser puts what is before them into the tree twice: of thirty in a row it would not come back.
_DOUBLING: Final = re.compile(r"\bopt(?:Flat)?Map\b")
_MOST_DOUBLED: Final = 64 * 1024
# Nothing else of 2,000 characters makes more than some 35 KB.
_MOST_PARSED: Final = 64 * 1024
_ARGUMENTS: Final = ("a", "b", "c", "d")


@cache
def _environment(*names: str) -> cel.Env:
    return cel.NewEnv(
        variables={name: VARIABLES.get(name, _TYPE.DYN) for name in names},
        extensions=[ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()],
    )


def parsed(source: str, *, checked: bool) -> tuple[bytes, str]:
    """Its serialized tree, and CEL's name of its value's type; raises RuntimeError with the compiler's words.

    Raises ExpressionError where the tree would be out of proportion.
    """
    doubling = len(_DOUBLING.findall(source))
    if doubling and (len(source) << doubling > _MOST_DOUBLED or _parsed_bytes(source) > _MOST_PARSED):
        raise ExpressionError(
            f"each .optMap and .optFlatMap doubles what is before it: with {doubling} of them this is too much,"
            " write has(…) ? … : …"
        )
    expression = _environment(*VARIABLES).compile(source, disable_check=not checked)
    return expression.serialize(), expression.return_type().name() if checked else "DYN"


def _parsed_bytes(source: str) -> int:
    return len(_environment(*VARIABLES).compile(source, disable_check=True).serialize())


@cache
def _call(source: str) -> cel.Expression:
    return _environment(*_ARGUMENTS).compile(source)


def evaluated(source: str, arguments: list[Any]) -> tuple[Any, str | None]:
    """The value of `source` with a, b … as `arguments`, or what is wrong.

    Only for what gives no null and no optional: handing over a null takes a reference of None too many, until the
    process aborts; an optional in a map is a segmentation fault.
    """
    try:
        value = _call(source).eval(data=dict(zip(_ARGUMENTS, arguments, strict=False)))
        if value.type() == _TYPE.ERROR:
            return None, str(value.plain_value())
        return value.plain_value(), None
    except (RuntimeError, TypeError) as exc:
        return None, str(exc)
