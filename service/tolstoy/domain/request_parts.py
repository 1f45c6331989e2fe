"""The parts of a request that inputs become: what each takes, and what is wrong with a value for it."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer

MAX_HEADER: Final = 8 * 1024

HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
# RFC 6265's cookie-octet: what else a value has would end it, or the header
_COOKIE_VALUE: Final = re.compile(r"[!#-+\-.-:<-\[\]-~]*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# They are the client's own: a second opinion on where a request ends is how requests are smuggled.
RESERVED: Final = frozenset(
    {
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def is_reserved(header: str) -> bool:
    return header.lower() in RESERVED


def scalar(value: Any) -> str | None:
    """As JSON writes it; None for what is no scalar."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return msgspec.json.encode(value).decode()
        case _:
            return None


def pairs(into: list[tuple[str, str]], name: str, value: Any, at: str) -> list[Finding]:
    """Adds a parameter; a list repeats its name, null is left out."""
    found = []
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        text = scalar(item)
        if text is not None:
            into.append((name, text))
        elif item is not None:
            place = pointer(at, index) if isinstance(value, list) else at
            said = "a parameter takes a text, a number, true or false, or a list of these"
            found.append(Finding("wrong_type", said, place))
    return found


def header_problem(name: str, text: str) -> str | None:
    if not HEADER_NAME.fullmatch(name):
        return "a name has letters, digits and some signs only"
    if is_reserved(name):
        return "the client writes it itself; leave it out"
    if _CONTROL.search(text):
        return "a value is one line without control characters"
    if len(text) > MAX_HEADER:
        return f"a value has at most {MAX_HEADER} characters"
    return None


def segment_problem(value: Any, text: str | None) -> tuple[str, str] | None:
    if value is None:
        return "required", "the path needs it"
    if text is None:
        return "wrong_type", "the path takes a text, a number or true or false"
    if not text:
        return "invalid_path", "the path cannot take an empty text"
    if text in (".", "..") or "/" in text or "\\" in text or _CONTROL.search(text):
        return "invalid_path", "the path takes one segment: no slash, no control character, not . or .."
    return None


def cookie_problem(name: str, text: str | None) -> str | None:
    if text is None or not HEADER_NAME.fullmatch(name) or not _COOKIE_VALUE.fullmatch(text):
        return "a cookie takes a text without spaces, quotes, commas, semicolons and backslashes"
    return None
