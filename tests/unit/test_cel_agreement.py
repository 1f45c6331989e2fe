"""What is evaluated here against what cel-expr-python makes of the same.

The library is asked for `(source) == item`, and never for a value that may be null or optional: see cel/library.py.
"""

import math
import re
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_optional, ext_strings
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tolstoy.domain import expressions
from tolstoy.domain.cel import library, tree
from tolstoy.domain.cel.code import code
from tolstoy.domain.cel.library import VARIABLES
from tolstoy.domain.cel.run import Purse, Run
from tolstoy.domain.expressions import EvaluationError, ExpressionError

ENVIRONMENT = cel.NewEnv(
    variables=dict(VARIABLES),
    extensions=[ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()],
)
INT64 = st.integers(-(2**63), 2**63 - 1)
NAMES = st.sampled_from(["a", "b", "c", "x y", "é", "in", ""])
SCALARS = (
    st.none()
    | st.booleans()
    | INT64
    | st.sampled_from([0, 1, 2, -1, 1.0, 0.5])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def evaluated(source: str, data: dict[str, Any]) -> Any:
    """As CEL's own value, before it becomes JSON."""
    node = tree.read(library.parsed(source, checked=True)[0], checked=True)
    return code(node, {})(Run(data, 32, Purse()))


def agrees(source: str, data: dict[str, Any]) -> bool:
    """Whether both have the same value, or neither has one."""
    try:
        found = evaluated(source, data)
    except EvaluationError:
        # in a list, so that a null is not handed over
        return isinstance(theirs(f"[{source}].size()", data), str)
    if not is_json(found):
        return not isinstance(theirs(f"[{source}].size()", data), str)
    return theirs(f"({source}) == item", {**data, "item": found}) is True


def theirs(source: str, data: dict[str, Any]) -> Any:
    """The library's value, or what it says is wrong."""
    try:
        value = ENVIRONMENT.compile(source).eval(data=data)
    except RuntimeError as exc:
        return str(exc)
    return value.plain_value()


def is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list():
            return all(map(is_json, value))
        case dict():
            return all(map(is_json, value.values()))
    return False


STEPS = st.lists(
    st.sampled_from([".a", ".b", ".c", '["x y"]', "['é']", "['in']", '[""]', "[0]", "[1]", "[-1]", "[2]"]),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=300)
@given(JSON, STEPS)
def test_paths(value: Any, steps: list[str]) -> None:
    assert agrees("inputs.v" + "".join(steps), {"inputs": {"v": value}})


DATA: dict[str, Any] = {
    "inputs": {
        "one": 1,
        "two": 2,
        "minus": -5,
        "large": 2**62,
        "half": 2.5,
        "name": "héllo",
        "none": None,
        "yes": True,
        "no": False,
        "list": [1, 2, 3],
        "rows": [{"p": 1, "q": "x"}, {"p": 2, "q": "y"}, {"q": "z"}],
        "nested": [[1], [2, 3]],
        # with one member: the library goes through more in any order
        "o": {"x": {"y": "z"}},
        "empty": "",
        "nothing": [],
    },
    "index": 2,
    "error": {"message": "m"},
}
LEAVES = st.sampled_from(
    (
        *(f"inputs.{name}" for name in DATA["inputs"]),
        "inputs.nope", "inputs.o.x.y", "inputs.none.q", "inputs.list[1]", "inputs.list[7]", "index", "v", "w", "v.q",
        "v.p",
        "1", "-1", "0", "1.5", "'x'", "''", "true", "false", "null", "[]", "{}", "[1, 2]", "{'x': 1}", "{1: 2}",
        "{true: 1}", "[1.0]", "b'ab'", "timestamp('2026-01-01T00:00:00Z')", "duration('90s')", "9223372036854775807",
    )
)  # fmt: skip
BINARY = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"])
CALLS = st.sampled_from(
    (
        "size({})", "string({})", "int({})", "double({})", "bool({})", "!{}", "-{}", "{}.size()", "{}.trim()", "{}.y",
        "{}.upperAscii()", "{}[0]", "{}['x']", "timestamp({})", "{}.getFullYear()", "math.abs({})", "math.ceil({})",
    )
)  # fmt: skip
PAIRS = st.sampled_from(
    ["{}.contains({})", "{}.startsWith({})", "{}.split({})", "{}[{}]", "[{}, {}]", "{{'k': {}}}"]
)
# The variables of loops, which hide one another, and those of the flow.
OWN = st.sampled_from(["v", "w", "index"])
LOOPS = st.sampled_from(["map", "filter", "all", "exists", "exists_one"])
SOURCES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds("({} {} {})".format, inner, BINARY, inner)
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
        | st.builds(lambda form, one: form.format(one), CALLS, inner)
        | st.builds(lambda form, one, two: form.format(one, two), PAIRS, inner, inner)
        | st.builds("{}.{}({}, {})".format, inner, LOOPS, OWN, inner)
        | st.builds("{}.map({}, {}, {})".format, inner, OWN, inner, inner)
        | st.builds("[{0}].map(v, [{1}].map(v, [{2}].map(w, {3})))".format, inner, inner, inner, inner)
        | st.builds("optional.of({}).optMap({}, {}).orValue({})".format, inner, OWN, inner, inner)
        | st.builds("{}.replace({}, {})".format, inner, inner, inner)
    ),
    max_leaves=8,
)


def meets_a_fraction(source: str) -> bool:
    """Whether the library has no value because an integer and a fraction meet, which is no error here."""
    wrong = theirs(f"[{source}].size()", DATA)
    return isinstance(wrong, str) and _FRACTION.search(wrong) is not None


_FRACTION = re.compile(r"overloads found : _[-+*/]_\((int64, double|double, int64)\)")


@settings(deadline=None, max_examples=300)
@given(SOURCES)
@example("{true: 1}[1]")
@example("[true] == [1]")
@example("1 in [true, 1]")
@example("1.0 in {1: 2}")
@example("-9223372036854775807 - 2")
@example("inputs.rows.exists(v, v.p == 2)")
@example("inputs.rows.map(v, v.p)")
@example("[1].map(v, [2].map(v, [3].map(w, v)))")
@example("[1].map(v, [2].map(v, optional.of(3).optMap(w, v).orValue(4)))")
@example("optional.of(1).optMap(v, optional.of(2).optMap(v, [3].map(w, v)).orValue(4)).orValue(5)")
@example("[1].map(v, [2].exists(v, [3].all(w, v == 2)))")
def test_expressions(source: str) -> None:
    try:
        expressions.compile(source)
    except ExpressionError:
        assume(False)
    assert agrees(source, DATA) or meets_a_fraction(source)
