"""Envelope encryption of what is stored: AES-256-GCM (NIST SP 800-38D) under a data key of each value's own.

A sealed value, in bytes:

    1   version, 1
    1   length of the key's id, then the id in ASCII
    12  nonce, then 48: the data key, encrypted under the key of that id
    12  nonce, then the value, encrypted under the data key, with its tag of 16

Both encryptions authenticate the bytes before them and the place where the value is stored, so that one that was
moved to another organization, table, row or column does not open there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tolstoy.core.app_keys import KEY_BYTES, AppKey
from tolstoy.core.errors import UnavailableError

_VERSION: Final = 1
_NONCE: Final = 12
_TAG: Final = 16
_WRAPPED: Final = KEY_BYTES + _TAG


class Place(NamedTuple):
    """Where a value is stored; tables and columns are called by their names in the database."""

    org_id: UUID
    table: str
    row: UUID
    column: str

    @property
    def text(self) -> bytes:
        return b"%b%b%b.%b" % (self.org_id.bytes, self.row.bytes, self.table.encode(), self.column.encode())


class UnreadableSecretError(UnavailableError):
    """A stored secret cannot be decrypted."""

    code, title = "secret-unreadable", "Stored secret unreadable"


class UnknownKeyError(UnreadableSecretError):
    """Nothing is lost: it opens again once the key of that id is in APP_KEYS."""

    code, title = "encryption-key-missing", "Encryption key missing"

    def __init__(self, key_id: str, what: str = "A stored secret is encrypted") -> None:
        self.key_id = key_id
        super().__init__(
            f"{what} under the key {key_id!r}, which this server was not given. Add that key to APP_KEYS; nothing is"
            " lost."
        )


class NoKeyError(UnreadableSecretError):
    """This server was given no key to encrypt with: set APP_KEY."""

    code, title = "no-encryption-key", "No encryption key"


class Keyring:
    """Encrypts under the first of its keys, decrypts under all of them."""

    def __init__(self, keys: Iterable[AppKey] = ()) -> None:
        self._keys = {key.id: AESGCM(key.key) for key in keys}
        self.newest = next(iter(self._keys), None)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def seal(self, value: bytes, place: Place) -> bytes:
        """Raises NoKeyError."""
        if self.newest is None:
            raise NoKeyError
        head = key_head(self.newest)
        data_key = AESGCM.generate_key(8 * KEY_BYTES)
        nonce = secrets.token_bytes(_NONCE)
        head += nonce + self._keys[self.newest].encrypt(nonce, data_key, head + place.text)
        nonce = secrets.token_bytes(_NONCE)
        return head + nonce + AESGCM(data_key).encrypt(nonce, value, head + place.text)

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Raises UnknownKeyError, and UnreadableSecretError for what was sealed elsewhere or altered since."""
        key_id = key_id_of(sealed)
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKeyError(key_id)
        ids_end = 2 + len(key_id)
        value_at = ids_end + _NONCE + _WRAPPED
        head = sealed[:value_at]
        nonce, wrapped = head[ids_end : ids_end + _NONCE], head[ids_end + _NONCE :]
        try:
            data_key = key.decrypt(nonce, wrapped, head[:ids_end] + place.text)
            nonce, value = sealed[value_at : value_at + _NONCE], sealed[value_at + _NONCE :]
            return AESGCM(data_key).decrypt(nonce, value, head + place.text)
        except (InvalidTag, ValueError) as exc:
            raise _unreadable(f"does not open under the key {key_id!r}") from exc


def key_head(key_id: str) -> bytes:
    """What a value begins with that was made under a key: `key_id_of` reads it."""
    id_ = key_id.encode("ascii")
    return bytes((_VERSION, len(id_))) + id_


def key_id_of(sealed: bytes) -> str:
    """The id of the key that a value was sealed under. Raises UnreadableSecretError."""
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1]:
        raise _unreadable("is not one that this version wrote")
    try:
        return sealed[2 : 2 + sealed[1]].decode("ascii")
    except UnicodeDecodeError as exc:
        raise _unreadable("is not one that this version wrote") from exc


def _unreadable(what: str) -> UnreadableSecretError:
    return UnreadableSecretError(
        f"A stored secret {what}: it was altered or moved, or the key of that id is another one now."
    )
