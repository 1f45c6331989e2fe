"""What browsers are told with every answer: to guess nothing, to frame nothing, and which pages may read it (CORS)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sanic import HTTPResponse, Request
from sanic.response import BaseHTTPResponse

# A page of our own (/docs) has its own policy. Strict-Transport-Security is for who ends TLS to say.
SECURITY: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
_SENT: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Org-ID, X-Request-ID,"
    " X-User-ID"
)
_SHOWN: Final = "ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
_SECONDS: Final = "600"


def protecting(origins: Collection[str]) -> Callable[[Request, BaseHTTPResponse], None]:
    """What puts these headers on an answer; those that it has stay.

    No credentials: nothing of the API goes by a cookie. Each origin that may read is named exactly, one by one.
    """
    allowed = frozenset(origins)

    def protect(request: Request, response: BaseHTTPResponse) -> None:
        headers = response.headers
        for name, value in SECURITY:
            if name not in headers:
                headers[name] = value
        if allowed:
            headers["Vary"] = f"{headers['Vary']}, Origin" if "Vary" in headers else "Origin"
            origin = _origin(request)
            if origin in allowed:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = _SHOWN

    return protect


def preflight(request: Request, answered: str, origins: Collection[str]) -> HTTPResponse | None:
    """The answer to a browser that asks before a page of an allowed origin sends; None where it is no such request.

    `answered` are the methods that the address answers to.
    """
    asked = request.headers.getall("access-control-request-method", [])
    if request.method != "OPTIONS" or len(asked) != 1 or _origin(request) not in origins:
        return None
    methods = sorted(_METHODS.intersection(answered.split(", ")))
    headers = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _SENT,
        "Access-Control-Max-Age": _SECONDS,
        "Vary": "Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    return HTTPResponse(b"", 204, headers=headers)


def _origin(request: Request) -> str:
    """None at all where there is more than one: only something between could have added the others."""
    sent = request.headers.getall("origin", [])
    return sent[0] if len(sent) == 1 else ""
