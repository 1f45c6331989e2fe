"""`tolstoy serve`: find the database, see to its schema, serve until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncpg

from tolstoy.cli import checks, workers
from tolstoy.cli.addresses import resolved, with_keys
from tolstoy.cli.listener import listening
from tolstoy.cli.working import companion
from tolstoy.core import log
from tolstoy.core.settings import Settings, load
from tolstoy.db import migrate
from tolstoy.db.database import unreachable


def serve(*, reload: bool) -> None:
    settings = load()
    log.configure(settings.log_level, settings.log_format)
    embedded = settings.database_url is None and not settings.use_aws_secrets
    greet = partial(_greet, settings, embedded)
    # the port first: what may fail at once shall, before a database is started
    with _signals(), listening(settings) as listener, resolved(settings) as found:
        ready = with_keys(found)
        try:
            asyncio.run(_prepare(ready))
            with companion(ready, follows_code=reload) as beside:
                if ready.workers == 1 and not reload:
                    workers.work(ready, listener, greet)
                else:
                    workers.supervise(ready, listener, greet, reload=beside.renew if reload else None)
        finally:
            _ignore_signals()


@contextmanager
def _signals() -> Iterator[None]:
    """Whatever asks this process to end unwinds it, so that the embedded server ends with it."""

    def as_sigterm(_number: int, _frame: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if (
        signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    ):  # the terminal's window was closed; nohup ignores it
        signal.signal(signal.SIGHUP, as_sigterm)
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None  # before it served; after that it is a normal end


def _ignore_signals() -> None:
    """A second Ctrl-C would leave the embedded server running; its end takes a moment only."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


async def _prepare(settings: Settings) -> None:
    """Bring the schema up where that is ours to do, and refuse a database user that isolation does not bind.

    A database that cannot be reached keeps production from nothing: requests are answered with 503 until it can.
    """
    service, direct = checks.addresses(settings)
    if settings.production:
        checks.warn_of_pooler(direct)
    try:
        if not settings.production:
            for name in await migrate.deploy(direct, service):
                log.get().info(f"applied {name}", action="migrated", migration=name)
        lacking = await checks.pending(service)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as exc:
        if not (settings.production and unreachable(exc)):
            raise
        log.get().error(
            f"the database cannot be reached: {exc}", action="database_unreachable", database=service.redacted
        )
    else:
        if lacking:
            checks.say_outdated(lacking)


def _greet(settings: Settings, embedded: bool) -> None:
    if settings.production or not sys.stdout.isatty():
        log.get().info("serving", action="serving", host=settings.host, port=settings.port)
    if settings.production:
        return
    here = f"http://localhost:{settings.port}"
    where = f"an embedded Postgres in {settings.data_dir}" if embedded else "the Postgres of DATABASE_URL"
    print(
        f"""
  {settings.app_name} answers on {here}, with {where}.

    API documentation   {here}/docs
    Try it              curl -X POST {here}/organizations \\
                          -H 'Content-Type: application/json' \\
                          -d '{{"name":"My Organization","owner":{{"email":"me@example.com"}}}}'
    Demo data           {_command()} db seed

  Ctrl-C stops it.
""",
        flush=True,
    )


def _command() -> str:
    """How to call this program from here; it need not be on the PATH."""
    program = Path(sys.argv[0])
    if program.name != "tolstoy":
        return "tolstoy"
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)
