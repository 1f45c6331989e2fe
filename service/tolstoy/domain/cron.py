"""When a schedule is due: five fields of cron in a time zone, read as Debian's cron does.

A job at a fixed time that the clocks skip in spring runs at the first moment after the gap; one at a time that comes
twice in autumn runs the first time. What runs every hour, or every few minutes, does so in each hour that passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

MAX_TICKS: Final = 100  # of one schedule that are looked at in one go
MAX_COUNTED: Final = 1000  # of the ticks that are too old, as which they are dropped

_CHARACTERS: Final = re.compile(r"[0-9A-Za-z*/,#-]+( +[0-9A-Za-z*/,#-]+){4}")


class CronError(ValueError):
    """This is no time at which a schedule could be due."""


class Due(NamedTuple):
    ticks: list[datetime]
    dropped: int
    following: datetime | None


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check(cron: str, zone: str) -> None:
    """Raises CronError, whose message says what to write. The zone is known."""
    if not _CHARACTERS.fullmatch(cron):
        raise CronError(
            "write five fields (minute, hour, day of the month, month, day of the week): 30 7 * * MON-FRI"
        )
    try:
        first = next(after(cron, zone, datetime.now(UTC)), None)
    except CronSimError as exc:
        raise CronError(
            f"{_bad_field(str(exc))}: write a number, a range, a list or a step, such as */15"
        ) from exc
    if first is None:
        raise CronError("this never comes")


def _bad_field(said: str) -> str:
    return said.replace("Bad ", "there is no such ").replace("day-of-", "day of the ")


def after(cron: str, zone: str, moment: datetime) -> Iterator[datetime]:
    """The ticks behind `moment`, in UTC, each once."""
    last = moment.astimezone(UTC)
    for tick in CronSim(cron, moment.astimezone(ZoneInfo(zone))):
        # at a gap two times of the day become one moment; and in the hour that comes twice it looks back
        at = tick.astimezone(UTC)
        if at > last:
            last = at
            yield at


def due(cron: str, zone: str, next_at: datetime, now: datetime, catch_up: timedelta) -> Due:
    """The ticks from `next_at` to `now` that are not older than `catch_up`, how many were, and the tick that follows.

    No more than MAX_TICKS at a time, and no more than MAX_COUNTED are counted; the tick that follows may be due, too.
    """
    oldest, dropped, first = now - catch_up, 0, next_at
    if next_at < oldest:
        before = oldest - timedelta(microseconds=1)
        dropped = 1 + sum(1 for _ in islice(_until(after(cron, zone, next_at), oldest), MAX_COUNTED - 1))
        found = next(after(cron, zone, before), None)
        if found is None:
            return Due([], dropped, None)
        first = found
    ticks: list[datetime] = []
    following: datetime | None = first
    coming = after(cron, zone, first)
    while following is not None and following <= now and len(ticks) < MAX_TICKS:
        ticks.append(following)
        following = next(coming, None)
    return Due(ticks, dropped, following)


def _until(ticks: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for tick in ticks:
        if tick >= end:
            return
        yield tick
