"""Pages of a list, newest first, and the cursor that leads from one to the next."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec

from tolstoy.core.errors import Finding, MalformedError

T = TypeVar("T")


class PageQuery(msgspec.Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What every list takes."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=200, description="a number from 1 to 200, how many to answer with")
    ] = 50
    cursor: Annotated[
        str | None, msgspec.Meta(description="nextCursor of the page before, opaque and bound to this list")
    ] = None


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    next_cursor: Annotated[
        str | None, msgspec.Meta(description="Pass as ?cursor= for the next page; null at the end.")
    ]
    has_more: bool
    limit: int


class Page(msgspec.Struct, Generic[T], frozen=True):
    data: Sequence[T]
    page: PageInfo


def encode(last: UUID, binding: bytes) -> str:
    """The cursor that continues behind `last` in the list that `binding` stands for."""
    return urlsafe_b64encode(last.bytes + _seal(last.bytes, binding)).decode()


def decode(cursor: str, binding: bytes) -> UUID:
    """The id behind which to continue; raises MalformedError for a cursor of another list, or none of ours."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii"))
    except ValueError:
        raw = b""
    # decoding skips what is no base64, so a text that is not exactly ours may come to the same bytes
    exact = urlsafe_b64encode(raw).decode() == cursor
    if not exact or len(raw) != 32 or not compare_digest(raw[16:], _seal(raw[:16], binding)):
        raise MalformedError(
            "The cursor is not one of this list.",
            findings=[
                Finding(
                    "invalid_cursor",
                    "pass nextCursor as you got it, with the same filters, or leave it out to start anew",
                    parameter="cursor",
                )
            ],
        )
    return UUID(bytes=raw[:16])


def _seal(last: bytes, binding: bytes) -> bytes:
    """Not a secret: the cursor opens nothing that its holder could not ask for; it only keeps mistakes apart."""
    return blake2b(last + binding, digest_size=16).digest()
