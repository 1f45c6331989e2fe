"""JSON as it comes back from jsonb; tests/engine/test_canonical.py asks Postgres itself."""

from __future__ import annotations

from typing import Any

import pytest

from tolstoy.domain.canonical import canonical


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e16, 10**16),
        (-1e16, -(10**16)),
        (1.2345678901234568e17, 123456789012345680),
        (9223372036854774784.0, 9223372036854775000),
        (-0.0, 0.0),
        (2**63, 2.0**63),
        (-(2**63) - 1, -(2.0**63)),
        (10**300, 1e300),
        ([1, [-0.0]], [1, [0.0]]),
        ({"b": 1e17, "a": {"x": [1e18, "t"]}}, {"b": 10**17, "a": {"x": [10**18, "t"]}}),
    ],
)
def test_what_is_to_change(value: Any, expected: Any) -> None:
    before = repr(value)
    assert repr(canonical(value)) == repr(expected)
    assert repr(value) == before, "the value itself is left as it was"
    again = canonical(value)
    assert canonical(again) is again


@pytest.mark.parametrize(
    "value",
    [
        None, True, "1e17", 7, -(2**63), 2**63 - 1, 0.0, 10.0, 9999999999999998.0, 2.0**63, 1e300, 5e-324,
        float("inf"), [], {}, [1, 0.0, {"a": [None, "b", 2.5, False]}], {"z": 1, "a": {"y": 0.0}},
    ],
)  # fmt: skip
def test_what_is_canonical_is_the_same_object(value: Any) -> None:
    assert canonical(value) is value


def test_what_is_beside_a_change_is_not_copied() -> None:
    kept = {"a": [1]}
    assert canonical([kept, -0.0])[0] is kept
