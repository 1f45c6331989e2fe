"""Identifiers: UUIDv7 (RFC 9562), so that the order of ids is the order of creation."""

from datetime import datetime
from uuid import UUID

import msgspec
import uuid_utils
from uuid_utils.compat import uuid7

# The tenant of what belongs to no tenant: platform routes enter the database under this id.
PLATFORM = UUID(int=0)


def new_id() -> UUID:
    return uuid7()


def new_request_id() -> str:
    """As above, in 32 digits."""
    return uuid_utils.uuid7().hex


def parse_id(text: str) -> UUID | None:
    """The id in its canonical form of 36 characters; None for any other spelling."""
    if len(text) != 36:
        return None
    try:
        return msgspec.convert(text, UUID)  # stricter than UUID(), which skips braces and stray hyphens
    except ValueError:
        return None


def first_id_at(moment: datetime) -> UUID:
    """The lowest id that is made at a time: those made earlier are below it."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
