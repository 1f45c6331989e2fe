"""Every finding against a type, where conversion stops at the first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from tolstoy.core import shape


class Sent(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    id: UUID
    first_name: Annotated[str, Meta(min_length=1, max_length=5)]
    kind: Literal["a", "b"] | None = None
    when: datetime | UnsetType = UNSET
    tags: dict[Annotated[str, Meta(pattern="^[a-z]+$", description="a word")], int] | UnsetType = UNSET


def test_it_finds_everything_at_once() -> None:
    found = shape.check_type(
        Sent, {"id": "x", "firstname": "", "kind": "c", "when": "soon", "tags": {"A": "1"}}
    )
    assert [(finding.pointer, finding.code) for finding in found] == [
        ("/firstname", "unknown_field"),
        ("/id", "invalid_format"),
        ("/firstName", "missing_field"),
        ("/kind", "invalid_value"),
        ("/when", "invalid_format"),
        ("/tags/A", "invalid_format"),
        ("/tags/A", "wrong_type"),
    ]
    assert "did you mean firstName" in found[0].detail


@pytest.mark.parametrize(
    "value",
    [
        {"id": "018f0000-0000-7000-8000-000000000000", "firstName": "Ada"},
        {"id": "018f0000-0000-7000-8000-000000000000", "firstName": "Ada", "kind": None, "tags": {}},
        {"id": "018f0000-0000-7000-8000-000000000000", "firstName": "Ada", "when": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_converts_has_no_findings(value: object) -> None:
    assert msgspec.convert(value, Sent)
    assert shape.check_type(Sent, value) == []


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_another_type_altogether_is_one_finding(value: object) -> None:
    assert [(finding.pointer, finding.code) for finding in shape.check_type(Sent, value)] == [
        ("", "wrong_type")
    ]


def test_true_and_false_are_no_numbers_and_no_texts() -> None:
    sent = {"a": True, "b": {"x": 1}, "c": 1, "d": "true"}
    found = shape.check_type(dict[str, bool | dict[str, int]], sent)
    assert [(one.pointer, one.code) for one in found] == [("/c", "wrong_type"), ("/d", "wrong_type")]
    assert found[0].detail == "this is a number: write true or false or an object"
