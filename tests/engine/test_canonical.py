"""What is canonical comes back from jsonb as it was: a run goes on alike from what it has and what it reads."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.engine.home import Home
from tolstoy.domain.canonical import canonical

NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(1e15, 1e20)
    | st.integers(-(2**63), 2**63 - 1).map(float)
)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def _exact(value: Any) -> str:
    """With the types of its numbers, and without the order of its names."""
    match value:
        case dict():
            members = (f"{name!r}: {_exact(member)}" for name, member in sorted(value.items()))
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join(map(_exact, value))}]"
    return repr(value)


async def _returned(home: Home, values: list[Any]) -> list[Any]:
    texts = [msgspec.json.encode(value).decode() for value in values]
    rows = await home.owner.fetch("SELECT value::jsonb::text FROM unnest($1::text[]) AS given (value)", texts)
    return [msgspec.json.decode(row["value"]) for row in rows]


@settings(
    max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(JSON, min_size=20, max_size=40))
@example([1e16, -1e16, 9999999999999998.0, -0.0, 0.0, 10.0, 1e300, 2.0**63, -(2.0**63), 5e-324, 1.5e18])
async def test_what_is_canonical_comes_back_as_it_was(home: Home, values: list[Any]) -> None:
    made = [canonical(value) for value in values]
    returned = await _returned(home, made)
    assert [_exact(canonical(value)) for value in returned] == [_exact(value) for value in made]
    # and what was recorded as it came is canonical alike
    assert [_exact(canonical(value)) for value in await _returned(home, values)] == list(map(_exact, made))
