"""The text of an API key: `tol_`, its id, a secret and a checksum, in letters and digits that a double click selects.

The id (128 bits) has 22 digits to the base 62, the secret (256 bits) 43, the checksum (CRC-32 of what stands before
it) 6, so that mistyped keys, and what a scanner for leaked ones finds by accident, need no look into the database.
Kept is the SHA-256 of the whole text. A slow hash protects what people make up, by making guesses dear; nobody
guesses 256 random bits, and each request would pay for it.
"""

from __future__ import annotations

import re
import secrets
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

PREFIX = "tol_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_ID, _SECRET, _CHECKSUM = 22, 43, 6
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_ID + _SECRET + _CHECKSUM}}}")


@dataclass(frozen=True, slots=True)
class NewKey:
    id: UUID
    text: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        return hashed(self.text)


def new_key(id_: UUID) -> NewKey:
    secret = int.from_bytes(secrets.token_bytes(32))
    body = f"{PREFIX}{_written(id_.int, _ID)}{_written(secret, _SECRET)}"
    return NewKey(id_, body + _checksum(body))


def id_in(text: str) -> UUID | None:
    """The id of the key; None for what cannot be the text of one."""
    if not _SHAPE.fullmatch(text) or _checksum(text[:-_CHECKSUM]) != text[-_CHECKSUM:]:
        return None
    number = 0
    for digit in text[len(PREFIX) : len(PREFIX) + _ID]:
        number = number * 62 + _VALUES[digit]
    return UUID(int=number) if number < 1 << 128 else None


def hashed(text: str) -> bytes:
    return sha256(text.encode(errors="surrogateescape")).digest()


def shown(id_: UUID) -> str:
    """What a key begins with, to tell keys apart by."""
    return f"{PREFIX}{_written(id_.int, _ID)}"


def _checksum(body: str) -> str:
    return _written(zlib.crc32(body.encode()), _CHECKSUM)


def _written(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
