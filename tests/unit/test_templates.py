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
            "inputs has no 'nope'; there is id, name, price, vip, none, tags, o",
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
