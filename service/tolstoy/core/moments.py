"""Moments as the API writes them, for JSON that is stored."""

from datetime import UTC, datetime


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
