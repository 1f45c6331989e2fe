"""What a request says, read as the types that a handler asks for."""

from __future__ import annotations

import contextlib
import re
import types
import typing
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sanic import Request

from tolstoy.api.errors import from_validation
from tolstoy.core import shape, strict_json
from tolstoy.core.errors import (
    Finding,
    InvalidError,
    MalformedError,
    NotFoundError,
    UnsupportedMediaTypeError,
)
from tolstoy.core.ids import parse_id

_ETAG = re.compile(r'(W/)?"(\d{1,18})"')
_NUMBERS = frozenset({int, float, bool})


def path_value(text: str, type_: type) -> UUID | int | str:
    if type_ is str:
        return text
    if type_ is int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise NotFoundError(f"There is nothing at {text!r}: it is not a number.")
        return int(text)
    value = parse_id(text)
    if value is None:
        raise NotFoundError(f"There is nothing at {text!r}: it is not a UUID.")
    return value


def has_body(request: Request) -> bool:
    if request.method not in ("GET", "HEAD"):
        return bool(request.body)
    # Sanic does not read theirs
    return "transfer-encoding" in request.headers or bool(
        request.headers.get("content-length", "").strip("0")
    )


def json_body(request: Request) -> Any:
    """The value in the body; raises UnsupportedMediaTypeError, MalformedError, InvalidError."""
    content_type = request.headers.getone("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaTypeError
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("Send the body as it is, without Content-Encoding.")
    return strict_json.decode(request.body)


def body(request: Request, type_: Any) -> Any:
    raw = json_body(request)
    if isinstance(raw, dict):
        _rename_aliases(raw, getattr(type_, "aliases", {}))
    try:
        return msgspec.convert(raw, type_)
    except msgspec.ValidationError as exc:
        raise InvalidError(findings=shape.check_type(type_, raw) or [from_validation(exc)]) from exc


def _rename_aliases(raw: dict[str, Any], aliases: dict[str, str]) -> None:
    for alias, name in aliases.items():
        if alias in raw:
            if name in raw:
                detail = f"this is another name of {name}; send one of them"
                raise InvalidError(findings=[Finding("duplicate_name", detail, pointer=f"/{alias}")])
            raw[name] = raw.pop(alias)


def query(request: Request, type_: Any) -> Any:
    if not request.query_string:
        return type_()
    known = {item.encode_name: item for item in msgspec.structs.fields(type_)}
    wrong: list[Finding] = []
    values: dict[str, Any] = {}
    try:
        parameters = request.get_args(keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as exc:
        raise MalformedError("The query is not UTF-8.") from exc
    for name, sent in parameters.items():
        item = known.get(name)
        if item is None:
            detail = f"there is no such parameter; known are {', '.join(sorted(known))}"
            wrong.append(Finding("unknown_parameter", detail, parameter=name))
        elif len(sent) > 1:
            wrong.append(Finding("duplicate", "this parameter was sent more than once", parameter=name))
        else:
            try:
                values[item.name] = _parameter(sent[0], item.type)
            except _UnusableError as exc:
                wrong.append(Finding(exc.code, exc.detail, parameter=name))
    if wrong:
        raise MalformedError("Some query parameters cannot be used.", findings=wrong)
    return type_(**values)


class _UnusableError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(detail)


def _parameter(text: str, type_: Any) -> Any:
    if "\x00" in text:
        raise _UnusableError("invalid_value", "the character U+0000 is in no stored value")
    if not text:
        raise _UnusableError("invalid_value", "this parameter has no value")
    sent = without_none(type_)
    # only a number needs a lenient reading; a time would be taken from a number then
    lenient = bool(_NUMBERS.intersection((sent, *typing.get_args(sent))))
    try:
        value = msgspec.convert(text, sent, strict=not lenient)
    except msgspec.ValidationError as exc:
        raise _unusable(text, sent, lenient=lenient) from exc
    return _in_utc(value) if isinstance(value, datetime) else value


def _unusable(text: str, sent: Any, *, lenient: bool) -> _UnusableError:
    """In the words that are used of bodies, where a text is no number."""
    value: object = text
    if lenient:
        with contextlib.suppress(msgspec.ValidationError):
            value = msgspec.convert(text, int | float, strict=False)
    for finding in shape.check_type(sent, value):
        if finding.code != "wrong_type":
            return _UnusableError(finding.code, finding.detail)
    return _UnusableError("invalid_value", f"this is {shape.quoted(text)}: write {shape.bare(sent)}")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:  # the first or the last day there is, in another zone
        raise _UnusableError("invalid_value", "no time that far away can be told in UTC") from exc


@lru_cache(maxsize=256)
def without_none(type_: Any) -> Any:
    """The type of a parameter that was sent: leaving it out is how to say nothing, and "null" is a text like any."""
    if typing.get_origin(type_) is Annotated:
        inner, *metadata = typing.get_args(type_)
        return Annotated[(without_none(inner), *metadata)]
    return without(types.NoneType, type_=type_)


def without(*unwanted: type, type_: Any) -> Any:
    """A union without some of its types; None where nothing is left."""
    union = typing.get_origin(type_) in (typing.Union, types.UnionType)
    parts = tuple(part for part in (typing.get_args(type_) if union else (type_,)) if part not in unwanted)
    return typing.Union[parts] if parts else None  # noqa: UP007 - the types are known only now


def tags(header: str) -> frozenset[int] | None:
    """The revisions named in a list of entity tags, weak or not; None for `*`.

    If-Match takes weak tags too, against RFC 9110: a proxy that compresses answers makes ours weak.
    """
    if header.strip() == "*":
        return None
    found = (_ETAG.fullmatch(part.strip()) for part in header.split(","))
    return frozenset(int(match[2]) for match in found if match)


def if_match(request: Request) -> frozenset[int] | None:
    lines = request.headers.getall("if-match", [])
    return tags(",".join(lines)) if lines else None
