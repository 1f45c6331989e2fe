"""The tokens of addresses that open for whoever knows them: whose row is meant, and a secret that its hash tells."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from tolstoy.core import base64url

_SECRET_BYTES: Final = 24


class Token(NamedTuple):
    org_id: UUID
    id: UUID
    hash: bytes


def read(text: str) -> Token | None:
    """None for what is no token of ours; whether it is that row's, its hash tells."""
    raw = base64url.read(text)
    if raw is None or len(raw) != 32 + _SECRET_BYTES:
        return None
    return Token(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), sha256(raw).digest())


def new(org_id: UUID, id_: UUID) -> tuple[str, bytes]:
    """The text, and the hash by which it is known again."""
    raw = org_id.bytes + id_.bytes + secrets.token_bytes(_SECRET_BYTES)
    return base64url.write(raw), sha256(raw).digest()
