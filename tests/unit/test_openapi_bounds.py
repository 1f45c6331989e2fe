"""Documents that are small and would take gigabytes, or minutes, to look at."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.unit.openapi_documents import document, with_body
from tests.unit.openapi_plans import only, refusal, warned
from tolstoy.domain.openapi.breaking import breaking
from tolstoy.domain.openapi.plan import plan


@contextmanager
def within(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    finally:
        tracemalloc.stop()


def test_places_with_long_names_are_not_all_written_out() -> None:
    """Of a megabyte they would take 250 GB."""
    said = document({"/" + "a" * 100_000: {f"x{n}": 0 for n in range(1000)}})
    with within(4):
        assert refusal(said) == [("too_large", "/document")]


def test_a_reference_cannot_be_as_long_as_the_document() -> None:
    long = {"$ref": "#/x-" + "a" * 10_000}
    said = document({"/a": long}, **{"x-" + "a" * 10_000: {"get": {}}})
    assert refusal(said) == [("unsupported_reference", "/document/paths/~1a/$ref")]


def test_a_place_in_a_list_is_written_in_one_way() -> None:
    """Else each way would be a schema of its own, of any length."""
    said = with_body({"$ref": "#/components/schemas/A/allOf/00"}, A={"allOf": [{"type": "string"}]})
    ((code, _),) = refusal(said)
    assert code == "unknown_reference"


@pytest.mark.parametrize("kind", [5, None, True, 1.5, {}, [{}], [[]]])
def test_a_type_that_is_none_is_refused(kind: Any) -> None:
    parameter = {"name": "q", "in": "query", "schema": {"type": kind}}
    ((code, at),) = refusal(document({"/a": {"get": {"parameters": [parameter]}}}))
    assert (code, at) == ("invalid_schema", "/document/paths/~1a/get/parameters/0/schema/type")


def test_inputs_that_all_need_each_other_are_not_written_out() -> None:
    """For each of them the list of them all: of a megabyte it would be 30 GB."""
    properties: dict[str, Any] = {f"p{n}": {} for n in range(2000)}
    said = with_body({"type": "object", "properties": properties, "required": list(properties)})
    said["paths"]["/send"]["post"]["requestBody"].pop("required", None)
    with within(12):
        assert [code for code, _ in warned(plan(said))] == ["too_large"]


def test_very_many_properties_that_are_only_answered() -> None:
    """Each required name was looked up in a list of them, which took minutes."""
    properties = {f"p{n}": {"readOnly": True} for n in range(100_000)}
    said = with_body({"properties": properties, "required": [f"q{n}" for n in range(10_000)]})
    assert only(said).input_schema["required"][:2] == ["q0", "q1"]


@pytest.mark.parametrize(
    "body",
    [
        {"allOf": [{"properties": {f"p{n}": {} for n in range(50_000)}}, {"properties": {"p0": {}}}]},
        {f"x-{n}": 0 for n in range(50_000)},
    ],
)
def test_what_a_thousand_operations_share_is_not_looked_at_a_thousand_times(body: Any) -> None:
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
    said = document(
        {f"/a{n}": {"post": {"requestBody": {"content": media}}} for n in range(1000)},
        components={"schemas": {"A": body}},
    )
    assert refusal(said) == [("too_large", "/document")]


def test_types_of_a_body_that_a_thousand_operations_share() -> None:
    content: dict[str, Any] = {f"image/x{n}": {} for n in range(50_000)}
    said = document(
        {f"/a{n}": {"post": {"requestBody": {"$ref": "#/components/requestBodies/A"}}} for n in range(1000)},
        components={"requestBodies": {"A": {"content": content}}},
    )
    assert refusal(said) == [("too_large", "/document")]


def test_cycles_of_different_lengths_are_compared_within_bounds() -> None:
    """Two of 15 KB took 2 GB: each pair was put down again from wherever it was met."""

    def cycle(length: int) -> dict[str, Any]:
        definitions = {
            f"d{n}": {"properties": {f"p{m}": {"$ref": f"#/$defs/d{(n + 1) % length}"} for m in range(50)}}
            for n in range(length)
        }
        return {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}

    with within(8):
        assert breaking(cycle(5), cycle(6), {}, "/document/paths") == []


def test_what_is_said_beside_a_reference_is_compared_at_each() -> None:
    def two(most: int) -> dict[str, Any]:
        sides = {"a": {"$ref": "#/$defs/s"}, "b": {"$ref": "#/$defs/s", "maxLength": most}}
        return {"properties": sides, "$defs": {"s": {"type": "string"}}}

    (found,) = breaking(two(9), two(8), {"a": "/a", "b": "/b"}, "/document/paths")
    assert (found.code, found.pointer) == ("bound_narrowed", "/b")
