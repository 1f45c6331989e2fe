"""What an access token of the issuer says: a JWT (RFC 7519), checked as RFC 8725 and RFC 9068 have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.types import Options

from tolstoy.core.errors import InvalidTokenError
from tolstoy.core.settings import Settings
from tolstoy.domain.issuer_documents import Key, Name
from tolstoy.domain.issuer_keys import IssuerKeys

MAX_CHARACTERS: Final = 12_288
MAX_CLAIM: Final = 255
EMAIL: Final = "email"

_LAST: Final = 253_402_300_799.0  # of the year 9999
_SIGNED: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_ENCRYPTED: Final = re.compile(r"[\w-]+(\.[\w-]*){4}", re.ASCII)
# What many issuers write, and what RFC 9068 wants; others are of tokens that let nobody in, such as for logging out.
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_REQUIRED: Final = ("exp", "iat", "iss", "aud")


@dataclass(frozen=True, slots=True)
class Claims:
    """Of a verified token. `org` is None where the settings name no claim for it; `until` are seconds since 1970."""

    user: str
    by_email: bool
    org: str | None
    until: float
    name: Name
    key: Key


async def verified(token: str, keys: IssuerKeys, settings: Settings) -> Claims:
    """Raises InvalidTokenError, whose text has nothing of the token, and IssuerUnavailableError."""
    name = _signed_by(token, settings)
    key = await keys.key(name)
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[name[1]],
            audience=settings.oidc_audience,
            issuer=settings.oidc_issuer,
            leeway=settings.oidc_leeway_seconds,
            options=Options(require=list(_REQUIRED), enforce_minimum_key_length=True),
        )
    except jwt.PyJWTError as exc:
        raise InvalidTokenError(_why(exc)) from None
    expires = claims["exp"]
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise InvalidTokenError("This access token says by no number until when it counts (exp).")
    by_email = settings.oidc_user_claim == EMAIL
    if by_email and claims.get("email_verified") is not True:
        raise InvalidTokenError("The e-mail address in this access token is not verified (email_verified).")
    return Claims(
        user=_text(claims, settings.oidc_user_claim),
        by_email=by_email,
        org=None if settings.oidc_org_claim is None else _text(claims, settings.oidc_org_claim),
        until=float(min(expires + settings.oidc_leeway_seconds, _LAST)),
        name=name,
        key=key,
    )


def _signed_by(token: str, settings: Settings) -> Name:
    """By what key and algorithm it says that it is signed; that much is read before it is verified."""
    if len(token) > MAX_CHARACTERS:
        raise InvalidTokenError(f"This access token has more than {MAX_CHARACTERS} characters.")
    if not _SIGNED.fullmatch(token):
        encrypted = _ENCRYPTED.fullmatch(token)
        raise InvalidTokenError(
            "Encrypted access tokens are not taken: have it signed only."
            if encrypted
            else "This is neither an API key nor an access token: it is cut off, or of something else."
        )
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as exc:
        raise InvalidTokenError(_why(exc)) from None
    if "crit" in header or "cty" in header:
        raise InvalidTokenError(
            "This access token's header asks for what is not understood here (crit, cty)."
        )
    type_ = header.get("typ")
    if type_ is not None and not (isinstance(type_, str) and type_.lower() in _TYPES):
        raise InvalidTokenError("This is a token of another type (typ) than an access token.")
    algorithm = header.get("alg")
    if algorithm not in settings.oidc_algorithms:
        raise InvalidTokenError(
            f"This access token is signed by none of {', '.join(settings.oidc_algorithms)}."
        )
    return header.get("kid", ""), algorithm


def _text(claims: dict[str, Any], claim: str) -> str:
    """Its value, or the only one of a list."""
    value = _claim(claims, claim)
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= MAX_CLAIM:
        raise InvalidTokenError(
            f"This access token's claim {claim} is missing, or no text of 1 to {MAX_CLAIM} characters."
        )
    return value


def _claim(claims: dict[str, Any], claim: str) -> object:
    """By its whole name, which may have dots in it, or else as a path through objects."""
    if claim in claims:
        return claims[claim]
    value: Any = claims
    for member in claim.split("."):
        value = value.get(member) if isinstance(value, dict) else None
    return value


def _why(exc: jwt.PyJWTError) -> str:
    for kind, why in _WHY:
        if isinstance(exc, kind):
            return f"This access token {why}."
    return "This access token is broken."


_WHY: Final[tuple[tuple[type[jwt.PyJWTError], str], ...]] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet (nbf, iat)"),
    (jwt.InvalidAudienceError, "is for another audience (aud)"),
    (jwt.InvalidIssuerError, "is of another issuer (iss)"),
    (jwt.MissingRequiredClaimError, f"lacks one of {', '.join(_REQUIRED)}"),
    (jwt.InvalidSignatureError, "is not signed by the key that it names"),
)
