"""The edge of every operation: authenticate, read what the handler's signature asks for, answer, and the contract.

A handler is `async def operation(scope, *, body, query, if_match, <path parameters>) -> Struct | None`; it takes
what it needs of these. Its annotations are the contract that the OpenAPI document is made from.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec
from sanic import HTTPResponse, Request

from tolstoy.api import auth, idempotent
from tolstoy.api.errors import findings, from_validation
from tolstoy.core import strict_json
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
_JSON_TYPES = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True)
class Operation:
    """What one operation takes and gives; `door` is None where nobody needs to say who they are."""

    name: str
    summary: str
    description: str
    tag: str
    door: Door | None
    status: int
    body: Any = None
    query: Any = None
    returns: Any = None
    path: tuple[str, ...] = ()
    if_match: bool = False
    creates: bool = False
    raises: tuple[type[ProblemError], ...] = field(default=())


def endpoint(
    *,
    tag: str,
    door: Door | None = Door.MEMBER,
    status: int = 200,
    raises: tuple[type[ProblemError], ...] = (),
) -> Callable[[Handler], Callable[..., Awaitable[HTTPResponse]]]:
    def decorate(handler: Handler) -> Callable[..., Awaitable[HTTPResponse]]:
        operation = _operation(handler, tag, door, status, raises)

        @wraps(handler)
        async def serve(request: Request, **path: str) -> HTTPResponse:
            arguments: dict[str, Any] = {}
            scope = None
            if door is not None:
                scope = auth.scope(request, door)
            for name in operation.path:
                arguments[name] = _path_id(path[name])
            if operation.body is not None:
                arguments["body"] = _body(request, operation.body)
            elif request.body:
                raise MalformedError("This request takes no body.")
            if operation.query is not None:
                arguments["query"] = _query(request, operation.query)
            elif request.query_string:
                raise MalformedError("This address takes no query parameters.")
            if operation.if_match:
                arguments["if_match"] = _if_match(request)
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


def _operation(
    handler: Handler, tag: str, door: Door | None, status: int, raises: tuple[type[ProblemError], ...]
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
        returns=None if returns is type(None) else returns,
        path=tuple(name for name, hint in hints.items() if hint is UUID or hint is int),
        if_match="if_match" in hints,
        creates=status == 201,
        raises=raises,
    )


def _path_id(text: str) -> UUID | int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    value = parse_id(text)
    if value is None:
        raise NotFoundError(f"There is nothing at {text!r}: it is not a UUID.")
    return value


def _body(request: Request, type_: Any) -> Any:
    content_type = request.headers.getone("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _JSON_TYPES:
        raise UnsupportedMediaTypeError
    raw = strict_json.decode(request.body)
    if isinstance(raw, dict):
        _rename_aliases(raw, getattr(type_, "aliases", {}))
    try:
        return msgspec.convert(raw, type_)
    except msgspec.ValidationError as exc:
        raise InvalidError(findings=findings(raw, type_) or [from_validation(exc)]) from exc


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
    for name, sent in request.get_args(keep_blank_values=True).items():
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
    if text in ("null", ""):  # convert() would take them for an absent value
        raise msgspec.ValidationError("this parameter has no value")
    return msgspec.convert(text, type_, strict=False)


_ETAG = re.compile(r'(W/)?"(\d{1,18})"')


def _tags(header: str) -> frozenset[int] | None:
    """The revisions named in a list of entity tags; None for `*`."""
    if header.strip() == "*":
        return None
    found = (_ETAG.fullmatch(part.strip()) for part in header.split(","))
    return frozenset(int(match[2]) for match in found if match)


def _if_match(request: Request) -> frozenset[int] | None:
    header = request.headers.get("if-match")
    return None if header is None else _tags(header)


def _response(request: Request, operation: Operation, result: Any) -> HTTPResponse:
    if isinstance(result, HTTPResponse):
        return result
    if result is None:
        return HTTPResponse(b"", 204)
    headers: dict[str, str] = {}
    revision = getattr(result, "revision", None)
    if revision is not None:
        headers["ETag"] = f'"{revision}"'
        known = request.headers.get("if-none-match") if request.method == "GET" else None
        if known is not None and ((tags := _tags(known)) is None or revision in tags):
            return HTTPResponse(b"", 304, headers=headers)
    if operation.status == 201:
        headers["Location"] = f"{request.path.rstrip('/')}/{result.id}"
    return HTTPResponse(_encode(result), operation.status, headers=headers, content_type="application/json")
