from typing import Any

import pytest

from tolstoy.domain import templates
from tolstoy.domain.expressions import EvaluationError, ExpressionError

SCOPE: dict[str, Any] = {
    "inputs": {
        "id": 7,
        "name": "Ann",
        "price": 2.5,
        "vip": True,
        "none": None,
        "tags": ["a", "é"],
        "o": {"z": 1},
    },
}


def render(value: Any) -> Any:
    return templates.compile(value).render(SCOPE)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ inputs.id }}", 7),
        ("{{inputs.none}}", None),
        ("{{ inputs.tags }}", ["a", "é"]),
        ("Dear {{ inputs.name }}!", "Dear Ann!"),
        ("{{ inputs.name }}{{ inputs.name }}", "AnnAnn"),
        (" {{ inputs.id }}", " 7"),
        ("{{ inputs.id }} {{ inputs.price }} {{ inputs.vip }}", "7 2.5 true"),
        ("tags={{ inputs.tags }}&o={{ inputs.o }}", 'tags=["a","é"]&o={"z":1}'),
        ("{{ {'b': 1, 'aa': {'z': 1, 'é': 2, 'y': 3}} }}!", '{"aa":{"y":3,"z":1,"é":2},"b":1}!'),
        ("{{ 1e17 }}", 10**17),
        ("{{ 1e17 }}, {{ 0.0 / -1.0 }}", "100000000000000000, 0.0"),
        ([1e17, "{{ inputs.id }}"], [10**17, 7]),
        ({"a": 2.0**70}, {"a": 2.0**70}),
        ("{{ {'a': {'b': 1}}.a.b }}", 1),
        ("""{{ "}}" }} {{ '{{' }}""", "}} {{"),
        ({"a": ["{{ inputs.id }}", {"b": "{{ inputs.name }}"}], "c": 1}, {"a": [7, {"b": "Ann"}], "c": 1}),
        ({"{{ inputs.id }}": 1}, {"{{ inputs.id }}": 1}),
        ({"z": "{{ inputs.id }}", "a": 1}, {"z": 7, "a": 1}),
    ],
)
def test_rendered(template: Any, expected: Any) -> None:
    found = render(template)
    assert found == expected
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)


def test_what_is_constant_is_not_copied() -> None:
    constant = {"a": [1, {"b": "c"}], "d": None}
    assert render(constant) is constant
    mixed = {"constant": constant, "not": "{{ inputs.id }}"}
    assert render(mixed)["constant"] is constant


def test_its_expressions_and_their_places() -> None:
    template = templates.compile(
        {"a/b": ["x {{ inputs.id }} {{ inputs.name }}"], "c": "{{ steps.s.output }}", "d": 1}
    )
    assert [(at, expression.source) for at, expression in template.expressions] == [
        ("/a~1b/0", "inputs.id"),
        ("/a~1b/0", "inputs.name"),
        ("/c", "steps.s.output"),
    ]
    assert templates.compile({"a": 1}).expressions == ()


@pytest.mark.parametrize(
    ("template", "pointer", "code", "message"),
    [
        (
            "{{ inputs.nope }}",
            "",
            "undefined",
            "inputs has no 'nope'; there is id, name, none, o, price, tags, vip",
        ),
        ({"a": ["{{ inputs.o.x }}"]}, "/a/0", "undefined", "inputs.o has no 'x'; there is z"),
        (
            {"a": "Dear {{ inputs.none }}"},
            "/a",
            "undefined",
            "inputs.none is null, which has no text: write a condition, or .?x.orValue('')",
        ),
        ({"a": "x {{ inputs.name + 1 }}"}, "/a", "type", "+ does not take a text and a number"),
    ],
)
def test_problems_name_their_place(template: Any, pointer: str, code: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        render(template)
    assert (caught.value.pointer, caught.value.code, str(caught.value)) == (pointer, code, message)


def test_a_text_is_bounded() -> None:
    text = "{{ inputs.long }}" * 20
    with pytest.raises(EvaluationError) as caught:
        templates.compile({"a": text}).render({"inputs": {"long": "x" * 60_000}})
    assert (caught.value.code, caught.value.pointer) == ("limit", "/a")


ROUNDS = "inputs.l.map(x, inputs.l.map(y, x + y).size()).size()"
TO_BE_WRITTEN = "[1]" + ".map(a, [a, a])" * 14


@pytest.mark.parametrize(
    "part", [f"{{{{ {ROUNDS} }}}}", f"n: {{{{ {ROUNDS} }}}}", f"{{{{ {TO_BE_WRITTEN} }}}}"]
)
def test_the_expressions_of_a_template_share_what_one_may_spend(part: str) -> None:
    """No other run of the worker gets on meanwhile, be it one expression or a hundred."""
    scope = {"inputs": {"l": list(range(300))}}
    few = templates.compile([part] * 3)
    assert few.render(scope) == few.render(scope), "what one rendering spends, the next one has again"
    with pytest.raises(EvaluationError) as caught:
        templates.compile({"a": [part] * 50}).render(scope)
    assert caught.value.code == "limit" and caught.value.pointer is not None
    assert caught.value.pointer.startswith("/a/")


@pytest.mark.parametrize("value", ["x" * 1_000_000, {"x": "x" * 1_000_000}])
def test_texts_that_are_copied_are_paid_for(value: Any) -> None:
    with pytest.raises(EvaluationError) as caught:
        templates.compile(["a {{ inputs.long }}"] * 100).render({"inputs": {"long": value}})
    assert (caught.value.code, str(caught.value)[:20]) == ("limit", "this takes too long:")
    assert len(templates.compile(["{{ inputs.long }}"] * 100).render({"inputs": {"long": value}})) == 100


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"a": ["{{ 1 + }}"]}, "/a/0: column 4: it ends too early"),
        ("{{ a", ": this {{ is never closed: write }} after the expression"),
        (
            "{{ foo }}",
            ": column 1: there is no foo: there is inputs, steps, item, index, loops, execution, callbacks, error",
        ),
    ],
)
def test_what_is_no_template(template: Any, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        templates.compile(template)
    assert str(caught.value) == message
