import pytest

from tolstoy.domain import expressions
from tolstoy.domain.expressions import Read


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("inputs.a", set()),
        ("steps.a.output", {"a"}),
        ("steps['a'].output + steps.b.output", {"a", "b"}),
        ("steps.?a.output.orValue(1)", {"a"}),
        ("has(steps.a)", {"a"}),
        ("steps[inputs.key].output", None),
        ("steps.map(key, steps[key])", None),
        ("size(steps) > 0 && steps.a.output", None),
        ("inputs.l.map(steps, steps.a)", set()),
        ("inputs.l.map(x, steps.a.output[x])", {"a"}),
        ("inputs.?l.optMap(steps, steps.a).orValue(steps.b)", {"b"}),
        ("'steps.a' == \"steps.b\" // steps.c", set()),
    ],
)
def test_the_steps_it_reads(source: str, steps: set[str] | None) -> None:
    assert expressions.compile(source).step_keys == steps


def test_all_that_it_reads() -> None:
    expression = expressions.compile(
        "inputs.a.b[0] == loops.outer.item && callbacks.c != '' || item == execution.id || inputs['d'].?e == steps.x"
    )
    assert expression.roots == {"inputs", "loops", "callbacks", "item", "execution", "steps"}
    assert expression.reads[0] == Read("inputs", ("a", "b", 0))
    assert expression.reads[0].written == "inputs.a.b[0]"
    assert Read("inputs", ("d", "e"), soft=1) in expression.reads


def test_which_members_may_be_absent() -> None:
    assert expressions.compile("has(steps.a.output.b)").reads == (
        Read("steps", ("a", "output", "b"), soft=0),
    )
    assert expressions.compile("steps.a.?output.b.orValue(1)").reads == (
        Read("steps", ("a", "output", "b"), soft=1),
    )


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("steps.a.output", True),
        ("inputs['a'][0]", True),
        ("item", True),
        ("inputs.?a", False),
        ("has(inputs.a)", False),
        ("inputs.a + 1", False),
        ("inputs[inputs.a]", False),
    ],
)
def test_whether_it_is_a_path(source: str, plain: bool) -> None:
    assert expressions.compile(source).plain is plain


@pytest.mark.parametrize(
    ("source", "name"),
    [("inputs.a", "DYN"), ("inputs.a > 1", "BOOL"), ("index + 1", "INT"), ("'a' + 'b'", "STRING")],
)
def test_the_type_that_is_known_before(source: str, name: str) -> None:
    assert expressions.compile(source).value_type == name
