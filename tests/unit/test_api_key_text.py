"""The text of API keys."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolstoy.core import api_key_text
from tolstoy.core.api_key_text import hashed, id_in, new_key, shown
from tolstoy.core.ids import new_id

ANY_ID = st.uuids()


@given(ANY_ID)
def test_the_id_is_found_again(id_: UUID) -> None:
    key = new_key(id_)
    assert (id_in(key.text), len(key.text)) == (id_, 75)
    assert key.text.startswith(shown(id_)) and key.hash == hashed(key.text)


def test_no_two_are_the_same_and_none_is_shown() -> None:
    id_ = new_id()
    keys = {new_key(id_).text for _ in range(100)}
    assert len(keys) == 100
    key = new_key(id_)
    assert key.text not in repr(key)


@given(ANY_ID, st.integers(0, 74), st.sampled_from("0aZ_-é "))
def test_one_wrong_character_is_noticed(id_: UUID, at: int, other: str) -> None:
    text = new_key(id_).text
    mistyped = text[:at] + other + text[at + 1 :]
    assert (id_in(mistyped) is None) == (mistyped != text)


@pytest.mark.parametrize(
    "text",
    ["", "tol_", "tol_" + "0" * 71, "TOL_" + "0" * 71, new_key(new_id()).text + "0", "tol_" + "é" * 71],
)
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_in(text) is None


def test_an_id_too_large_is_none() -> None:
    body = api_key_text.PREFIX + "z" * 65
    assert id_in(body + api_key_text._checksum(body)) is None
