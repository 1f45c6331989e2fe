"""The keys that stored secrets are encrypted under, as they are written down; `crypto` encrypts with them."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

KEY_BYTES = 32
FILE_NAME = "app.key"
_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_KMS = "kms"
_MOST_CIPHERTEXT = 6144  # bytes that KMS decrypts at once
ADVICE = "write base64 of 32 random bytes, as `openssl rand -base64 32` makes them"


@dataclass(frozen=True, slots=True)
class AppKey:
    """A key and the id that is stored with all that is encrypted under it."""

    id: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key that only AWS KMS can open; without an id of its own it has the one that follows from the key."""

    id: str | None
    ciphertext: bytes = field(repr=False)


class UnreadableKeyError(Exception):
    """The key that development made for itself cannot be read."""


def read(text: str) -> AppKey | WrappedKey:
    """`id:key` or `id:kms:ciphertext`, or either without its id, which then follows from the key.

    Raises ValueError, which does not repeat the text.
    """
    before, colon, encoded = text.strip().rpartition(":")
    id_, named, form = before.rpartition(":")
    if form == _KMS:
        return WrappedKey(checked_id(id_) if named else None, _ciphertext(encoded))
    key = _decoded(encoded)
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes; {ADVICE}")
    return AppKey(checked_id(before) if colon else derived_id(key), key)


def read_several(text: str) -> tuple[AppKey | WrappedKey, ...]:
    """Keys separated by commas, no id twice. Raises ValueError."""
    keys = tuple(read(part) for part in text.split(",") if part.strip())
    ids = [key.id for key in keys if key.id is not None]
    if len(set(ids)) < len(ids):
        raise ValueError("has two keys of one id; give each its own")
    return keys


def written(key: bytes, id_: str | None, *, wrapped: bool = False) -> str:
    """What `read` reads: of a key, or of what KMS made of one."""
    return ":".join([*([id_] if id_ else []), *([_KMS] if wrapped else []), base64.b64encode(key).decode()])


def checked_id(text: str) -> str:
    """Raises ValueError."""
    if not _ID.fullmatch(text) or text == _KMS:
        raise ValueError(
            "has an id that is none; write up to 40 letters, digits, _, . and - before the colon, and not kms"
        )
    return text


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError(f"is not base64; {ADVICE}") from exc


def _ciphertext(text: str) -> bytes:
    found = _decoded(text)
    if not KEY_BYTES < len(found) <= _MOST_CIPHERTEXT:
        raise ValueError(
            f"has {len(found)} bytes after kms:, which KMS never made; write what `tolstoy admin new-key --kms` prints"
        )
    return found


def derived_id(key: bytes) -> str:
    return sha256(b"tolstoy key id\0" + key).hexdigest()[:12]


def ring(
    first: Iterable[AppKey | WrappedKey], last: AppKey | WrappedKey | None
) -> tuple[AppKey | WrappedKey, ...]:
    """All keys, each once, the one that encrypts first. Raises ValueError where one id stands for two keys."""
    keys: dict[object, AppKey | WrappedKey] = {}
    for key in (*first, *([last] if last else [])):
        if keys.setdefault(key.id or key, key) != key:
            raise ValueError(
                f"has the id {key.id!r}, which another key in APP_KEYS has too; give each its own"
            )
    return tuple(keys.values())


def kept_in(folder: Path) -> AppKey:
    """The key of a development's own, made once for its folder; of processes that start at once one makes it.

    Raises UnreadableKeyError for a file that is none.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        key = read(path.read_text(encoding="ascii"))
        if not isinstance(key, AppKey):
            raise ValueError("is KMS's to open")
    except OSError as exc:
        raise UnreadableKeyError(
            f"{path} can be neither read nor made ({exc.strerror}); set APP_KEY"
        ) from exc
    except ValueError as exc:
        raise UnreadableKeyError(
            f"{path} is not a key. Bring back the one that was there, or remove it where nothing was encrypted with it"
        ) from exc
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # whole under another name first (mkstemp gives it mode 0600): a link either is made or was there before
    number, written = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(written, path)
        except FileExistsError:
            return  # another process was first
    finally:
        os.unlink(written)
