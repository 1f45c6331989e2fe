"""Signatures of webhooks: made as Standard Webhooks says, and verified in the ways of those who send them."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final, Literal

Verification = Literal["none", "github", "stripe", "slack", "standard"]

TOLERANCE_SECONDS: Final = 300
PREFIX: Final = "whsec_"
# The headers without which a signature cannot be checked.
SIGNED_BY: Final[Mapping[Verification, tuple[str, ...]]] = {
    "none": (),
    "github": ("x-hub-signature-256",),
    "stripe": ("stripe-signature",),
    "slack": ("x-slack-request-timestamp", "x-slack-signature"),
    "standard": ("webhook-id", "webhook-timestamp", "webhook-signature"),
}


class SignatureError(Exception):
    """`missing` names the header that was not sent; without one, the signature does not match."""

    def __init__(self, missing: str | None = None) -> None:
        self.missing = missing
        super().__init__(f"The header {missing} is missing." if missing else "The signature does not match.")


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes | None:
    """The key in a secret of Standard Webhooks; None where it is none of 24 to 64 bytes."""
    if not secret.startswith(PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if 24 <= len(key) <= 64 else None


def sign(secret_texts: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret, while one replaces another."""
    signatures = (
        f"v1,{_standard(key, message_id, str(timestamp), body)}"
        for key in map(key_of, secret_texts)
        if key is not None
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(kind: Verification, secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raises SignatureError. The names in `headers` are in lower case; `body` is as it was sent."""
    for name in SIGNED_BY[kind]:
        if not headers.get(name):
            raise SignatureError(name)
    if kind != "none" and not _matches(kind, secret, headers, body, now):
        raise SignatureError


def _matches(kind: Verification, secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    key = secret.encode()
    match kind:
        case "github":
            return _any_same(f"sha256={_hex(key, body)}", [headers["x-hub-signature-256"]])
        case "stripe":
            stamps, sent = _stripe_parts(headers["stripe-signature"])
            expected = _hex(key, _bytes(stamps[0]) + b"." + body) if len(stamps) == 1 else ""
            return _is_recent(stamps, now) and _any_same(expected, sent)
        case "slack":
            stamp = headers["x-slack-request-timestamp"]
            expected = f"v0={_hex(key, b'v0:' + _bytes(stamp) + b':' + body)}"
            return _is_recent([stamp], now) and _any_same(expected, [headers["x-slack-signature"]])
        case "standard":
            return _matches_standard(secret, headers, body, now)
    return False


def _matches_standard(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    key, stamp = key_of(secret), headers["webhook-timestamp"]
    if key is None or not _is_recent([stamp], now):
        return False
    expected = _standard(key, headers["webhook-id"], stamp, body)
    sent = (part.partition(",") for part in headers["webhook-signature"].split(" "))
    return _any_same(expected, [text for version, _, text in sent if version == "v1"])


def _stripe_parts(header: str) -> tuple[list[str], list[str]]:
    """The timestamps, of which there should be one, and the signatures."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    return (
        [text for name, _, text in pairs if name == "t"],
        [text for name, _, text in pairs if name == "v1"],
    )


def _is_recent(stamps: Sequence[str], now: float) -> bool:
    return (
        len(stamps) == 1
        and stamps[0].isascii()
        and stamps[0].isdigit()
        and len(stamps[0]) < 12
        and abs(now - int(stamps[0])) <= TOLERANCE_SECONDS
    )


def _any_same(expected: str, sent: Sequence[str]) -> bool:
    """Compares all, so that the time taken tells nothing of which one was nearly right."""
    same = [compare_digest(expected.encode(), _bytes(text)) for text in sent]
    return any(same)


def _hex(key: bytes, message: bytes) -> str:
    return digest(key, message, sha256).hex()


def _standard(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    message = _bytes(message_id) + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(digest(key, message, sha256)).decode()


def _bytes(text: str) -> bytes:
    """A header's, whose bytes that are no UTF-8 come as surrogates."""
    return text.encode(errors="surrogateescape")
