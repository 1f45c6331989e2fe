import sys
from typing import Any

import pytest

from tolstoy.engine.answer import Response, decoded
from tolstoy.engine.call_error import CallError

JSON = "application/json"


def value(body: bytes, kind: str | None = JSON) -> Any:
    headers = {} if kind is None else {"content-type": kind}
    return decoded(Response(status=200, headers=headers, body=body, elapsed_seconds=0.1, url="http://a/"))


def problem(body: bytes, kind: str = JSON) -> str:
    with pytest.raises(CallError) as caught:
        value(body, kind)
    assert (caught.value.kind, caught.value.sent) == ("invalid_response", True)
    return caught.value.detail


@pytest.mark.parametrize(
    "kind",
    [
        JSON,
        "application/JSON; charset=utf-8",
        "application/problem+json",
        "text/json",
        "application/vnd.a+json",
    ],
)
def test_json_by_its_type(kind: str) -> None:
    assert value(b'{"a": [1, 2.5, null, true, "\xc3\xa9"]}', kind) == {"a": [1, 2.5, None, True, "é"]}


@pytest.mark.parametrize("kind", [JSON, "text/plain", "image/png", None])
def test_nothing_is_none(kind: str | None) -> None:
    assert value(b"", kind) is None


@pytest.mark.parametrize(
    ("body", "decodes_to"),
    [
        (b"\xef\xbb\xbf{}", {}), (b" 1 ", 1), (b'"\\ud83d\\ude00"', "😀"), (b'{"a":1,"a":2}', {"a": 2}),
        (b"9223372036854775807", 2**63 - 1), (b"-9223372036854775808", -(2**63)),
        (b"0.12345678901234567890123", 0.12345678901234568), (b'"12345678901234567890123"', "12345678901234567890123"),
        (b'"\\\\u0000"', "\\u0000"), (b"[" * 64 + b"]" * 64, None), (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b"[" + b"{}," * 100 + b"{}]", [{}] * 101), (b"1e308", 1e308),
    ],
)  # fmt: skip
def test_what_is_good_json(body: bytes, decodes_to: Any) -> None:
    assert decodes_to is None or value(body) == decodes_to
    value(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[1,]", b"{} {}", b"01", b"NaN", b"-Infinity", b"1e999", b"'a'", b'"\x01"', b'"\x00"', b" ", b"nul",
        b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\u0041"', b'"\\ud800abcdefghijklmnop"', b'{"\\udfff": 1}', b"\xff",
        b'"\xff"', b'"\xed\xa0\x80"', b'{"a\xff": 1}', "é".encode("latin-1"), b'"\\u0000"', b'{"\\u0000": 1}',
        b'[["a\\u0000b"]]',
        b"9223372036854775808", b"-9223372036854775809", b'{"a": [18446744073709551615]}',
    ],
)  # fmt: skip
def test_what_is_no_json_for_us(body: bytes) -> None:
    detail = problem(body)
    assert "answer" in detail and len(detail) < 200


def test_deep_or_endless_json_is_an_error_and_no_crash() -> None:
    for body in (
        b"1" * 5000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000,
    ):
        assert len(problem(body)) < 200


@pytest.mark.parametrize("text", ["1.7976931348623159e308", "1e309", "1e400", "1" + "0" * 309 + ".5"])
def test_no_number_that_json_cannot_say_comes_out(text: str) -> None:
    """The greatest one comes as it is; what would be infinity is refused, wherever it stands."""
    greatest = sys.float_info.max
    assert value(f"[{greatest!r}, {-greatest!r}]".encode()) == [greatest, -greatest]
    for body in (text, f"-{text}", f"[{text}]", f'{{"a": [-{text}]}}'):
        assert len(problem(body.encode())) < 200, body


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", "é".encode(), "é"), ("text/html; charset=ISO-8859-1", b"\xe9", "é"),
        ('text/csv; charset="windows-1252"', b"\x80", "€"), ("text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        ("text/plain; charset=Shift_JIS", "あ".encode("shift_jis"), "あ"), ("application/xml", b"<a/>", "<a/>"),
        ("application/soap+xml; charset=us-ascii", b"<a/>", "<a/>"), ("text/plain", b"\xef\xbb\xbfa", "a"),
    ],
)  # fmt: skip
def test_text_in_its_charset(kind: str, body: bytes, text: str) -> None:
    assert value(body, kind) == text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"\xff"), ("text/plain; charset=us-ascii", b"\xe9"), ("text/plain; charset=nonsense", b"a"),
        ("text/plain", b"a\x00b"), ("text/plain; charset=utf-16", b"\x00\xd8"),
        ("text/plain; charset=utf-16-le", b"\x00\x00"),
        *((f"text/plain; charset={codec}", b"aa") for codec in
          ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "zlib", "hex", "rot13", "undefined")),
    ],
)  # fmt: skip
def test_what_is_not_the_text_it_says(kind: str, body: bytes) -> None:
    assert "answer" in problem(body, kind)


def test_all_else_is_base64_with_its_type() -> None:
    assert value(b"\x00\xff", "image/png") == {"base64": "AP8=", "contentType": "image/png"}
    assert value(b"{}", None) == {"base64": "e30=", "contentType": None}
