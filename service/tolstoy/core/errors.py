"""What can go wrong, as RFC 9457 problems: the class says the fact, its docstring is the default detail."""

import inspect
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import ClassVar, Final, Literal

import msgspec

# A body of a million mistakes must not become an answer of that size, nor the work of naming them all.
MAX_FINDINGS: Final = 500


class Finding(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One thing that is wrong: in the body (a JSON pointer, RFC 6901), a query parameter or a header.

    A flow's findings have a severity: with nothing but warnings it can be saved and run.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    severity: Literal["error", "warning"] | None = None


class ProblemError(Exception):
    """The server could not answer this request."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        findings: Iterable[Finding] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or inspect.cleandoc(self.__doc__ or "")
        self.findings = tuple(islice(findings, MAX_FINDINGS))
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class MalformedError(ProblemError):
    """The request cannot be read."""

    status, code, title = 400, "malformed", "Malformed request"


class UnauthenticatedError(ProblemError):
    """The request does not prove who sends it."""

    status, code, title = 401, "unauthenticated", "Identity not proven"


class InvalidKeyError(UnauthenticatedError):
    """This API key is unknown, has expired or was revoked."""

    code, title = "invalid-key", "No valid API key"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class InvalidTokenError(UnauthenticatedError):
    """This access token is not valid."""

    code, title = "invalid-token", "No valid access token"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail)
        told = re.sub(r"[^ !#-\[\]-~]", "'", self.detail)  # what RFC 6750 lets be told
        self.headers["WWW-Authenticate"] = f'Bearer error="invalid_token", error_description="{told}"'


class ForbiddenError(ProblemError):
    """This user may not do that."""

    status, code, title = 403, "forbidden", "Not allowed"


class PermissionDeniedError(ForbiddenError):
    """This takes a permission that the user's role, or the scopes of the API key, do not give."""

    code, title = "permission-denied", "Permission missing"


class NotAMemberError(ForbiddenError):
    """The user in X-User-ID is not a member of the organization in X-Org-ID."""

    code, title = "not-a-member", "Not a member of this organization"


class UnknownIdentityError(ForbiddenError):
    """This access token is valid, but whom it names is no user of an organization here."""

    code, title = "unknown-identity", "Nobody here by this token"


class NotFoundError(ProblemError):
    """There is nothing here."""

    status, code, title = 404, "not-found", "Not found"


class OrganizationNotFoundError(NotFoundError):
    """There is no organization with the id in X-Org-ID."""

    code, title = "organization-not-found", "No such organization"


class MethodNotAllowedError(ProblemError):
    """This address does not answer to that method."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"


class RequestTimeoutError(ProblemError):
    """The request did not arrive in time."""

    status, code, title = 408, "request-timeout", "Request timed out"


class ConflictError(ProblemError):
    """The request conflicts with what is stored."""

    status, code, title = 409, "conflict", "Conflict"


class InUseError(ConflictError):
    """Other things refer to it."""

    code, title = "in-use", "Still in use"


class IdempotencyRunningError(ConflictError):
    """A request with this Idempotency-Key is still running; ask again when it is done."""

    code, title = "idempotency-running", "Still running"


class WriteConflictError(ConflictError):
    """Another request changed the same thing at the same moment; read it again and retry."""

    code, title = "write-conflict", "Changed by someone else"


class PreconditionFailedError(ProblemError):
    """It has changed since you read it: the ETag in If-Match is not the current one."""

    status, code, title = 412, "precondition-failed", "Changed since you read it"


class PayloadTooLargeError(ProblemError):
    """The body is larger than this server takes."""

    status, code, title = 413, "payload-too-large", "Body too large"


class UnsupportedMediaTypeError(ProblemError):
    """Send the body as application/json."""

    status, code, title = 415, "unsupported-media-type", "Unsupported media type"


class ExpectationFailedError(ProblemError):
    """Of the Expect header this server knows only 100-continue."""

    status, code, title = 417, "expectation-failed", "Expectation failed"


class InvalidError(ProblemError):
    """The body is well-formed but breaks the rules named in errors."""

    status, code, title = 422, "invalid", "Invalid body"


class IdempotencyMismatchError(ProblemError):
    """This Idempotency-Key was used before with another request."""

    status, code, title = 422, "idempotency-mismatch", "Idempotency-Key used for another request"


class RateLimitedError(ProblemError):
    """Too many requests; send the next one when Retry-After says."""

    status, code, title = 429, "rate-limited", "Too many requests"

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class HeadersTooLargeError(ProblemError):
    """The request's headers are larger than this server takes."""

    status, code, title = 431, "headers-too-large", "Headers too large"


class ClientGoneError(ProblemError):
    """The client went away before it was answered; nobody reads this but the log."""

    status, code, title = 499, "client-gone", "Client gone"


class StorageFullError(ProblemError):
    """The organization's executions and logs take more than it may keep; delete some, or ask for more."""

    status, code, title = 507, "storage-full", "No room left"


class UnavailableError(ProblemError):
    """The service cannot answer just now; try again shortly."""

    status, code, title = 503, "unavailable", "Unavailable"

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be reached; try again shortly."""

    code, title = "database-unavailable", "Database unavailable"


class IssuerUnavailableError(UnavailableError):
    """The keys of the access tokens' issuer cannot be read; try again shortly."""

    code, title = "issuer-unavailable", "Identity provider unavailable"


class OverloadedError(UnavailableError):
    """Too many requests wait for a database connection; try again shortly."""

    code, title = "overloaded", "Overloaded"


class SchemaOutdatedError(UnavailableError):
    """The database's schema is older than this server; run `tolstoy db deploy`."""

    code, title = "schema-outdated", "Schema outdated"
