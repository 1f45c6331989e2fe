"""JSON as the service accepts it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.core.errors import InvalidError, MalformedError
from tolstoy.core.strict_json import MAX_DEPTH, decode, pointer


def test_it_decodes_plain_json() -> None:
    assert decode(b'{"a": [1, -2.5, true, null, "\\u00e9\\ud83d\\ude00"]}') == {
        "a": [1, -2.5, True, None, "é😀"]
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nope",
        b"{'a': 1}",
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":1} x',
        b'"\x01"',
    ],
    ids=repr,
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(body)


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        (b'{"a": 1, "a": 2}', "/a", "duplicate_name"),
        (b'{"x": [{"a": 1, "a": 1}]}', "/x/0/a", "duplicate_name"),
        (b'{"a": 1e400}', "/a", "number_out_of_range"),
        (b"[9223372036854775808]", "/0", "number_out_of_range"),
        (b"[-9223372036854775809]", "/0", "number_out_of_range"),
        (b"[" + b"9" * 5000 + b"]", "/0", "number_out_of_range"),
        (b'{"a": {"b~/": "\\u0000"}}', "/a/b~0~1", "invalid_text"),
        (b'{"a": "\\ud800"}', "/a", "invalid_text"),
        (b'{"a": {"\\udc00": 1}}', "/a", "invalid_text"),
    ],
    ids=repr,
)
def test_what_cannot_be_kept_is_refused_where_it_stands(body: bytes, where: str, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        decode(body)
    assert [(finding.pointer, finding.code) for finding in caught.value.findings] == [(where, code)]


def test_the_largest_integers_pass() -> None:
    assert decode(b"[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]


def test_an_escaped_backslash_before_u0000_is_only_text() -> None:
    assert decode(b'["\\\\u0000"]') == ["\\u0000"]


def test_nesting_has_a_limit_that_brackets_in_strings_do_not_touch() -> None:
    assert decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert decode(json.dumps(['[{"' * 100]).encode()) == ['[{"' * 100]
    with pytest.raises(MalformedError, match=f"deeper than {MAX_DEPTH}"):
        decode(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))
    with pytest.raises(MalformedError, match="deeper"):
        decode(b'{"a":' * 100_000)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(_values, st.booleans())
def test_whatever_it_accepts_means_what_it_meant(value: object, escape: bool) -> None:
    assert decode(json.dumps(value, ensure_ascii=escape).encode()) == value


def test_pointers_escape_their_separators() -> None:
    assert pointer("/a", "b/c~d") == "/a/b~1c~0d"
    assert pointer("", 3) == "/3"
