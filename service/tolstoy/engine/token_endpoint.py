"""Token endpoints (RFC 6749, 3.2): what they are asked for by each grant, and what is made of what they answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Struct

from tolstoy.domain import url
from tolstoy.domain.action_request import FORM, Request
from tolstoy.engine.answer import Response
from tolstoy.engine.call_error import CallError
from tolstoy.engine.masks import Masks

Send = Callable[..., Awaitable[Response]]

TIMEOUT_SECONDS: Final = 20.0  # less than a lease lasts
_MARGIN: Final = (
    60.0  # before a token expires it is fetched anew, or a fifth of its time before if that is less
)
_LONGEST: Final = 365 * 86400.0  # what an issuer may say beyond it, the database's times cannot hold
# What no further attempt mends (RFC 6749, 5.2).
_FINAL: Final = frozenset(
    {"invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)
_HEADER_SAFE: Final = re.compile(r"[!-~]{1,16000}")
_REFRESH_TOKEN: Final = re.compile(r"[ -~]{1,16000}")  # appendix A.17
_SECRET_FIELDS: Final = ("code", "code_verifier", "refresh_token")


class Granted(Struct):
    access_token: str
    token_type: str
    expires_in: float | None = None
    refresh_token: str | None = None

    @property
    def lives(self) -> float | None:
        """Seconds; None where nobody knows."""
        return None if self.expires_in is None else min(max(self.expires_in, 0.0), _LONGEST)

    @property
    def refresh_after(self) -> float | None:
        """Seconds; None where nobody knows."""
        return None if self.lives is None else self.lives - min(_MARGIN, self.lives / 5)


class RefusedError(Exception):
    """For good: `why` says who answered what, without a secret."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Refused(Struct):
    error: str = ""


def client_credentials(secret: Mapping[str, Any]) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    if secret["scopes"]:
        form["scope"] = " ".join(secret["scopes"])
    if secret["audience"]:
        form["audience"] = secret["audience"]
    return form


def refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def authorization_code(code: str, verifier: str, redirect_uri: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }


async def ask(send: Send, secret: Mapping[str, Any], form: Mapping[str, str]) -> Granted:
    """`send` is an `Outbound`'s. Raises RefusedError, and CallError for what may be better another time."""
    masks = Masks(filter(None, (secret["client_secret"], *(form.get(name, "") for name in _SECRET_FIELDS))))
    host = url.split(secret["token_url"]).origin
    try:
        answer = await send(_request(secret, form), timeout_seconds=TIMEOUT_SECONDS, follow_redirects=False)
    except CallError as exc:
        raise CallError(exc.kind, f"for an access token: {masks.text(exc.detail)}", False) from None
    if answer.status == 200:
        return _granted(answer, host)
    said = _refused(answer)
    if said in _FINAL or answer.status == 401:
        raise RefusedError(f"{host} answered {answer.status}" + (f": {said}" if said else ""))
    raise CallError("connection", f"for an access token: {host} answered {answer.status}", False)


def _request(secret: Mapping[str, Any], form: Mapping[str, str]) -> Request:
    headers = {"Accept": "application/json", "Content-Type": FORM}
    if secret["client_secret"] is None:
        form = {**form, "client_id": secret["client_id"]}
    elif secret["client_authentication"] == "body":
        form = {**form, "client_id": secret["client_id"], "client_secret": secret["client_secret"]}
    else:
        pair = f"{quote_plus(secret['client_id'])}:{quote_plus(secret['client_secret'])}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    address = url.split(secret["token_url"]).address
    return Request(method="POST", url=address, headers=headers, body=urlencode(form).encode())


def _granted(answer: Response, host: str) -> Granted:
    problem = "is not an access token as RFC 6749 has it"
    try:
        granted = msgspec.json.decode(answer.body, type=Granted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unusable(host, problem) from None  # its message could hold a part of the answer
    if granted.token_type.lower() != "bearer":
        raise _unusable(host, "is no bearer token")
    renewed = granted.refresh_token
    if not _HEADER_SAFE.fullmatch(granted.access_token) or (
        renewed and not _REFRESH_TOKEN.fullmatch(renewed)
    ):
        raise _unusable(host, problem)
    return granted


def _unusable(host: str, what: str) -> CallError:
    return CallError("invalid_response", f"for an access token: what {host} answered {what}", False)


def _refused(answer: Response) -> str:
    try:
        said = msgspec.json.decode(answer.body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return said if said in _FINAL else ""
