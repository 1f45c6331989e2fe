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
ADVICE = "write base64 of 32 random bytes, as `openssl rand -base64 32` makes them"


@dataclass(frozen=True, slots=True)
class AppKey:
    """A key and the id that is stored with all that is encrypted under it."""

    id: str
    key: bytes = field(repr=False)


class UnreadableKeyError(Exception):
    """The key that development made for itself cannot be read."""


def read(text: str) -> AppKey:
    """`id:key`, or a key alone, whose id follows from it. Raises ValueError, which does not repeat the text."""
    id_, colon, encoded = text.strip().rpartition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError(f"is not base64; {ADVICE}") from exc
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes; {ADVICE}")
    if colon and not _ID.fullmatch(id_):
        raise ValueError(
            "has an id that is none; write up to 40 letters, digits, _, . and - before the colon"
        )
    return AppKey(id_ if colon else derived_id(key), key)


def read_several(text: str) -> tuple[AppKey, ...]:
    """Keys separated by commas, no id twice. Raises ValueError."""
    keys = tuple(read(part) for part in text.split(",") if part.strip())
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("has two keys of one id; give each its own")
    return keys


def derived_id(key: bytes) -> str:
    return sha256(b"tolstoy key id\0" + key).hexdigest()[:12]


def ring(first: Iterable[AppKey], last: AppKey | None) -> tuple[AppKey, ...]:
    """All keys, each once, the one that encrypts first. Raises ValueError where one id stands for two keys."""
    keys: dict[str, AppKey] = {}
    for key in (*first, *([last] if last else [])):
        if keys.setdefault(key.id, key) != key:
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
        return read(path.read_text(encoding="ascii"))
    except OSError as exc:
        raise UnreadableKeyError(
            f"{path} can be neither read nor made ({exc.strerror}); set APP_KEY"
        ) from exc
    except ValueError as exc:
        raise UnreadableKeyError(
            f"{path} is not a key. Bring back the one that was there, or remove it where nothing was encrypted with it"
        ) from exc


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
