"""What a request is known again by: HMAC-SHA-256 under a key made of each APP_KEY by HKDF (RFC 5869).

A plain hash of a request would let who reads the database find out by guessing what was in it, a weak password say.
A fingerprint, in bytes:

    1   version, 1
    1   length of the key's id, then the id in ASCII
    32  the HMAC
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tolstoy.core.app_keys import KEY_BYTES, AppKey
from tolstoy.core.crypto import NoKeyError, UnknownKeyError, key_head, key_id_of

_PURPOSE: Final = b"tolstoy fingerprints"
_PLAIN: Final = 32  # those of code from before there was a key; a fingerprint is longer


class Fingerprints:
    """Makes them under the first of its keys, knows again those under all of them."""

    def __init__(self, keys: Iterable[AppKey] = ()) -> None:
        self._keys = {key.id: _derived(key) for key in keys}
        self._newest = next(iter(self._keys), None)

    def of(self, message: bytes) -> bytes:
        """Raises NoKeyError."""
        if self._newest is None:
            raise NoKeyError
        return key_head(self._newest) + hmac.digest(self._keys[self._newest], message, sha256)

    def same(self, kept: bytes, message: bytes) -> bool:
        """Whether `kept` was made of this message.

        Raises UnknownKeyError where its key is missing, and UnreadableSecretError for what is no fingerprint.
        """
        if len(kept) == _PLAIN:
            return hmac.compare_digest(kept, sha256(message).digest())
        id_ = key_id_of(kept)
        key = self._keys.get(id_)
        if key is None:
            raise UnknownKeyError(id_, "An earlier request is recorded")
        return hmac.compare_digest(kept[2 + len(id_) :], hmac.digest(key, message, sha256))


def _derived(key: AppKey) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_PURPOSE).derive(key.key)
