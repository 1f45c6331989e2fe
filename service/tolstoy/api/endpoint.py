"""The edge of every operation: authenticate, read what the handler's signature asks for, answer, and the contract.

A handler is `async def operation(scope, *, body, query, if_match, <path parameters>) -> Struct | None`; it takes
what it needs of these. Its annotations are the contract that the OpenAPI document is made from.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sanic import HTTPResponse, Request

from tolstoy.api import auth, idempotent
from tolstoy.api.errors import from_validation
from tolstoy.core import shape, strict_json
from tolstoy.core.errors import (
    Finding,
    InvalidError,
    MalformedError,
    NotFoundError,
    ProblemError,
    UnsupportedMediaTypeError,
)
from tolstoy.core.ids import parse_id
from tolstoy.db.tenancy import Door

Handler = Callable[..., Awaitable[Any]]

_encode = msgspec.json.Encoder().encode
_NUMBERS = frozenset({int, float, bool})


@dataclass(frozen=True)
class Operation:
    """What one operation takes and gives; `door` is None where nobody needs to say who they are.

    `answers` are the types of its bodies under other statuses than `status`, besides problems.
    """

    name: str
    summary: str
    description: str
    tag: str
    door: Door | None
    status: int
    body: Any = None
    query: Any = None
    returns: Any = None
    path: Mapping[str, type] = field(default_factory=dict)
    if_match: bool = False
    creates: bool = False
    raises: tuple[type[ProblemError], ...] = ()
    answers: Mapping[int, Any] = field(default_factory=dict)
    media: str = "application/json"


def endpoint(
    *,
    tag: str,
    door: Door | None = Door.MEMBER,
    status: int = 200,
    raises: tuple[type[ProblemError], ...] = (),
    answers: Mapping[int, Any] | None = None,
    media: str = "application/json",
) -> Callable[[Handler], Callable[..., Awaitable[HTTPResponse]]]:
    def decorate(handler: Handler) -> Callable[..., Awaitable[HTTPResponse]]:
        operation = _operation(handler, tag, door, status, raises, answers or {}, media)

        @wraps(handler)
        async def serve(request: Request, **path: str) -> HTTPResponse:
            scope = None if door is None else auth.scope(request, door)
            arguments = _arguments(request, operation, path)
            if scope is None:
                return _response(request, operation, await handler(request, **arguments))
            if operation.creates and "idempotency-key" in request.headers:
                async with idempotent.transaction(scope, request) as (inner, answer):
                    if answer.replayed is None:
                        answer.made = _response(request, operation, await handler(inner, **arguments))
                return answer.response
            return _response(request, operation, await handler(scope, **arguments))

        serve.operation = operation  # type: ignore[attr-defined]
        return serve

    return decorate


def _arguments(request: Request, operation: Operation, path: dict[str, str]) -> dict[str, Any]:
    """What the handler's signature asks of the request; raises a problem for what it has no place for."""
    arguments: dict[str, Any] = {
        name: _path_value(path[name], type_) for name, type_ in operation.path.items()
    }
    if operation.body is not None:
        arguments["body"] = _body(request, operation.body)
    elif _has_body(request):
        raise MalformedError("This request takes no body.")
    if operation.query is not None:
        arguments["query"] = _query(request, operation.query)
    elif request.query_string:
        raise MalformedError("This address takes no query parameters.")
    if operation.if_match:
        arguments["if_match"] = _if_match(request)
    return arguments


def _operation(
    handler: Handler,
    tag: str,
    door: Door | None,
    status: int,
    raises: tuple[type[ProblemError], ...],
    answers: Mapping[int, Any],
    media: str,
) -> Operation:
    hints = typing.get_type_hints(handler, include_extras=True)
    summary, _, description = (inspect.getdoc(handler) or handler.__name__).partition("\n\n")
    returns = hints.get("return")
    return Operation(
        name=handler.__name__,
        summary=summary.replace("\n", " "),
        description=description,
        tag=tag,
        door=door,
        status=status,
        body=hints.get("body"),
        query=hints.get("query"),
        returns=_without(types.NoneType, HTTPResponse, type_=returns),
        path={name: hint for name, hint in hints.items() if hint in (UUID, int, str)},
        if_match="if_match" in hints,
        creates=status == 201,
        raises=raises,
        answers=answers,
        media=media,
    )


