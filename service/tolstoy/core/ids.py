"""Identifiers: UUIDv7 (RFC 9562), so that the order of ids is the order of creation."""

from uuid import UUID

from uuid_utils.compat import uuid7

# The tenant of what belongs to no tenant: platform routes enter the database under this id.
PLATFORM = UUID(int=0)


def new_id() -> UUID:
    return uuid7()


def parse_id(text: str) -> UUID | None:
    """The id in its canonical form of 36 characters; None for any other spelling."""
    if len(text) != 36:
        return None
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None
