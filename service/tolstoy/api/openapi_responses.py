"""The answers of each operation: the wanted one, and every problem that can occur instead."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from tolstoy.api.endpoint import Operation
from tolstoy.api.openapi_schemas import Schema
from tolstoy.api.permissions import PLATFORM
from tolstoy.core import errors
from tolstoy.core.errors import ProblemError
from tolstoy.core.settings import AuthMode
from tolstoy.db.tenancy import Door

_HEADERS: dict[str, Schema] = {
    "X-Request-ID": {
        "required": True,
        "description": "Finds this request in the logs.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "required": True,
        "description": "The revision, for If-Match and If-None-Match.",
        "schema": {"type": "string", "examples": ['"1"']},
    },
    "Location": {
        "required": True,
        "description": "Where the new thing is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotency-Replayed": {
        "description": "true where this answers a request that came before: one with the same Idempotency-Key, or at"
        " a hook the same delivery.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {
        "required": True,
        "description": "How to prove who asks: by an API key, or an access token (RFC 6750).",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "required": True,
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_NOT_INCLUDED = f"{_HEADERS['ETag']['description']} Not with `include`, which a revision says nothing of."
_ALWAYS: tuple[type[ProblemError], ...] = (
    errors.MalformedError,
    errors.RequestTimeoutError,
    errors.PayloadTooLargeError,
    errors.HeadersTooLargeError,
    errors.UnavailableError,
    ProblemError,
)
_FROM_DATABASE = (errors.DatabaseUnavailableError, errors.OverloadedError, errors.SchemaOutdatedError)


class Responses:
    """Collects the responses that several operations share."""

    def __init__(self, references: dict[Any, Schema], *, mode: AuthMode) -> None:
        self.mode = mode
        self.shared: dict[str, Schema] = {}
        self._references = references

    @property
    def headers(self) -> dict[str, Schema]:
        return _HEADERS

    def of(self, operation: Operation, method: str) -> dict[str, Schema]:
        answers = {str(operation.status): self._wanted(operation)}
        if method == "GET" and _has_revision(operation.returns):
            text = "It is still what If-None-Match names."
            answers["304"] = {"description": text, "headers": _headers("X-Request-ID", "ETag")}
        problems: dict[int, list[type[ProblemError]]] = {}
        for kind in sorted(set(self._kinds(operation, method)), key=lambda kind: kind.code):
            problems.setdefault(kind.status, []).append(kind)
        for status in sorted(problems.keys() - operation.answers.keys()):
            answers[str(status)] = self._problem(problems[status])
        for status in operation.answers:
            answers[str(status)] = self._either(operation, status, problems.get(status, []))
        return answers

    def _wanted(self, operation: Operation) -> Schema:
        headers = _headers("X-Request-ID")
        if _has_revision(operation.returns):
            headers |= _headers("ETag")
            if "include" in getattr(operation.query, "__struct_fields__", ()):
                headers["ETag"] = {**_HEADERS["ETag"], "required": False, "description": _NOT_INCLUDED}
        if operation.creates:
            headers |= _headers("Location", "Idempotency-Replayed")
        elif operation.location:
            headers |= _headers("Location")
        answer: Schema = {"description": HTTPStatus(operation.status).phrase, "headers": headers}
        if operation.status != 204:
            schema = self._references.get(operation.returns) or _untyped(operation)
            answer["content"] = {operation.media: {"schema": schema}}
        return answer

    def _either(self, operation: Operation, status: int, kinds: list[type[ProblemError]]) -> Schema:
        type_ = operation.answers[status]
        if type_ is None:
            return {"description": HTTPStatus(status).phrase, "headers": _headers("X-Request-ID")}
        content = {"application/json": {"schema": self._references[type_]}}
        content |= {"application/problem+json": _content(kinds)} if kinds else {}
        description = HTTPStatus(status).phrase
        if status >= 400:
            description = f"The same as under 200, where all is not well. Or a problem:\n{_listed(kinds)}"
        headers = _headers("X-Request-ID") | (_where(operation) if status < 300 else {})
        return {"description": description, "headers": headers, "content": content}

    def _problem(self, kinds: list[type[ProblemError]]) -> Schema:
        status = kinds[0].status
        name = ".".join([str(status), *(kind.code for kind in kinds)])
        retry = ("Retry-After",) if status in (429, 503) else ()
        challenge = ("WWW-Authenticate",) if status == 401 and self.mode != "gateway" else ()
        self.shared.setdefault(
            name,
            {
                "description": f"{HTTPStatus(status).phrase}:\n{_listed(kinds)}",
                "headers": _headers("X-Request-ID", *retry, *challenge),
                "content": {"application/problem+json": _content(kinds)},
            },
        )
        return {"$ref": f"#/components/responses/{name}"}

    def _kinds(self, operation: Operation, method: str) -> Iterator[type[ProblemError]]:
        yield from _ALWAYS
        yield from operation.raises
        if operation.path:
            yield errors.NotFoundError
        if operation.body is not None:
            yield from (errors.UnsupportedMediaTypeError, errors.InvalidError)
        if operation.if_match:
            yield errors.PreconditionFailedError
        if operation.creates:
            yield from (errors.IdempotencyRunningError, errors.IdempotencyMismatchError)
        if operation.door is not None:
            yield from self._of_door(operation, method)

    def _of_door(self, operation: Operation, method: str) -> Iterator[type[ProblemError]]:
        yield from _FROM_DATABASE
        if method != "GET":
            yield errors.WriteConflictError
        if operation.door is not Door.PLATFORM or self.mode == "gateway":
            yield from (errors.NotAMemberError, errors.OrganizationNotFoundError)
        if operation.requires != PLATFORM:  # what the platform asks for is not counted
            yield errors.RateLimitedError
        yield from (errors.PermissionDeniedError, errors.ForbiddenError)
        if self.mode != "headers":
            yield errors.UnauthenticatedError
        if self.mode != "gateway":
            yield errors.InvalidKeyError
        if self.mode == "oidc":
            yield from (errors.InvalidTokenError, errors.UnknownIdentityError, errors.IssuerUnavailableError)


def _where(operation: Operation) -> Schema:
    """The headers of another answer than the usual one that is about what was made, too."""
    if not operation.location:
        return {}
    headers = _headers("Location", "Idempotency-Replayed")
    if operation.raw:  # which may answer without having made anything
        return {**headers, "Location": {**_HEADERS["Location"], "required": False}}
    return headers | (_headers("ETag") if _has_revision(operation.returns) else {})


def _has_revision(type_: Any) -> bool:
    return "revision" in getattr(type_, "__struct_fields__", ())


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _untyped(operation: Operation) -> Schema:
    return {"type": "string" if operation.media.startswith("text/") else "object"}


def _listed(kinds: list[type[ProblemError]]) -> str:
    return "\n".join(f"- `{kind.code}`: {_meaning(kind)}" for kind in kinds)


def _meaning(kind: type[ProblemError]) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split())


def _content(kinds: list[type[ProblemError]]) -> Schema:
    codes = {"properties": {"code": {"enum": [kind.code for kind in kinds]}}}
    return {
        "schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, codes]},
        "examples": {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds},
    }


def _example(kind: type[ProblemError]) -> dict[str, Any]:
    return {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": _meaning(kind),
        "instance": "/tools/01999999-0000-7000-8000-000000000003",
        "code": kind.code,
        "requestId": "01999999000070008000000000000009",
    }
