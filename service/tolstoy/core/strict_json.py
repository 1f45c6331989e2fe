"""JSON as this service accepts it: I-JSON (RFC 7493) with a limit on nesting.

Refused with a pointer to the place: duplicate names, numbers a double or a 64-bit integer cannot hold, lone
surrogates, and U+0000, which Postgres cannot store.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tolstoy.core.errors import MAX_FINDINGS, Finding, InvalidError, MalformedError

MAX_DEPTH = 64
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


class _Refused:
    """Stands in the decoded value where something was refused, so that the walk can say where."""

    __slots__ = ("code", "detail")

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


def decode(body: bytes) -> Any:
    """The value in `body`; raises MalformedError where it is not JSON, InvalidError where it is not ours."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(body)
    refused: list[_Refused] = []
    try:
        text = body.decode()
        value = _decoder(refused).decode(text)
    except UnicodeDecodeError as exc:
        raise MalformedError(f"The body is not UTF-8: byte {exc.start} starts no character.") from exc
    except ValueError as exc:
        raise MalformedError(f"The body is not JSON: {exc}.") from exc
    if refused or "\\u" in text:
        findings = list(islice(_walk(value, ""), MAX_FINDINGS))
        if findings:
            raise InvalidError(findings=findings)
    return value


def _decoder(refused: list[_Refused]) -> json.JSONDecoder:
    """A decoder that marks what it refuses in the value, and notes it in `refused`."""

    def refuse(code: str, detail: str) -> _Refused:
        refused.append(_Refused(code, detail))
        return refused[-1]

    def members(pairs: list[tuple[str, Any]]) -> Any:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        # counted in one pass: looking each name up among the others would take minutes for a body of short names
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        return {**value, twice: refuse("duplicate_name", "this name appears more than once in its object")}

    def integer(text: str) -> Any:
        if len(text) < 19 or (len(text) <= 20 and _INT_MIN <= int(text) <= _INT_MAX):
            return int(text)
        return refuse("number_out_of_range", "this integer does not fit in 64 bits")

    def real(text: str) -> Any:
        value = float(text)
        return value if math.isfinite(value) else refuse("number_out_of_range", "this number is too large")

    def constant(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    return json.JSONDecoder(
        object_pairs_hook=members, parse_int=integer, parse_float=real, parse_constant=constant
    )


def _check_depth(body: bytes) -> None:
    """Brackets inside strings are not nesting; a scan of the raw bytes, so that no parser recurses first."""
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif byte in b"]}":
            depth -= 1


def pointer(parent: str, key: str | int) -> str:
    """RFC 6901."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _walk(value: Any, at: str) -> Iterator[Finding]:
    match value:
        case _Refused():
            yield Finding(value.code, value.detail, pointer=at)
        case str() if problem := _text_problem(value):
            yield Finding("invalid_text", problem, pointer=at)
        case dict():
            for name, member in value.items():
                if problem := _text_problem(name):
                    yield Finding("invalid_text", f"a name in this object: {problem}", pointer=at)
                else:
                    yield from _walk(member, pointer(at, name))
        case list():
            for index, item in enumerate(value):
                yield from _walk(item, pointer(at, index))


def _text_problem(text: str) -> str | None:
    if "\x00" in text:
        return "the character U+0000 cannot be stored"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "a surrogate (U+D800 to U+DFFF) without its partner is no character"
    return None
