"""The one client for calls to outside: addresses vetted as they are connected to, and limits on all that can grow."""

from __future__ import annotations

import asyncio
import io
import re
import ssl
from collections.abc import Mapping
from typing import Final, NoReturn
from urllib.parse import quote, urlencode, urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client import ClientTimeout
from yarl import URL

from tolstoy import __version__
from tolstoy.domain import url
from tolstoy.domain.action_request import Request
from tolstoy.domain.egress import DISGUISED, Policy, is_disguised
from tolstoy.engine import call_error
from tolstoy.engine.answer import Response, decoded
from tolstoy.engine.call_error import CONNECT_SECONDS, CallError
from tolstoy.engine.credential import Proof, merged
from tolstoy.engine.guard import Attempt, GuardedConnector, attempt
from tolstoy.engine.resolver import Resolver

__all__ = ["CallError", "Outbound", "Response", "decoded"]

MAX_REDIRECTS: Final = 5
MAX_REQUEST_BYTES: Final = 16 << 20

_TIMEOUT: Final = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEPT_ELSEWHERE: Final = frozenset({"accept", "accept-language", "content-type"})


class Outbound:
    """One for each policy: a connection that is kept was vetted by the policy it was made under.

    A resolver that is given is its giver's to close.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        max_response_bytes: int,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._policy = policy
        self._max_response_bytes = max_response_bytes
        self._tls = tls
        self._given_resolver = resolver

    async def __aenter__(self) -> Outbound:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def open(self) -> None:
        """On the event loop that it will be used on; `close` is to follow."""
        self._resolver = self._given_resolver or Resolver()
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(self._policy, self._resolver, self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"Tolstoy/{__version__}"},
            timeout=_TIMEOUT,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._session.close()
        if self._given_resolver is None:
            await self._resolver.close()

    async def send(
        self,
        request: Request,
        *,
        timeout_seconds: float,
        follow_redirects: bool = True,
        proof: Proof | None = None,
    ) -> Response:
        """The answer, whatever its status, within this time in all. Raises CallError and nothing of aiohttp's.

        `proof` is added to what goes to its origin, until a redirect has led elsewhere.
        """
        current = Attempt()
        attempt.set(current)
        try:
            async with asyncio.timeout(timeout_seconds):
                most = MAX_REDIRECTS if follow_redirects else 0
                return await self._followed(request, current, most, proof)
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            raise call_error.told(exc, current, timeout_seconds) from exc

    async def _followed(self, request: Request, current: Attempt, most: int, proof: Proof | None) -> Response:
        """The answer at the end of at most so many redirects; with none, a redirect is the answer."""
        started = asyncio.get_running_loop().time()
        hop = request
        seen: set[tuple[str, str]] = set()
        while True:
            target = hop.target
            if proof is not None and url.split(target).origin != proof.origin:
                proof = None  # for good: whoever was led elsewhere may be led back by them
            answer = await self._answer(hop, target, current, proof)
            try:
                location = answer.headers.get("Location") if most and answer.status in _REDIRECTS else None
                if location is None:
                    return Response(
                        status=answer.status,
                        headers=_headers(answer.headers),
                        body=await self._body(answer),
                        elapsed_seconds=asyncio.get_running_loop().time() - started,
                        url=target,
                        redirects=len(seen),
                    )
            finally:
                answer.release()
            seen.add((hop.method, target))
            hop = _redirected(hop, target, answer.status, location)
            if (hop.method, hop.url) in seen:
                raise CallError("redirect", "the tool redirects in a circle", True)
            if len(seen) > most:
                raise CallError("redirect", f"the tool redirects more than {most} times", True)

    async def _answer(
        self, hop: Request, target: str, current: Attempt, proof: Proof | None
    ) -> aiohttp.ClientResponse:
        headers: Mapping[str, str] = hop.headers
        if proof is not None:
            headers = merged(headers, proof.headers)
            if proof.query:
                target += ("&" if "?" in target else "?") + urlencode(proof.query, quote_via=quote)
        address = URL(target, encoded=True)
        current.towards(address.raw_host or "")
        if is_disguised(current.host):
            current.refused = DISGUISED
            raise call_error.refused(current)
        if hop.body is not None and len(hop.body) > MAX_REQUEST_BYTES:
            detail = f"the request's body has more than {MAX_REQUEST_BYTES} bytes"
            raise CallError("too_large", detail, current.connected)
        return await self._session.request(
            hop.method,
            address,
            headers=headers,
            # large ones are written piece by piece
            data=hop.body if hop.body is None or len(hop.body) <= 1 << 20 else io.BytesIO(hop.body),
            # aiohttp would call a body that is not there an application/octet-stream
            skip_auto_headers=("Content-Type",) if hop.body is None else None,
            allow_redirects=False,
        )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status == 101:
            answer.close()
            raise CallError("protocol", "the tool switches to another protocol", True)
        if answer.method != "HEAD" and (answer.content_length or 0) > self._max_response_bytes:
            self._refuse_size(answer)
        content = answer.content
        body = await content.readany()
        if len(body) <= self._max_response_bytes and content.at_eof():
            return body
        parts, size = [body], len(body)
        while size <= self._max_response_bytes and (part := await content.readany()):
            parts.append(part)
            size += len(part)
        if size > self._max_response_bytes:
            self._refuse_size(answer)
        return b"".join(parts)

    def _refuse_size(self, answer: aiohttp.ClientResponse) -> NoReturn:
        answer.close()
        raise CallError("too_large", f"the answer has more than {self._max_response_bytes} bytes", True)


def _headers(sent: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in sent.items():
        name, value = name.lower(), _readable(value)
        if name in headers:
            value = headers[name] + ("\n" if name == "set-cookie" else ", ") + value
        headers[name] = value
    return headers


def _readable(value: str) -> str:
    """Bytes that are no UTF-8, which aiohttp keeps as lone surrogates, as Latin-1: those cannot be stored."""
    if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value):
        return value
    return value.encode("utf-8", "surrogateescape").decode("latin-1")


# Some readers take these for a path of the same host, others for another host.
_TWO_WAYS: Final = re.compile(r"https?:(?!//[^/])|///", re.IGNORECASE)


def _redirected(hop: Request, target: str, status: int, location: str) -> Request:
    try:
        place = _readable(location).strip().replace(" ", "%20")
        if _TWO_WAYS.match(place):
            raise ValueError("write the host behind two slashes")
        there, here = url.split(urljoin(target, place)), url.split(target)
    except ValueError as exc:
        raise CallError("redirect", f"the tool redirects to where no call goes: {exc}", True) from exc
    if here.origin.startswith("https:") and there.origin.startswith("http:"):
        raise CallError("redirect", "the tool redirects from https to http", True)
    as_get = (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST")
    headers = hop.headers
    if there.origin != here.origin:
        headers = {name: value for name, value in headers.items() if name.lower() in _KEPT_ELSEWHERE}
    if as_get:
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return Request(
        method="GET" if as_get else hop.method,
        url=there.address,
        headers=headers,
        body=None if as_get else hop.body,
    )
