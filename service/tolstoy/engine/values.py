"""JSON values on their way into the database: bounded, and free of what Postgres cannot store."""

from __future__ import annotations

from typing import Any

import msgspec

from tolstoy.engine.failures import StepError

_encode = msgspec.json.Encoder().encode


def encoded(value: Any, what: str, most: int) -> str:
    """The value as a text for a jsonb column; raises StepError for what cannot be kept whole."""
    try:
        data = _encode(value)
        text = data.decode()
    except (UnicodeEncodeError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as exc:
        raise StepError("invalid_value", f"{what} cannot be written as JSON: {exc}") from exc
    if len(data) > most:
        raise StepError("payload_too_large", f"{what} has {len(data)} bytes; at most {most} are kept")
    if "\\u0000" in text and _has_nul(value):
        raise StepError("invalid_value", f"{what} has the character U+0000, which cannot be stored")
    return text


def shown(value: Any, most: int) -> str:
    """As `encoded`, for what is only shown: too large a value is replaced by a mark that says so."""
    try:
        return encoded(value, "the value", most)
    except StepError as exc:
        size = len(_encode(value)) if exc.code == "payload_too_large" else None
        return _encode({"truncated": True, "reason": exc.message, "bytes": size}).decode()


def told(error: dict[str, Any], most: int) -> dict[str, Any]:
    """The error as it is kept: whatever is left out of it, its code and its message stay."""
    try:
        encoded(error, "the error", most)
    except StepError as exc:
        message = str(error.get("message", "")).replace("\x00", "\ufffd")[:500]
        kept: dict[str, Any] = {name: error[name] for name in ("step", "code") if name in error}
        kept |= {"message": message, "truncated": True, "reason": exc.message}
        return kept
    return error


def _has_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any("\x00" in name or _has_nul(member) for name, member in value.items())
        case list() | tuple():
            return any(_has_nul(item) for item in value)
    return False
