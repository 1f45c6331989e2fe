"""What an expression may become when it is read, and what it pays for the texts it looks into."""

from typing import Any

import pytest

from tolstoy.domain import expressions, flow_checks
from tolstoy.domain.expressions import EvaluationError, ExpressionError


def compiled(source: str) -> str | None:
    """What is wrong with it."""
    try:
        expressions.compile(source)
    except ExpressionError as exc:
        return str(exc)
    return None


@pytest.mark.parametrize("chained", [".optMap(x, x)", ".optFlatMap(x, optional.of(x))", ".\n optMap (x, x)"])
@pytest.mark.parametrize("count", [9, 25])
def test_what_doubles_the_tree_is_bounded(chained: str, count: int) -> None:
    assert compiled(f"inputs.?a{chained}.orValue(1)") is None
    assert compiled(f"inputs.?a{chained * 4}.orValue(1)") is None
    assert compiled(f"inputs.?a{chained * count}.orValue(1)") == (
        f"each .optMap and .optFlatMap doubles what is before it: with {count} of them this is too much,"
        " write has(…) ? … : …"
    )


def test_what_is_doubled_may_be_large_itself() -> None:
    large = f"optional.of([{'1,' * 700}1])"
    assert compiled(f"{large}.optMap(x, x).orValue([])") is None
    assert "doubles" in str(compiled(f"{large}{'.optMap(x, x)' * 4}.orValue([])"))


def test_several_side_by_side_are_no_problem() -> None:
    assert compiled(f"[{', '.join(['inputs.?a.optMap(x, x).orValue(1)'] * 6)}]") is None
    assert compiled("'optMap optMap optMap optMap'") is None


def test_a_flow_is_told_of_it() -> None:
    chain = "inputs.?a" + ".optMap(x, x)" * 20
    (told,) = flow_checks.check({"steps": [{"key": "a", "transform": f"{{{{ {chain}.orValue(1) }}}}"}]}, {})
    assert (told.code, told.pointer) == ("invalid_expression", "/steps/0/transform")
    assert "doubles" in told.detail


@pytest.mark.parametrize(
    "source",
    ["'recursion limit' 'x'", "recursion +", "inputs.recursion_depth(1) + limit", "'recursion limit' + 1"],
)
def test_what_it_says_itself_is_no_recursion(source: str) -> None:
    assert "nested too deep" not in str(compiled(source))


def test_what_is_nested_too_deep_is_told() -> None:
    deep = "it is nested too deep, or has too many + or . in a row: 32 are possible"
    assert compiled("+".join(["1"] * 100)) == deep
    assert compiled("(" * 300 + "1" + ")" * 300) == deep
    assert compiled("[" * 300 + "1" + "]" * 300) == deep


def _rounds(source: str, **inputs: Any) -> None:
    expressions.compile(source).evaluate({"inputs": inputs})


@pytest.mark.parametrize(
    "source",
    [
        "inputs.l.map(x, inputs.long in inputs.texts).size()",
        "inputs.l.map(x, inputs.short.indexOf('b')).size()",
        "inputs.l.map(x, inputs.short.lastIndexOf('b')).size()",
        "inputs.l.map(x, inputs.short.split('')).size()",
        "inputs.l.map(x, inputs.short.split('b')).size()",
    ],
)
def test_looking_into_texts_is_paid_for(source: str) -> None:
    """In a loop of 3,000 rounds that a loop over a text of some characters would bear."""
    rounds = list(range(3000))
    with pytest.raises(EvaluationError, match="this takes too long"):
        _rounds(source, l=rounds, short="a" * 60_000, long="a" * 60_000, texts=["a" * 59_999 + "b"] * 100)
    _rounds(source, l=rounds[:20], short="a" * 60, long="a", texts=["a", "b"])


@pytest.mark.parametrize(
    "source",
    [
        "inputs.long.indexOf(inputs.half)",
        "inputs.long.lastIndexOf(inputs.half)",
        "inputs.long.split(inputs.half).size()",
        "inputs.long.replace(inputs.half, '')",
        "inputs.long.split('').size()",
        "inputs.long.split('a').size()",
    ],
)
def test_what_the_library_does_at_each_character_is_paid_for(source: str) -> None:
    """A hundred times is more than half a second of its work."""
    inputs = {"long": "a" * 60_000, "half": "a" * 30_000 + "b"}
    rounds = f"inputs.l.map(x, {source}).size()"
    _rounds(rounds, l=[0], **inputs)
    with pytest.raises(EvaluationError, match="this takes too long"):
        _rounds(rounds, l=[0] * 100, **inputs)


@pytest.mark.parametrize("function", ["contains(inputs.part)", "replace(inputs.part, '')"])
@pytest.mark.parametrize(("text", "part"), [(29_999, 99), (2_499, 1_250), (65_000, 63_000)])
def test_searching_is_paid_for_where_python_compares_at_each_place(
    function: str, text: int, part: int
) -> None:
    """Two thousand rounds of these were half a second of work, or sixty."""
    inputs = {"text": "a" * text, "part": "a" * (part // 2) + "b" + "a" * (part - part // 2 - 1)}
    rounds = f"inputs.l.map(x, inputs.text.{function}).size()"
    _rounds(rounds, l=[0], **inputs)
    with pytest.raises(EvaluationError, match="this takes too long"):
        _rounds(rounds, l=[0] * 2_000, **inputs)


def test_searching_is_paid_for_where_the_end_is_what_takes_long() -> None:
    """A hundred of these were nine seconds of work: near the end of the text, Python prepares no part any more."""
    inputs = {"text": "z" * 598_000 + "a" * 402_000, "part": "a" * 399_998 + "ba"}
    _rounds("inputs.l.map(x, inputs.text.contains(inputs.part))", l=[0], **inputs)
    with pytest.raises(EvaluationError, match="this takes too long"):
        _rounds("inputs.l.map(x, inputs.text.contains(inputs.part))", l=[0] * 100, **inputs)


def test_searching_a_long_text_for_a_short_one_is_cheap() -> None:
    _rounds("inputs.l.map(x, inputs.text.contains('Springfield')).size()", l=[0] * 100, text="a" * 1_000_000)
    _rounds("inputs.l.filter(x, inputs.text.contains('error')).size()", l=[0] * 5_000, text="a b c " * 100)
