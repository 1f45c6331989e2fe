"""What a tool answers, and the value it is for the steps that follow."""

from __future__ import annotations

import codecs
import re
from base64 import b64encode
from typing import Any, Final

import msgspec

from tolstoy.core.strict_json import MAX_DEPTH
from tolstoy.engine.call_error import CallError

_DECODER: Final = msgspec.json.Decoder()
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_DIGITS_AS_ZEROS: Final = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_NUMBER: Final = b"0" * 19
# Codecs of text only: some of Python's others are slow on purpose-made input, or make what is no text.
_CODECS: Final = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp125\d|koi8-[ru]|shift_jis|euc_jp|euc_kr|gb2312|gbk|gb18030|big5"
)
_CHARSET: Final = re.compile(r'charset\s*=\s*"?([A-Za-z0-9_.:-]+)', re.IGNORECASE)


class Response(msgspec.Struct, kw_only=True, frozen=True):
    """Any status. Header names are in lower case; one that was sent more than once is joined by `, `.

    `set-cookie`, whose values have commas, is joined by line breaks.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    elapsed_seconds: float
    url: str
    redirects: int = 0


def decoded(response: Response) -> Any:
    """JSON as its value, text as text, nothing as None, else `{"base64": …, "contentType": …}`.

    Only what Postgres can store as jsonb and an expression can count with; else CallError `invalid_response`.
    """
    body = response.body
    if not body:
        return None
    declared = response.headers.get("content-type", "")
    kind = declared.partition(";")[0].strip().lower()
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        return _json(body.removeprefix(codecs.BOM_UTF8))
    if kind.startswith("text/") or kind == "application/xml" or kind.endswith("+xml"):
        return _text(body.removeprefix(codecs.BOM_UTF8), declared)
    return {"base64": b64encode(body).decode(), "contentType": declared or None}


def _json(body: bytes) -> Any:
    try:
        value = _DECODER.decode(body)
    except RecursionError as exc:
        raise _too_deep() from exc
    except UnicodeDecodeError as exc:
        raise _invalid("the answer's JSON is not UTF-8") from exc
    except msgspec.DecodeError as exc:
        raise _invalid(f"the answer is not the JSON it is said to be: {exc}") from exc
    # cheap looks at the bytes first: nearly no answer needs a walk through its values
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    if b"\\u0000" in body or _LONG_NUMBER in body.translate(_DIGITS_AS_ZEROS):
        _check_scalars(value)
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [
        member
        for outer in level
        for member in (outer.values() if type(outer) is dict else outer)
        if type(member) is dict or type(member) is list
    ]:
        depth += 1
        if depth >= MAX_DEPTH:
            raise _too_deep()


def _check_scalars(value: Any) -> None:
    match value:
        case str() if "\x00" in value:
            raise _invalid("the answer has the character U+0000, which cannot be stored")
        case int() if not _INT_MIN <= value <= _INT_MAX:
            raise _invalid("the answer has an integer of more than 64 bits")
        case dict():
            for name, member in value.items():
                _check_scalars(name)
                _check_scalars(member)
        case list():
            for member in value:
                _check_scalars(member)


def _text(body: bytes, declared: str) -> str:
    named = _CHARSET.search(declared)
    charset = named[1] if named else "utf-8"
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        codec = ""
    if not _CODECS.fullmatch(codec):
        raise _invalid(f"the answer's charset {charset[:50]} is not known")
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as exc:
        raise _invalid(f"the answer is not the {codec} text it is said to be") from exc
    if "\x00" in text:
        raise _invalid("the answer has the character U+0000, which cannot be stored")
    return text


def _too_deep() -> CallError:
    return _invalid(f"the answer's JSON is nested deeper than {MAX_DEPTH} levels")


def _invalid(detail: str) -> CallError:
    return CallError("invalid_response", detail, True)
