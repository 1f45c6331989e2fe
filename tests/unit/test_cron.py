"""When schedules are due, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.domain import cron
from tolstoy.domain.cron import CronError, Due

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


def ticks(expression: str, zone: str, begin: str, count: int) -> list[str]:
    return [f"{tick:%m-%d %H:%M}" for tick in islice(cron.after(expression, zone, at(begin)), count)]


def test_a_zone_says_when_the_day_begins() -> None:
    assert ticks("30 7 * * MON-FRI", "Europe/Berlin", "2026-01-30T06:31", 2) == ["02-02 06:30", "02-03 06:30"]
    assert ticks("30 7 * * MON-FRI", "UTC", "2026-01-30T06:31", 2) == ["01-30 07:30", "02-02 07:30"]
    assert ticks("0 9 1 * *", "Asia/Kathmandu", "2026-01-01T00:00", 2) == ["01-01 03:15", "02-01 03:15"]


@pytest.mark.parametrize(
    ("zone", "begin", "expected"),
    [
        # 2026-03-29: at 02:00 it is 03:00
        ("Europe/Berlin", "2026-03-27T12:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        # 2026-03-08: at 02:00 it is 03:00
        ("America/New_York", "2026-03-06T12:00", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
        # 2026-10-25: at 03:00 it is 02:00 once more
        ("Europe/Berlin", "2026-10-23T12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        # 2026-11-01: at 02:00 it is 01:00 once more, so 02:30 comes once
        ("America/New_York", "2026-10-30T12:00", ["10-31 06:30", "11-01 07:30", "11-02 07:30"]),
    ],
)
def test_half_past_two_comes_once_a_day(zone: str, begin: str, expected: list[str]) -> None:
    assert ticks("30 2 * * *", zone, begin, 3) == expected


def test_a_time_that_comes_twice_is_taken_the_first_time() -> None:
    assert ticks("30 1 * * *", "America/New_York", "2026-10-31T12:00", 2) == ["11-01 05:30", "11-02 06:30"]
    # asked in the hour that comes again, the answer is tomorrow
    assert ticks("30 1 * * *", "America/New_York", "2026-11-01T06:10", 1) == ["11-02 06:30"]


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("Europe/Berlin", "2026-03-28T20:00"),
        ("Europe/Berlin", "2026-10-24T20:00"),
        ("America/New_York", "2026-03-07T20:00"),
        ("America/New_York", "2026-10-31T20:00"),
    ],
)
def test_what_runs_hourly_runs_in_each_hour_that_passes(zone: str, begin: str) -> None:
    for expression, step in (("0 * * * *", HOUR), ("*/15 * * * *", HOUR / 4)):
        found = list(islice(cron.after(expression, zone, at(begin)), 60))
        assert {later - earlier for earlier, later in pairwise(found)} == {step}


def test_two_times_that_a_gap_makes_one_are_one_tick() -> None:
    assert ticks("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 3) == [
        "03-29 01:00",
        "03-30 00:00",
        "03-30 00:30",
    ]


@settings(deadline=None)
@given(
    st.sampled_from(
        ["30 2 * * *", "0 * * * *", "*/7 1-3 * * *", "15 0,2,3 * * SUN", "59 23 L * *", "0 0 * * 0#1"]
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
)  # fmt: skip
def test_ticks_only_go_forward_wherever_one_begins(expression: str, zone: str, moment: datetime) -> None:
    found = list(islice(cron.after(expression, zone, moment), 5))
    assert found == sorted(set(found)) and found[0] > moment
    assert [next(cron.after(expression, zone, tick)) for tick in found[:-1]] == found[1:], "and none is lost"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "write five fields"),
        ("* * * *", "write five fields"),
        ("0 * * * * *", "write five fields"),
        ("@daily", "write five fields"),
        ("* * * * *\n", "write five fields"),
        ("60 * * * *", "there is no such minute"),
        ("* 24 * * *", "there is no such hour"),
        ("* * 0 * *", "there is no such day of the month"),
        ("* * * 13 *", "there is no such month"),
        ("* * * * FOO", "there is no such day of the week"),
        ("*/0 * * * *", "there is no such minute"),
        ("5-1 * * * *", "there is no such minute"),
        ("0 0 30 2 *", "there is no such day of the month"),
    ],
)
def test_what_is_no_cron_is_said(expression: str, said: str) -> None:
    with pytest.raises(CronError, match=said):
        cron.check(expression, "UTC")


def test_what_never_comes_is_said() -> None:
    with pytest.raises(CronError, match="never comes"):
        cron.check("0 0 LW * */7", "UTC")


@settings(deadline=None)
@given(st.text(alphabet="0123456789*/,-#LWMON ", max_size=20))
def test_any_text_is_a_cron_or_is_said_to_be_none(expression: str) -> None:
    try:
        cron.check(expression, "Europe/Berlin")
    except CronError:
        return
    assert next(cron.after(expression, "Europe/Berlin", at("2026-01-01T00:00")))


@pytest.mark.parametrize(
    ("next_at", "now", "seconds", "expected"),
    [
        ("12:00", "11:59", 3600, Due([], 0, at("2026-06-01T12:00"))),
        ("12:00", "12:00", 3600, Due([at("2026-06-01T12:00")], 0, at("2026-06-01T13:00"))),
        ("12:00", "12:59", 3600, Due([at("2026-06-01T12:00")], 0, at("2026-06-01T13:00"))),
        ("09:00", "12:10", 7200, Due([at("2026-06-01T11:00"), at("2026-06-01T12:00")], 2, at("2026-06-01T13:00"))),
        ("11:00", "12:00", 3600, Due([at("2026-06-01T11:00"), at("2026-06-01T12:00")], 0, at("2026-06-01T13:00"))),
        ("09:00", "12:10", 60, Due([], 4, at("2026-06-01T13:00"))),
    ],
)  # fmt: skip
def test_ticks_are_made_up_for_within_the_window(next_at: str, now: str, seconds: int, expected: Due) -> None:
    found = cron.due(
        "0 * * * *", "UTC", at(f"2026-06-01T{next_at}"), at(f"2026-06-01T{now}"), timedelta(seconds=seconds)
    )
    assert found == expected


def test_of_very_many_ticks_some_are_looked_at_and_the_rest_later() -> None:
    now = at("2026-06-01T12:00")
    found = cron.due("* * * * *", "UTC", now - timedelta(days=1), now, timedelta(days=2))
    assert len(found.ticks) == cron.MAX_TICKS and found.dropped == 0
    assert found.following == found.ticks[-1] + timedelta(minutes=1)
    older = cron.due("* * * * *", "UTC", now - timedelta(days=400), now, timedelta(minutes=2))
    assert older.dropped == cron.MAX_COUNTED and older.following == now + timedelta(minutes=1)
    assert older.ticks == [now - timedelta(minutes=minutes) for minutes in (2, 1, 0)]
