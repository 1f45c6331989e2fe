"""Each thing wrong holds a copy of its rule: of large inputs and schemas it is told without making them all."""

from typing import Any

import pytest

from tolstoy.core.errors import Finding
from tolstoy.domain import flow_inputs, json_schema
from tolstoy.domain.action_request import validate
from tolstoy.domain.flow_inputs import ActionFacts

ONE_OF_MANY = {"type": "array", "items": {"enum": [f"text {number}" for number in range(1000)]}}
WRONG = [0] * 2000


def _many_references(levels: int) -> dict[str, Any]:
    """A few of them lead to 4 ** levels rules that all refuse a number."""
    made: dict[str, Any] = {
        f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 4} for level in range(levels)
    }
    return {"$ref": "#/$defs/d0", "$defs": {**made, f"d{levels}": {"type": "string"}}}


def _told(schema: dict[str, Any], inputs: Any) -> list[Finding]:
    return validate(json_schema.validator(schema), inputs, "/inputs")


def _told_at_save(schema: dict[str, Any] | None, *inputs: dict[str, Any]) -> list[Finding]:
    steps = [{"key": f"s{index}", "action": "a", "inputs": one} for index, one in enumerate(inputs)]
    return list(flow_inputs.check({"steps": steps}, {"a": ActionFacts("/a", schema)}))


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        (ONE_OF_MANY, "/x/0"),
        ({"anyOf": [ONE_OF_MANY, {"type": "string"}]}, ""),
        ({"oneOf": [ONE_OF_MANY, {"type": "string"}]}, ""),
    ],
)  # fmt: skip
def test_of_large_inputs_one_thing_is_told(schema: dict[str, Any], place: str) -> None:
    schema = {"properties": {"x": schema}}
    (told,) = _told(schema, {"x": WRONG})
    (told_at_save,) = _told_at_save(schema, {"x": WRONG})
    assert told.pointer == f"/inputs{place}"
    assert (told_at_save.pointer, told_at_save.code) == (f"/steps/0/inputs{place}", "invalid_input")


def test_of_small_ones_all_is_told() -> None:
    schema = {"properties": {"x": {"items": {"anyOf": [{"type": "string"}, {"const": 1}]}}}}
    assert [one.pointer for one in _told(schema, {"x": [0, 1, 2]})] == ["/inputs/x/0", "/inputs/x/2"]
    assert [one.pointer for one in _told_at_save(schema, {"x": [0, 1, 2]})] == [
        "/steps/0/inputs/x/0",
        "/steps/0/inputs/x/2",
    ]


@pytest.mark.parametrize(("levels", "number"), [(2, 16), (8, 1)])
def test_references_count_for_what_they_lead_to(levels: int, number: int) -> None:
    assert len(_told(_many_references(levels), 0)) == number


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#there", "$defs": {"a": {"$anchor": "there"}}},
        {"$dynamicRef": "#there", "$defs": {"a": {"$dynamicAnchor": "there"}}},
        {"$ref": "#/$defs/a%62", "$defs": {"ab": {}}},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {}}},
        {"$ref": "#/allOf/0", "allOf": [{}]},
        {"$defs": {f"d{level}": {"$ref": f"#/$defs/d{level + 1}"} for level in range(2000)} | {"d2000": {}}},
    ],
)
def test_whatever_it_refers_to(schema: dict[str, Any]) -> None:
    assert len(_told({"properties": {"n": {"type": "string"}}, **schema}, {"n": 1})) == 1


def test_an_index_of_thousands_of_digits_leads_nowhere() -> None:
    schema = {"type": "integer", "examples": [{"$ref": f"#/allOf/{'1' * 5_000}"}], "allOf": [{}]}
    assert len(_told(schema, "a")) == 1


def test_patterns_are_bounded_before_they_are_prepared() -> None:
    """Each of these would take 50 ms and eight megabytes."""
    (told,) = json_schema.check(
        {"properties": {f"p{n}": {"pattern": f"{n}x"} for n in range(201)}}, "/schema"
    )
    assert (told.code, told.pointer) == ("too_many", "/schema")
    (told,) = json_schema.check({"patternProperties": {f"{n}x": {} for n in range(201)}}, "/schema")
    assert (told.code, told.pointer) == ("too_many", "/schema")
    (told,) = json_schema.check({"pattern": r"\p{L}{200}"}, "/schema")
    assert (told.code, told.pointer) == ("invalid_schema", "/schema/pattern")
    assert list(json_schema.check({"pattern": r"^\p{L}{1,20}$"})) == []


def test_the_steps_of_a_flow_share_what_is_told_in_full() -> None:
    inputs = [{"x": [0] * 300} for _ in range(50)]
    told = _told_at_save({"properties": {"x": {"items": {"enum": ["a" * 300]}}}}, *inputs)
    assert len(inputs) < len(told) < 10_000
    assert {one.pointer for one in told} >= {f"/steps/{index}/inputs/x/0" for index in range(50)}


def test_of_a_large_schema_one_thing_is_told() -> None:
    assert len(list(json_schema.check({"allOf": [1] * 100}))) == 100
    assert len(list(json_schema.check({"allOf": [1] * 10_000}))) == 1
    (told,) = json_schema.check({"type": [1] * 10_000}, "/inputSchema")
    assert (told.code, told.pointer) == ("invalid_schema", "/inputSchema")
