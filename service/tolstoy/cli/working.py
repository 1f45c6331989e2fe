"""`tolstoy worker`, and the worker that `tolstoy serve` runs beside it: a process of its own, looked after by it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess

import uvloop

from tolstoy.cli.addresses import resolved
from tolstoy.core import log
from tolstoy.core.settings import Settings, SettingsError, load

SECONDS_BEFORE_THE_NEXT = 1.0
_ENDING = (signal.SIGINT, signal.SIGTERM)


def work() -> None:
    """`tolstoy worker`: until SIGTERM or Ctrl-C."""
    settings = load()
    log.configure(settings.log_level, settings.log_format)
    if settings.database_url is None and not settings.use_aws_secrets:
        raise SettingsError(
            "DATABASE_URL: is missing; write the database that `tolstoy serve` uses. On the embedded one, serve has a"
            " worker of its own beside it"
        )
    with resolved(settings) as ready:
        _run(ready)


def _run(settings: Settings) -> None:
    from tolstoy.db.renewal import renewal  # the other commands need no engine
    from tolstoy.engine import worker

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in _ENDING:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        await worker.work(settings, stop, renew=renewal(settings))

    uvloop.run(until_told())


@contextmanager
def companion(settings: Settings) -> Iterator[None]:
    """A worker process for as long as this lasts; one that dies is replaced, and none outlives this process."""
    if not settings.run_worker:
        yield
        return
    keeper = _Keeper(settings)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


class _Keeper:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._process: SpawnProcess | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._process = self._spawned()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(SECONDS_BEFORE_THE_NEXT + 1)
        process = self._process
        if process is None or process.exitcode is not None:
            return
        process.terminate()
        process.join(self._settings.shutdown_timeout_seconds + 10)
        if process.exitcode is None:
            log.get().error("the worker does not end and is killed", action="worker_killed")
            process.kill()
            process.join()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            process = self._process
            if process is not None:
                process.join(0.2)
                if process.exitcode is None:
                    continue
                if self._stopping.is_set():
                    return
                log.get().error(
                    "the worker ended and is started again", action="worker_ended", exit=process.exitcode
                )
            time.sleep(SECONDS_BEFORE_THE_NEXT)
            if not self._stopping.is_set():
                self._process = self._spawned()

    def _spawned(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(target=_beside, args=(self._settings,))
        # Blocked signals stay so in the child: none of them ends it before it can end well. Starting Python's tracker
        # of resources, as the first process does, would unblock them.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return process


def _beside(settings: Settings) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    log.configure(settings.log_level, settings.log_format)
    _run(settings)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
