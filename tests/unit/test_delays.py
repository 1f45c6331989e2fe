"""How long an attempt that failed is waited after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tolstoy.domain.flow_step import MAX_DELAY_SECONDS, Retry
from tolstoy.engine import retry_after
from tolstoy.engine.calls import delay_seconds

STEADY = Retry(interval_seconds=2, backoff_rate=3, max_delay_seconds=50, jitter="none")


def test_delays_grow_by_their_rate_up_to_the_longest() -> None:
    assert [delay_seconds(STEADY, tries, None) for tries in range(1, 6)] == [2, 6, 18, 50, 50]


def test_where_no_rate_is_given_they_double() -> None:
    assert [delay_seconds(Retry(jitter="none"), tries, None) for tries in (1, 2, 3, 7)] == [1, 2, 4, 60]


@pytest.mark.parametrize(
    ("asked", "seconds"), [(0.0, 6), (5.9, 6), (6.1, 6.1), (900.0, 900), (1e9, MAX_DELAY_SECONDS)]
)
def test_what_the_tool_asks_for_is_the_least(asked: float, seconds: float) -> None:
    """Also where that is longer than the flow's own longest delay."""
    assert delay_seconds(STEADY, 2, asked) == seconds


def test_full_jitter_takes_any_delay_up_to_the_steady_one() -> None:
    full = Retry(interval_seconds=2, backoff_rate=3, max_delay_seconds=50)
    seen = [delay_seconds(full, 3, None) for _ in range(500)]
    assert 0 <= min(seen) < 4 and 14 < max(seen) <= 18, "of 18 seconds, both ends"
    asked = [delay_seconds(full, 3, 9.0) for _ in range(500)]
    assert min(asked) == 9 and 14 < max(asked) <= 18


def test_the_highest_attempt_has_a_delay() -> None:
    far = Retry(interval_seconds=MAX_DELAY_SECONDS, backoff_rate=10, max_delay_seconds=MAX_DELAY_SECONDS)
    assert 0 <= delay_seconds(far, 20, None) <= MAX_DELAY_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120), (" 0 ", 0), ("9" * 400, 999_999_999), ("", None), ("1.5", None), ("-1", None), ("soon", None),
        ("٣", None), ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 -0000", None),
        ("Sun, 99 Nov 2094 08:49:37 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_of_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after.seconds({"retry-after": text}) == seconds


def test_a_date_to_come_is_waited_for() -> None:
    date = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    before = datetime.now(UTC)
    seconds = retry_after.seconds({"retry-after": format_datetime(date, usegmt=True)})
    after = datetime.now(UTC)
    assert seconds is not None
    assert (date - after).total_seconds() <= seconds <= (date - before).total_seconds()
