"""What an issuer of access tokens publishes: OpenID Connect Discovery 1.0 and JSON Web Key Sets (RFC 7517)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
import jwt
import msgspec
from msgspec import Struct

from tolstoy import __version__
from tolstoy.core import setting_readers

T = TypeVar("T", bound=Struct)

MAX_BYTES: Final = 1 << 18
MOST_KEYS: Final = 100
TIMEOUT_SECONDS: Final = 10.0

_CONNECTION: Final = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
_ALGORITHMS: Final[Mapping[tuple[object, object], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}

# By the key's id, "" where it has none, and the algorithm.
Name = tuple[str, str]


class UnusableError(Exception):
    """What the issuer answers cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """For one algorithm. `published` is what it was made from."""

    published: Mapping[str, Any]
    public: jwt.PyJWK


class _Configuration(Struct):
    issuer: str
    jwks_uri: str


class _KeySet(Struct):
    keys: list[dict[str, Any]]


async def keys(issuer: str, address: str | None, known: Mapping[Name, Key]) -> dict[Name, Key]:
    """The keys that verify signatures, those that are `known` as the same objects; without an address, from where the
    issuer says they are.

    Raises UnusableError, aiohttp.ClientError and TimeoutError.
    """
    async with aiohttp.ClientSession(
        timeout=_CONNECTION,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "User-Agent": f"Tolstoy/{__version__}"},
    ) as session:
        published = _decoded(
            await _read(session, address or await _discovered(session, issuer)), _KeySet
        ).keys
    found: dict[Name, Key] = {}
    for one in published[:MOST_KEYS]:
        for algorithm in _algorithms(one):
            name = (one.get("kid", ""), algorithm)
            before = known.get(name)
            if name in found:
                continue
            if before is not None and before.published == one:
                found[name] = before
            elif (made := _made(one, algorithm)) is not None:
                found[name] = made
    if not found:
        raise UnusableError("it has published no key that verifies signatures")
    return found


async def _discovered(session: aiohttp.ClientSession, issuer: str) -> str:
    told = _decoded(
        await _read(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration"), _Configuration
    )
    if told.issuer != issuer:
        raise UnusableError(f"its configuration is of the issuer {told.issuer[:200]!r}")
    try:
        return setting_readers.trusted(told.jwks_uri)
    except ValueError as exc:
        raise UnusableError(f"its keys would be read in the clear: jwks_uri {str(exc)[:300]}") from exc


async def _read(session: aiohttp.ClientSession, address: str) -> bytes:
    # nowhere but where the settings, or the issuer itself, say
    async with session.get(address, allow_redirects=False) as answer:
        if answer.status != 200:
            raise UnusableError(f"{address} answers {answer.status}")
        body = bytearray()
        async for part in answer.content.iter_chunked(1 << 16):
            body += part
            if len(body) > MAX_BYTES:
                raise UnusableError(f"{address} answers more than {MAX_BYTES} bytes")
        return bytes(body)


def _decoded(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise UnusableError(f"what it answers is not as it should be: {str(exc)[:200]}") from exc


def _algorithms(published: Mapping[str, Any]) -> tuple[str, ...]:
    """Of one that names none, all that it could be for; none of one that is for something else."""
    operations = published.get("key_ops", ["verify"])
    if published.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return ()
    if not isinstance(published.get("kid", ""), str) or "d" in published:
        return ()
    kind, curve = published.get("kty"), published.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    possible = _ALGORITHMS.get((kind, curve), ())
    return tuple(one for one in possible if published.get("alg", one) == one)


def _made(published: Mapping[str, Any], algorithm: str) -> Key | None:
    """None for one that is broken or too weak."""
    try:
        public = jwt.PyJWK(dict(published), algorithm)
        weak = public.Algorithm.check_key_length(public.key)
    except jwt.PyJWTError:
        return None
    return None if weak else Key(published, public)
