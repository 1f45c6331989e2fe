"""The edge of every operation: authenticate, read what the handler's signature asks for, answer, and the contract.

A handler is `async def operation(scope, *, body, query, if_match, <path parameters>) -> Struct | None`; it takes
what it needs of these. Its annotations are the contract that the OpenAPI document is made from.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec
from sanic import HTTPResponse, Request

from tolstoy.api import arguments as read
from tolstoy.api import auth, idempotent, origin, permissions, rate_limit
from tolstoy.core.errors import InvalidKeyError, MalformedError, ProblemError, UnknownIdentityError
from tolstoy.db.tenancy import Door, Scope

Handler = Callable[..., Awaitable[Any]]
Served = Callable[..., Awaitable[HTTPResponse | None]]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Operation:
    """What one operation takes and gives; `door` is None where nobody needs to say who they are, `requires` with it.

    `answers` are the types of its bodies under other statuses than `status`, besides problems. A `raw` one reads the
    body and the query itself, whatever they are. One that `takes_request` may answer bit by bit, and then gives None.
    """

    name: str
    summary: str
    description: str
    tag: str
    door: Door | None
    requires: permissions.Requirement | None
    status: int
    body: Any = None
    body_optional: bool = False
    query: Any = None
    returns: Any = None
    path: Mapping[str, type] = field(default_factory=dict)
    if_match: bool = False
    creates: bool = False
    raises: tuple[type[ProblemError], ...] = ()
    answers: Mapping[int, Any] = field(default_factory=dict)
    media: str = "application/json"
    location: str = ""
    raw: bool = False
    takes_request: bool = False


# Goes on with what was answered once it is committed; gets the request, the scope, the answer (of one that is
# replayed no more than its id) and the arguments.
Then = Callable[[Request, Scope, Any, Mapping[str, Any]], Awaitable[HTTPResponse | None]]


def endpoint(
    *,
    tag: str,
    door: Door | None = Door.MEMBER,
    status: int = 200,
    raises: tuple[type[ProblemError], ...] = (),
    answers: Mapping[int, Any] | None = None,
    media: str = "application/json",
    location: str = "",
    raw: bool = False,
    then: Then | None = None,
) -> Callable[[Handler], Served]:
    """`location` is where what was made is found, with {id}; left out, below the address that was posted to."""

    def decorate(handler: Handler) -> Served:
        operation = _operation(handler, tag, door, status, raises, answers or {}, media, location, raw)

        @_noting_ended_keys
        @wraps(handler)
        async def serve(request: Request, **path: str) -> HTTPResponse | None:
            scope = await _entered(request, operation)
            arguments = _arguments(request, operation, path)
            if scope is None:
                return _response(request, operation, await handler(request, **arguments))
            if operation.creates and "idempotency-key" in request.headers:
                async with idempotent.transaction(scope, request) as (inner, answer):
                    if answer.replayed is None:
                        result = await handler(inner, **arguments)
                        answer.made = _response(request, operation, result)
                        answer.without = getattr(result, "shown_once", frozenset())
                response = answer.response
                if answer.replayed is not None and then is not None:
                    result = idempotent.named_by(response)
            else:
                result = await handler(scope, **arguments)
                if request.responded:
                    return None
                response = _response(request, operation, result)
            if then is not None:
                response = idempotent.marked(response, await then(request, scope, result, arguments))
            return response

        serve.operation = operation  # type: ignore[attr-defined]
        return serve

    return decorate


def _noting_ended_keys(serve: Served) -> Served:
    @wraps(serve)
    async def noting(request: Request, **path: str) -> HTTPResponse | None:
        try:
            return await serve(request, **path)
        except (InvalidKeyError, UnknownIdentityError) as exc:
            auth.ended(request, exc)
            raise

    return noting


async def _entered(request: Request, operation: Operation) -> Scope | None:
    """Whom the request acts for, counted; None for what asks nobody who he is."""
    if operation.door is None or operation.requires is None:
        return None
    scope = await auth.scope(request, operation.door, operation.requires)
    await rate_limit.admit(request, scope)
    told = origin.of(request, scope)
    return replace(scope, origin=told) if told else scope


def _arguments(request: Request, operation: Operation, path: dict[str, str]) -> dict[str, Any]:
    """What the handler's signature asks of the request; raises a problem for what it has no place for."""
    arguments: dict[str, Any] = {
        name: read.path_value(path[name], type_) for name, type_ in operation.path.items()
    }
    if operation.takes_request:
        arguments["request"] = request
    if operation.raw:
        return arguments
    if operation.body is not None:
        arguments["body"] = None if _left_out(request, operation) else read.body(request, operation.body)
    elif read.has_body(request):
        raise MalformedError("This request takes no body.")
    if operation.query is not None:
        arguments["query"] = read.query(request, operation.query)
    elif request.query_string:
        raise MalformedError("This address takes no query parameters.")
    if operation.if_match:
        arguments["if_match"] = read.if_match(request)
    return arguments


def _operation(
    handler: Handler,
    tag: str,
    door: Door | None,
    status: int,
    raises: tuple[type[ProblemError], ...],
    answers: Mapping[int, Any],
    media: str,
    location: str,
    raw: bool,
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
        requires=None if door is None else permissions.required(handler.__name__),
        status=status,
        body=read.without(types.NoneType, type_=hints.get("body", types.NoneType)),
        body_optional=types.NoneType in typing.get_args(hints.get("body")),
        query=hints.get("query"),
        returns=read.without(types.NoneType, HTTPResponse, type_=returns),
        path={name: hint for name, hint in hints.items() if hint in (UUID, int, str)},
        if_match="if_match" in hints,
        creates=status in (201, 202) and door is not None,
        raises=raises,
        answers=answers,
        media=media,
        location=location,
        raw=raw,
        takes_request="request" in hints and door is not None,
    )


def _left_out(request: Request, operation: Operation) -> bool:
    """Who sends no body of any type; one that is empty is a mistake."""
    return operation.body_optional and not request.body and "content-type" not in request.headers


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
        if known is not None and ((tags := read.tags(known)) is None or revision in tags):
            return HTTPResponse(b"", 304, headers=headers)
    if operation.location:
        headers["Location"] = operation.location.format(id=result.id)
    elif operation.status == 201:
        headers["Location"] = f"{request.path.rstrip('/')}/{result.id}"
    return HTTPResponse(_encode(result), operation.status, headers=headers, content_type="application/json")
