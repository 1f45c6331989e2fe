"""Moments in stored JSON have the one spelling of the API."""

from datetime import UTC, datetime, timedelta, timezone

from tolstoy.core import moments


def test_it_is_utc_with_microseconds_and_z() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert moments.text(moment) == "2026-01-31T12:00:00.000000Z"
    assert moments.text(moment.astimezone(timezone(timedelta(hours=2)))) == moments.text(moment)
    assert datetime.fromisoformat(moments.text(moment)) == moment