def _path_value(text: str, type_: type) -> UUID | int | str:
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


def _has_body(request: Request) -> bool:
    if request.method not in ("GET", "HEAD"):
        return bool(request.body)
    # Sanic does not read theirs
    return "transfer-encoding" in request.headers or bool(
        request.headers.get("content-length", "").strip("0")
    )


def _body(request: Request, type_: Any) -> Any:
    content_type = request.headers.getone("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaTypeError
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("Send the body as it is, without Content-Encoding.")
    raw = strict_json.decode(request.body)
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


def _query(request: Request, type_: Any) -> Any:
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
            except msgspec.ValidationError as exc:
                finding = from_validation(exc)
                wrong.append(Finding(finding.code, finding.detail, parameter=name))
    if wrong:
        raise MalformedError("Some query parameters cannot be used.", findings=wrong)
    return type_(**values)


def _parameter(text: str, type_: Any) -> Any:
    if "\x00" in text:
        raise msgspec.ValidationError("the character U+0000 is in no stored value")
    if not text:
        raise msgspec.ValidationError("this parameter has no value")
    sent = without_none(type_)
    # only a number needs a lenient reading; a time would be taken from a number then
    value = msgspec.convert(text, sent, strict=not _NUMBERS.intersection((sent, *typing.get_args(sent))))
    return _in_utc(value) if isinstance(value, datetime) else value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:  # the first or the last day there is, in another zone
        raise msgspec.ValidationError("no time that far away can be told in UTC") from exc


@lru_cache(maxsize=256)
def without_none(type_: Any) -> Any:
    """The type of a parameter that was sent: leaving it out is how to say nothing, and "null" is a text like any."""
    if typing.get_origin(type_) is Annotated:
        inner, *metadata = typing.get_args(type_)
        return Annotated[(without_none(inner), *metadata)]
    return _without(types.NoneType, type_=type_)


def _without(*unwanted: type, type_: Any) -> Any:
    """A union without some of its types; None where nothing is left."""
    union = typing.get_origin(type_) in (typing.Union, types.UnionType)
    parts = tuple(part for part in (typing.get_args(type_) if union else (type_,)) if part not in unwanted)
    return typing.Union[parts] if parts else None  # noqa: UP007 - the types are known only now


_ETAG = re.compile(r'(W/)?"(\d{1,18})"')


def _tags(header: str) -> frozenset[int] | None:
    """The revisions named in a list of entity tags, weak or not; None for `*`.

    If-Match takes weak tags too, against RFC 9110: a proxy that compresses answers makes ours weak.
    """
    if header.strip() == "*":
        return None
    found = (_ETAG.fullmatch(part.strip()) for part in header.split(","))
    return frozenset(int(match[2]) for match in found if match)


def _if_match(request: Request) -> frozenset[int] | None:
    lines = request.headers.getall("if-match", [])
    return _tags(",".join(lines)) if lines else None


def _response(request: Request, operation: Operation, result: Any) -> HTTPResponse:
    if isinstance(result, HTTPResponse):
        return result
    if result is None:
        return HTTPResponse(b"", 204)
    headers: dict[str, str] = {}
    revision = getattr(result, "revision", None)
    # what is included changes without the revision of what includes it
    if revision is not None and not (request.query_string and "include" in request.args):
        headers["ETag"] = f'"{revision}"'
        known = request.headers.get("if-none-match") if request.method in ("GET", "HEAD") else None
        if known is not None and ((tags := _tags(known)) is None or revision in tags):
            return HTTPResponse(b"", 304, headers=headers)
    if operation.status == 201:
        headers["Location"] = f"{request.path.rstrip('/')}/{result.id}"
    return HTTPResponse(_encode(result), operation.status, headers=headers, content_type="application/json")
