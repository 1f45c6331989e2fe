"""A tenant's expression must not take the worker's time or memory, nor end its process."""

import contextlib
import sys
from typing import Any

import pytest

from tolstoy.domain import expressions
from tolstoy.domain.cel import run
from tolstoy.domain.cel.functions import MAX_HANDED_NODES, MAX_HANDED_TEXT
from tolstoy.domain.expressions import EvaluationError


def evaluate(source: str, **inputs: Any) -> Any:
    return expressions.compile(source).evaluate({"inputs": inputs})


def refused(source: str, **inputs: Any) -> tuple[str, str]:
    with pytest.raises(EvaluationError) as caught:
        evaluate(source, **inputs)
    return caught.value.code, str(caught.value)


TOO_LONG = ("limit", "this takes too long: loop over less, or nest fewer loops")


@pytest.mark.parametrize(
    "source",
    [
        "inputs.l.map(x, inputs.l.map(y, inputs.l.map(z, 1)))",
        "inputs.l.all(x, inputs.l.all(y, inputs.l.all(z, true)))",
        "inputs.l.exists(x, inputs.l.exists(y, inputs.l.exists(z, z == -1 || inputs.nope)))",
        "inputs.l.exists_one(x, inputs.l.filter(y, inputs.l.exists_one(z, z == y)).size() == 1)",
        "inputs.l.map(x, inputs.l.map(y, 'a'.matches('b'))).size()",
        "inputs.l.map(x, inputs.texts == inputs.copies && inputs.l == inputs.other).size()",
        "inputs.l.map(x, inputs.text + inputs.text).size()",
        "inputs.l.map(x, inputs.l.map(y, [y] in inputs.nested)).size()",
    ],
)
def test_time_is_bounded(source: str) -> None:
    numbers = list(range(2000))
    found = refused(
        source,
        l=numbers,
        other=[*numbers],
        texts=["x" * 5000] * 1000,
        copies=["x" * 5000] * 1000,
        text="x" * 60_000,
        nested=[[-1]] * 2000,
    )
    assert found == TOO_LONG


def test_long_lists_are_no_problem() -> None:
    assert len(evaluate("inputs.l.map(x, x + 1).filter(x, x > 5)", l=list(range(20_000)))) == 19_995
    assert evaluate("inputs.l.filter(x, x in inputs.l).size()", l=list(range(2000))) == 2000


@pytest.mark.parametrize(
    "source",
    [
        "[inputs.s]" + ".map(a, a + a)" * 22,
        "inputs.s.replace('a', inputs.s)",
        "inputs.s.replace('', inputs.s)",
        "inputs.s.split('').map(a, 'aaaaaaaaaaaaaaaaaaaa').join(',')",
    ],
)
def test_texts_do_not_grow_without_bound(source: str) -> None:
    assert refused(source, s="a" * 60_000) == (
        "limit",
        f"this makes a text of more than {run.MAX_TEXT} characters",
    )


def test_a_value_that_is_large_only_when_written_out() -> None:
    code, message = refused("[1]" + ".map(a, [a, a])" * 22)
    assert code == "limit"
    assert message.startswith(f"this makes more than {run.MAX_RESULT} bytes")
    assert evaluate("([1]" + ".map(a, [a, a])" * 22 + ").size()") == 1
    assert refused("[1]" + ".map(a, [a, a])" * 22 + " == [1]" + ".map(a, [a, a])" * 22) == TOO_LONG
    assert refused("[inputs.s, inputs.s]", s="x" * 600_000)[0] == "limit"


def test_what_a_function_takes_is_bounded() -> None:
    assert refused("inputs.s.trim()", s="x" * (MAX_HANDED_TEXT + 1))[0] == "limit"
    assert refused("inputs.s.trim()", s="é" * (MAX_HANDED_TEXT // 2 + 1))[0] == "limit"
    assert evaluate("inputs.s.trim().size()", s="x" * MAX_HANDED_TEXT) == MAX_HANDED_TEXT
    assert refused("string(inputs.n)", n=2**63) == ("limit", "this integer does not fit in 64 bits")
    assert refused("inputs.l.join()", l=["a"] * MAX_HANDED_NODES) == (
        "limit",
        f"a function takes at most {MAX_HANDED_NODES} values",
    )


def test_what_the_library_would_cut_off_or_fail_at_is_refused() -> None:
    assert refused("inputs.s.trim()", s="a\x00b") == ("value", "this text holds the character U+0000")
    assert refused("inputs.s.trim()", s="\ud800")[0] == "value"
    assert evaluate("inputs.s + 'c'", s="a\x00b") == "a\x00bc"


def test_depth_is_bounded() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert refused("[inputs.deep]", deep=deep) == (
        "limit",
        f"this is nested deeper than {run.MAX_DEPTH} levels",
    )
    assert refused("'%s'.format(inputs.deep)", deep=deep)[0] == "limit"
    other: Any = 1
    for _ in range(500):
        other = [other]
    assert refused("inputs.deep == inputs.other", deep=deep, other=other)[0] == "limit"


def test_a_limit_is_not_overlooked() -> None:
    assert refused("inputs.s.replace('a', inputs.s) == '' || true", s="a" * 60_000)[0] == "limit"
    assert (
        refused("[1, 2].exists(x, x == 2 || inputs.s.replace('a', inputs.s) == '')", s="a" * 60_000)[0]
        == "limit"
    )


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there: no count of it changes")
@pytest.mark.parametrize(
    "source",
    [
        "inputs.none",
        "[null, inputs.none]",
        "inputs.?none.orValue(null)",
        "{'a': null}",
        "inputs.none == null",
        "'%s %s'.format([null, inputs.none])",
        "[inputs.none].map(x, x)",
        "inputs.none ? 1 : 2",
    ],
)
def test_no_reference_of_none_is_lost(source: str) -> None:
    """The library takes one too many for each null it hands over: the process would end after some thousands."""
    expression = expressions.compile(source)
    before = sys.getrefcount(None)
    for _ in range(2000):
        with contextlib.suppress(EvaluationError):
            expression.evaluate({"inputs": {"none": None}})
    assert sys.getrefcount(None) > before - 500
