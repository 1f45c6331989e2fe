"""Identifiers: UUIDv7 (RFC 9562), so that the order of ids is the order of creation."""

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
