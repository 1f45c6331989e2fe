"""What of a new schema a flow that worked may fail at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.domain import json_schema
from tolstoy.domain.openapi.breaking import breaking


def told(old: Any, new: Any) -> list[tuple[str, str | None]]:
    """Of an input `a` that had the one schema and has the other."""
    return [
        (finding.code, (finding.pointer or "").removeprefix("/document"))
        for finding in breaking(inputs(old), inputs(new), {"a": "/document/a"}, "/document/op")
    ]


def inputs(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ({"type": "number"}, {"type": "integer"}, "type_narrowed"),
        ({"type": ["string", "null"]}, {"type": "string"}, "type_narrowed"),
        ({}, {"type": "string"}, "type_narrowed"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum_narrowed"),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}, "enum_narrowed"),
        ({"enum": ["a", "b"]}, {"const": "a"}, "enum_narrowed"),
        ({"enum": [True]}, {"enum": [1, 2]}, "enum_narrowed"),
        ({"maximum": 10}, {"maximum": 9}, "bound_narrowed"),
        ({}, {"minLength": 1}, "bound_narrowed"),
        ({"pattern": "a"}, {"pattern": "b"}, "narrowed"),
        ({}, {"uniqueItems": True}, "narrowed"),
        ({"type": "string"}, False, "narrowed"),
        ({}, {"not": {"type": "string"}}, "changed"),
        ({"oneOf": [{}, {}]}, {"oneOf": [{}]}, "changed"),
        ({"additionalProperties": True}, {"additionalProperties": False}, "closed"),
    ],
)
def test_less_is_taken(old: Any, new: Any, code: str) -> None:
    assert told(old, new) == [(code, "/a")]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ({"items": {"type": "number"}}, {"items": {"type": "integer"}}, "/a/items"),
        ({"properties": {"b": {}}}, {"properties": {"b": {"type": "null"}}}, "/a/properties/b"),
        (
            {"additionalProperties": {"enum": [1, 2]}},
            {"additionalProperties": {"enum": [1]}},
            "/a/additionalProperties",
        ),
        ({"anyOf": [{"minimum": 1}]}, {"anyOf": [{"minimum": 2}]}, "/a/anyOf/0"),
        ({"properties": {"b": {}}}, {"properties": {"b": {}}, "required": ["b"]}, "/a/properties/b"),
    ],
)
def test_deep_inside_too(old: Any, new: Any, place: str) -> None:
    assert [at for _, at in told(old, new)] == [place]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "integer"}, {"type": "number"}),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}),
        ({"enum": [{"a": 1, "b": 1e17}]}, {"enum": [{"b": 10**17, "a": 1}]}),
        ({"enum": list(range(10_000))}, {"enum": list(range(10_000, -1, -1))}),
        ({"maximum": 9}, {"maximum": 10}),
        ({"maximum": 9}, {}),
        ({"required": ["b"]}, {}),
        ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"description": "x"}, {"description": "y", "examples": [1]}),
        ({"properties": {}}, {"properties": {"b": {"type": "string"}}}),
        ({"type": "string"}, True),
        (False, {"type": "string"}),
    ],
)
def test_more_is_taken(old: Any, new: Any) -> None:
    assert told(old, new) == []


def test_inputs_that_come_and_go() -> None:
    old = {"properties": {"a": {}, "b": {}}, "required": ["a"]}
    new = {"properties": {"a": {}, "c": {}}, "required": ["a", "c"]}
    found = breaking(old, new, {"c": "/document/c"}, "/document/op")
    assert [(finding.code, finding.pointer) for finding in found] == [
        ("input_removed", "/document/op"),
        ("input_required", "/document/c"),
    ]
    assert [finding.code for finding in breaking(None, new, {}, "/document/op")] == ["input_required"] * 2


def test_through_references_that_go_round() -> None:
    def looped(bound: int, hops: int) -> dict[str, Any]:
        names = [f"N{number}" for number in range(hops)]
        node = {
            name: {"properties": {"next": {"$ref": f"#/$defs/{after}"}, "value": {"maximum": bound}}}
            for name, after in zip(names, [*names[1:], names[0]], strict=True)
        }
        return {"properties": {"a": {"$ref": "#/$defs/N0"}}, "$defs": node}

    assert breaking(looped(5, 2), looped(5, 3), {}, "/op") == []
    found = breaking(looped(5, 2), looped(4, 3), {}, "/op")
    assert {finding.code for finding in found} == {"bound_narrowed"}
    assert 0 < len(found) <= 50


_SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "number", "null", "object", ["string", "null"]]),
            "minimum": st.integers(0, 3),
            "maxLength": st.integers(0, 3),
            "enum": st.lists(st.sampled_from(["", "abc", 1, 2.5, None]), min_size=1, max_size=3),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
            "required": st.lists(st.sampled_from("xy"), max_size=2, unique=True),
            "additionalProperties": st.booleans(),
        },
    ),
    max_leaves=4,
)
_VALUES = st.recursive(
    st.sampled_from(["", "abc", "abcd", 0, 1, 2, 2.5, None]),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(old=_SCHEMAS, new=_SCHEMAS, value=_VALUES)
def test_what_is_not_told_does_not_break(old: Any, new: Any, value: Any) -> None:
    """A value that the old schema takes and the new one refuses: then something was told.

    But for a property that the old schema did not name: that a new one is typed is how schemas grow.
    """
    if told(old, new) or _unnamed(old, value):
        return
    if json_schema.validator(inputs(old)).is_valid({"a": value}):
        assert json_schema.validator(inputs(new)).is_valid({"a": value})


def _unnamed(schema: Any, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    named = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return any(name not in named or _unnamed(named[name], member) for name, member in value.items())
