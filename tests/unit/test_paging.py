"""Cursors."""

from __future__ import annotations

import pytest

from tolstoy.core.errors import MalformedError
from tolstoy.core.ids import new_id
from tolstoy.domain import paging


def test_a_cursor_leads_back_to_its_place() -> None:
    last = new_id()
    assert paging.decode(paging.encode(last, b"list"), b"list") == last


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        paging.decode(paging.encode(new_id(), b"one list"), b"another")
    assert caught.value.findings[0].parameter == "cursor"


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 43, "A" * 44, "=" * 44, "A" * 5000])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(MalformedError):
        paging.decode(cursor, b"list")


def test_every_change_of_a_cursor_is_noticed() -> None:
    cursor = paging.encode(new_id(), b"list")
    for place in range(len(cursor) - 2):  # the last characters carry bits that base64 does not use
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(MalformedError):
            paging.decode(changed, b"list")
