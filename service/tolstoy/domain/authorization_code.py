"""What a provider is asked by way of a browser (RFC 6749, 4.1.1; PKCE, RFC 7636), and what its answer has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from tolstoy.core import base64url
from tolstoy.core.errors import ProblemError
from tolstoy.domain import url

# What a provider may say (RFC 6749, 4.1.2.1); anything else is not repeated.
_KNOWN_ERRORS: Final = frozenset(
    {
        "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
        "server_error", "temporarily_unavailable",
    }
)  # fmt: skip


class WrongIssuerError(ProblemError):
    """The answer is another provider's than the one that was asked, by what it says as iss, so nothing was authorized.

    If it is the right one, the credential has to have its `issuer`.
    """

    status, code, title = 400, "wrong-issuer", "Another provider answered"


class NotAllowedError(ProblemError):
    """The provider gave no permission, so nothing was authorized. Ask for another link to try again."""

    status, code, title = 403, "not-allowed", "Permission not given"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sends the browser back with."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    issuer: str


def address(secret: Mapping[str, Any], state: str, verifier: str, redirect_uri: str) -> str:
    """Where the browser goes; the provider gets no more of the verifier than its S256 challenge."""
    challenge = base64url.write(sha256(verifier.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": secret["client_id"],
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if secret["scopes"]:
        query["scope"] = " ".join(secret["scopes"])
    if secret["audience"]:
        query["audience"] = secret["audience"]
    parts = url.split(secret["authorization_url"])
    added = urlencode({**secret["authorization_parameters"], **query})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).address


def checked(secret: Mapping[str, Any], answer: Answer) -> str:
    """The code. Raises WrongIssuerError, NotAllowedError."""
    _check_issuer(secret, answer.issuer)
    if answer.error or not answer.code:
        known = answer.error in _KNOWN_ERRORS
        said = answer.error if known else "with no code and no error that RFC 6749 knows"
        asked = url.split(secret["authorization_url"]).origin
        raise NotAllowedError(f"{asked} answered {said}, so nothing was authorized.")
    return answer.code


def _check_issuer(secret: Mapping[str, Any], said: str) -> None:
    """By RFC 9207. One that nobody has written down has to be of the origin that was asked."""
    if secret["issuer"] is not None:
        right = said == secret["issuer"]
    else:
        right = not said or _origin(said) == url.split(secret["authorization_url"]).origin
    if not right:
        raise WrongIssuerError


def _origin(text: str) -> str:
    try:
        return url.split(text).origin
    except url.UrlError:
        return ""
