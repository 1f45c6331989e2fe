"""Identifiers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tolstoy.core.ids import first_id_at, new_id, parse_id


def test_ids_are_uuid7_and_grow() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(value.version == 7 for value in ids)
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000


def test_ids_are_read_in_either_case() -> None:
    value = new_id()
    assert parse_id(str(value)) == value
    assert parse_id(str(value).upper()) == value


@pytest.mark.parametrize(
    "text",
    ["", "x", "018f000000007000800000000000000a", "{018f0000-0000-7000-8000-000000000000}", " " * 36, "é" * 36,
     "urn:uuid:018f0000-0000-7000-8000-000000000000", "018f0000-0000-7000-8000-00000000000g"],
)  # fmt: skip
def test_no_other_spelling_is_read(text: str) -> None:
    assert parse_id(text) is None


def test_ids_of_a_time_are_not_below_its_first() -> None:
    before, made = datetime.now(UTC), new_id()
    assert first_id_at(before) <= made < first_id_at(before + timedelta(hours=1))
    assert first_id_at(before).version == 7
    assert first_id_at(datetime.min.replace(tzinfo=UTC) + timedelta(days=2)).int >> 80 == 0
