"""`tolstoy worker`, and the worker that `tolstoy serve` runs beside it: a process of its own, looked after by it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

import uvloop

from tolstoy.cli import checks, children
from tolstoy.cli.addresses import resolved, with_keys
from tolstoy.core import log
from tolstoy.core.settings import Settings, SettingsError, load
from tolstoy.db.database import Renew, UnsafeRoleError
from tolstoy.db.turns import DRIVER_ERRORS
from tolstoy.engine.heartbeat import Heartbeat

if TYPE_CHECKING:
    from tolstoy.engine.outage import Outage

SECONDS_BEFORE_THE_NEXT = 1.0
SECONDS_BETWEEN_LOOKS = 0.2
_WHO = "the start"


def work() -> None:
    """`tolstoy worker`: until SIGTERM or Ctrl-C."""
    settings = load()
    log.configure(settings.log_level, settings.log_format)
    if settings.database_url is None and not settings.use_aws_secrets:
        raise SettingsError(
            "DATABASE_URL: is missing; write the database that `tolstoy serve` uses. On the embedded one, serve has a"
            " worker of its own beside it"
        )
    heartbeat = Heartbeat(settings.heartbeat_file)
    try:
        heartbeat.begin()
    except OSError as exc:
        raise SettingsError(
            f"HEARTBEAT_FILE: {str(settings.heartbeat_file)!r} cannot be written ({exc.strerror}); write the path of"
            " a file in a folder that is there"
        ) from exc
    with resolved(settings) as ready:
        _run(with_keys(ready), heartbeat)


def _run(settings: Settings, heartbeat: Heartbeat) -> None:
    from tolstoy.db.renewal import renewal  # the other commands need no engine
    from tolstoy.engine import worker
    from tolstoy.engine.outage import Outage

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in children.ENDING:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, children.ENDING)
        outage = Outage()
        if await _startable(settings, stop, outage, renewal(settings)):
            await worker.work(settings, stop, outage=outage, beat=heartbeat.beat)
        else:
            log.get().info("ended before it could work", action="stopped", handed_back=0)

    uvloop.run(until_told())


async def _startable(settings: Settings, stop: asyncio.Event, outage: Outage, renew: Renew | None) -> bool:
    """Wait for a database and its schema, as long as nobody says to stop; raises UnsafeRoleError as `serve` does."""
    service, direct = checks.addresses(settings)
    checks.warn_of_pooler(direct)
    told, delay = False, 0.2
    while not stop.is_set():
        try:
            lacking = await checks.pending(service, renew)
            outage.over(_WHO)
            if not lacking:
                return True
            if not told:
                checks.say_outdated(lacking)
            told = True
        except DRIVER_ERRORS as exc:
            outage.begun(_WHO, service, exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), delay)
        delay = min(2.0, delay * 2)
    return False


@contextlib.contextmanager
def companion(settings: Settings, *, follows_code: bool) -> Iterator[Companion]:
    """A worker process for as long as this lasts; one that dies is replaced, and none outlives this process."""
    beside = Companion(settings, follows_code=follows_code)
    if not settings.run_worker:
        yield beside
        return
    beside.start()
    try:
        yield beside
    finally:
        beside.stop()


class Companion:
    """The process and the thread that looks after it.

    Where it follows the code, one that ends by itself, over a mistake in the code say, stays away until `renew`.
    """

    def __init__(self, settings: Settings, *, follows_code: bool) -> None:
        self._settings = settings
        self._follows_code = follows_code
        self._stopping = threading.Event()
        self._outdated = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def renew(self) -> None:
        """Have it end well, and another one begin; does not wait for that."""
        self._outdated.set()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        process: SpawnProcess | None = self._spawned()
        while not self._stopping.is_set():
            if self._outdated.is_set():
                self._outdated.clear()
                self._end(process)
                process = self._spawned()
            elif process is None:
                self._stopping.wait(SECONDS_BETWEEN_LOOKS)
            else:
                process.join(SECONDS_BETWEEN_LOOKS)
                if process.exitcode is not None and not self._stopping.is_set():
                    process = self._replaced(process.exitcode)
        self._end(process)

    def _replaced(self, exitcode: int) -> SpawnProcess | None:
        if self._stopping.wait(SECONDS_BEFORE_THE_NEXT):  # both were told to end
            return None
        again = "it starts again when a file changes" if self._follows_code else "it is started again"
        log.get().error(f"the worker ended; {again}", action="worker_ended", exit=exitcode)
        return None if self._follows_code else self._spawned()

    def _end(self, process: SpawnProcess | None) -> None:
        if process is None or process.exitcode is not None:
            return
        process.terminate()
        process.join(self._settings.shutdown_timeout_seconds + 10)
        if process.exitcode is None:
            log.get().error("the worker does not end and is killed", action="worker_killed")
            process.kill()
            process.join()

    def _spawned(self) -> SpawnProcess:
        return children.spawned(_beside, self._settings)


def _beside(settings: Settings) -> None:
    children.begin(settings)
    try:
        _run(settings, Heartbeat(None))  # `serve` looks after it itself
    except UnsafeRoleError as exc:
        sys.exit(f"tolstoy: {exc}")
