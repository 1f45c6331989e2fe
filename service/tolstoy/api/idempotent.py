"""Idempotency-Key on POST: one effect however often it is sent, and the same answer each time."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sanic import HTTPResponse, Request

from tolstoy.core.errors import Finding, MalformedError
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import idempotency

_KEY = re.compile(r"[!-~]{1,255}")
_KEPT_HEADERS = ("ETag", "Location")
REPLAYED = "Idempotency-Replayed"


@dataclass
class Once:
    """`without` are the fields that are shown once: they are not kept, and not in what is replayed."""

    replayed: HTTPResponse | None = None
    made: HTTPResponse | None = None
    without: frozenset[str] = frozenset()

    @property
    def response(self) -> HTTPResponse:
        response = self.replayed or self.made
        if response is None:
            raise RuntimeError("nothing was answered")
        return response


@contextlib.asynccontextmanager
async def transaction(scope: Scope, request: Request) -> AsyncIterator[tuple[Scope, Once]]:
    """A transaction in which the request is answered: from the kept answer, or anew and then kept."""
    key = _key(request)
    sent = f"{request.method} {request.path}\0{scope.user_id}\0".encode() + request.body
    async with tenancy.transaction(scope) as inner:
        kept = await idempotency.claim(inner, key, sent)
        if kept is not None:
            headers = {**kept.headers, REPLAYED: "true"}
            content_type = "application/json"
            yield (
                inner,
                Once(HTTPResponse(kept.body, kept.status, headers=headers, content_type=content_type)),
            )
            return
        once = Once()
        yield inner, once
        made = once.response
        headers = {name: made.headers[name] for name in _KEPT_HEADERS if name in made.headers}
        body = _without(once.without, made.body or b"")
        answer = idempotency.Answer(made.status, headers, body)
        await idempotency.keep(inner, key, sent, answer)
        await idempotency.prune(inner)


class Named(msgspec.Struct):
    id: UUID


def named_by(kept: HTTPResponse) -> Named:
    """What a kept answer is about; all else in it may be of another time."""
    return msgspec.json.decode(kept.body or b"", type=Named)


def marked(kept: HTTPResponse, newer: HTTPResponse | None) -> HTTPResponse:
    """The newer answer, where there is one; a replay as the kept one is."""
    if newer is None:
        return kept
    if REPLAYED in kept.headers:
        newer.headers[REPLAYED] = kept.headers[REPLAYED]
    return newer


def _without(names: frozenset[str], body: bytes) -> bytes:
    if not names:
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: value for name, value in fields.items() if name not in names})


def _key(request: Request) -> str:
    values = request.headers.getall("idempotency-key")
    if len(values) != 1 or not _KEY.fullmatch(values[0]):
        detail = "send one key of 1 to 255 visible ASCII characters"
        raise MalformedError(findings=[Finding("invalid_header", detail, header="Idempotency-Key")])
    return str(values[0])
