"""How a call fails, in our own words: aiohttp's hide the cause or name addresses."""

from __future__ import annotations

from typing import Final, Literal

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from tolstoy.engine.guard import Attempt

CONNECT_SECONDS: Final = 10.0

Kind = Literal[
    "timeout",
    "connection",
    "refused_address",  # the policy's doing: no retry helps
    "too_large",
    "redirect",
    "protocol",
    "invalid_response",
]


class CallError(Exception):
    """A call without a usable answer. `sent`: the tool may have got it, and acted on it."""

    def __init__(self, kind: Kind, detail: str, sent: bool) -> None:
        super().__init__(kind, detail, sent)
        self.kind: Kind = kind
        self.detail = detail
        self.sent = sent

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


# The first that fits counts.
_SAID: Final[tuple[tuple[type[Exception], Kind, str], ...]] = (
    (aiohttp.ConnectionTimeoutError, "connection", f"no connection within {CONNECT_SECONDS:g} s"),
    (aiohttp.ClientConnectorDNSError, "connection", "this name leads to no address"),
    (aiohttp.ClientSSLError, "connection", "no TLS connection: {cause}"),
    (aiohttp.ClientConnectorError, "connection", "no connection: {cause}"),
    (aiohttp.ClientPayloadError, "connection", "the connection ended in the midst of the answer"),
    (aiohttp.ServerDisconnectedError, "connection", "the connection was closed without an answer"),
    (aiohttp.ClientConnectionError, "connection", "the connection was lost"),
    (aiohttp.ClientResponseError, "protocol", "what came is no HTTP answer"),
)


def refused(attempt: Attempt) -> CallError:
    allowed = "unless EGRESS_ALLOW or the organization's egressAllow allows it"
    detail = f"{attempt.host}: {attempt.refused}, where calls may not go {allowed}"
    return CallError("refused_address", detail, attempt.connected)


def told(exc: Exception, attempt: Attempt, timeout_seconds: float) -> CallError:
    """What has gone wrong with this attempt."""
    host, sent = attempt.host, attempt.connected
    if isinstance(exc, TimeoutError) and not isinstance(exc, aiohttp.ClientError):
        missing = "answer" if sent else "connection"
        return CallError("timeout", f"{host}: no whole {missing} within {timeout_seconds:g} s", sent)
    if isinstance(exc, aiohttp.ClientConnectorError) and attempt.refused and not attempt.sockets:
        return refused(attempt)
    if isinstance(exc, aiohttp.ClientPayloadError) and isinstance(exc.__cause__, ContentEncodingError):
        return CallError("protocol", f"{host}: the answer is not encoded as its Content-Encoding says", sent)
    for kind_of_error, kind, text in _SAID:
        if isinstance(exc, kind_of_error):
            return CallError(kind, f"{host}: {text.format(cause=exc.__cause__)}"[:500], sent)
    return CallError("protocol", f"{host}: {exc}"[:500], sent)
