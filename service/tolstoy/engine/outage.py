"""A database that is away: said once when it goes and once when it is back, whoever notices, and however often."""

from __future__ import annotations

import time

import asyncpg

from tolstoy.core import log
from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.errors import ProblemError, SchemaOutdatedError, UnavailableError
from tolstoy.db import tenancy
from tolstoy.db.database import unreachable


class Outage:
    """One worker's; those who work with the database tell it how that went."""

    def __init__(self) -> None:
        self._without: set[str] = set()  # who did not get on
        self._since = 0.0

    def begun(self, who: str, where: ConnectOptions, exc: BaseException) -> None:
        first = not self._without
        self._without.add(who)
        if not first:
            log.get().debug(f"{who} is put off: {said(exc)}", action="put_off", who=who)
            return
        self._since = time.monotonic()
        log.get().warning(
            f"the database {where.redacted} {said(exc)}; work goes on when it can",
            action="database_lost",
            database=where.redacted,
        )

    def over(self, who: str) -> None:
        if who not in self._without:
            return
        self._without.remove(who)
        if not self._without:
            log.get().info(
                "the database is back",
                action="database_back",
                seconds=round(time.monotonic() - self._since, 1),
            )


def said(exc: BaseException) -> str:
    """What is the matter with the database, to follow its name."""
    cause = exc
    if isinstance(exc, ProblemError) and exc.__cause__ is not None and str(exc.__cause__):
        cause = exc.__cause__
    if outdated(cause):
        return "cannot be worked with: its schema is older than this worker; run `tolstoy db deploy`"
    if isinstance(cause, asyncpg.InvalidAuthorizationSpecificationError):
        return f"cannot be reached: {cause} (a user that is missing is made by `tolstoy db deploy`)"
    verb = "reached" if unreachable(cause) or isinstance(cause, UnavailableError) else "worked with"
    return f"cannot be {verb}: {str(cause) or type(cause).__name__}"


def outdated(exc: BaseException) -> bool:
    # PGQueuer says it as a RuntimeError with an advice of its own, `pgq install`, which would make tables beside ours
    return "'pgq " in str(exc) or isinstance(tenancy.translated(exc), SchemaOutdatedError)
