"""Every error as an RFC 9457 problem."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection

import asyncpg
import msgspec
from sanic import HTTPResponse, Request
from sanic import exceptions as sanic_errors
from sanic.handlers import ErrorHandler
from tortoise.exceptions import BaseORMException

from tolstoy.api.response_headers import preflight
from tolstoy.core import errors, log
from tolstoy.core.errors import Finding, ProblemError
from tolstoy.db.tenancy import translated


class Problem(msgspec.Struct, rename="camel", omit_defaults=True):
    """What went wrong, for programs (code, errors) and for people (title, detail)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[Finding] = []


_encode = msgspec.json.Encoder().encode


def render(request: Request, error: ProblemError) -> HTTPResponse:
    problem = Problem(
        type=f"/problems/{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        instance=request.path,
        code=error.code,
        request_id=getattr(request.ctx, "request_id", ""),
        errors=list(error.findings),
    )
    return HTTPResponse(
        _encode(problem), error.status, headers=error.headers, content_type="application/problem+json"
    )


class ProblemHandler(ErrorHandler):
    """The last resort for what a handler raised, and for what never reached one."""

    def __init__(self, cors_origins: Collection[str] = ()) -> None:
        super().__init__()
        self._origins = frozenset(cors_origins)

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        if self._origins and isinstance(exception, sanic_errors.MethodNotAllowed):
            answered = preflight(request, exception.headers.get("Allow", ""), self._origins)
            if answered is not None:
                return answered
        return render(request, as_problem(request, exception))


def as_problem(request: Request, exception: BaseException) -> ProblemError:
    if isinstance(exception, asyncpg.PostgresError | BaseORMException | OSError | TimeoutError):
        exception = translated(exception)
    if isinstance(exception, ProblemError):
        return exception
    if isinstance(exception, sanic_errors.RequestCancelled):
        return errors.ClientGoneError()
    if isinstance(exception, asyncio.CancelledError):
        return errors.UnavailableError("The server is stopping; try again shortly.")
    if isinstance(exception, sanic_errors.SanicException) and (known := _from_sanic(request, exception)):
        return known
    log.get().error(
        "request failed",
        action="request_failed",
        request_id=getattr(request.ctx, "request_id", ""),
        path=getattr(request, "shown_path", ""),
        exc_info=exception,
    )
    return ProblemError("The server failed to answer; its log has the reason under this requestId.")


def _from_sanic(request: Request, exception: sanic_errors.SanicException) -> ProblemError | None:
    match exception:
        case sanic_errors.MethodNotAllowed():
            allowed = ", ".join(sorted(exception.headers.get("Allow", "").split(", ")))
            return errors.MethodNotAllowedError(
                f"{request.path} answers to {allowed}.", headers={"Allow": allowed}
            )
        case sanic_errors.NotFound():
            return errors.NotFoundError(f"There is no {request.path} here; /docs lists what there is.")
        case sanic_errors.PayloadTooLarge():
            if "header" in str(exception).lower():
                return errors.HeadersTooLargeError()
            limit = request.app.config.REQUEST_MAX_SIZE
            return errors.PayloadTooLargeError(
                f"The body is larger than the {limit} bytes this server takes."
            )
        case sanic_errors.ExpectationFailed():
            return errors.ExpectationFailedError()
        case sanic_errors.RequestTimeout():
            return errors.RequestTimeoutError()
        case sanic_errors.ServiceUnavailable():
            return errors.UnavailableError("The request took longer than this server allows.")
        case sanic_errors.BadRequest():
            return errors.MalformedError(str(exception) or None)
    return None


_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)


def from_validation(exc: msgspec.ValidationError, at: str = "") -> Finding:
    """msgspec's message, whose place is written as `$.a[0]`, with the place as a pointer."""
    match = _PLACE.match(str(exc))
    what, path = (match["what"], match["path"] or "$") if match else (str(exc), "$")
    parts = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path.removeprefix("$"))
    pointer = at + "".join(f"/{name or index}" for name, index in parts)
    wrong_type = re.fullmatch(r"Expected `[^`]+`, got `[^`]+`", what)
    return Finding("invalid_type" if wrong_type else "invalid_value", what.replace("`", ""), pointer=pointer)
