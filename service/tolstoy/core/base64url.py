"""Bytes as they stand in addresses: base64url without padding (RFC 4648, 5)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def write(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def read(text: str) -> bytes | None:
    """None for whatever `write` would not have written."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    # decoding skips what is no base64, so that another text may come to the same bytes
    return raw if write(raw) == text else None
