"""The processes that serve requests: this one, or several under the eye of this one.

Sanic's own manager does not replace a worker that died, ends everything when a file that was saved has a mistake,
and leaves workers behind that hold the port when it is killed itself; so here it serves single processes only.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tolstoy.cli import children
from tolstoy.cli.listener import BACKLOG
from tolstoy.core import log
from tolstoy.core.settings import Settings

if TYPE_CHECKING:
    from tolstoy.domain.credential_authorizations import Code, Exchanged
    from tolstoy.domain.dry_runs import DryRun, Rehearsed
    from tolstoy.domain.openapi_imports import Fetched

Call: TypeAlias = Callable[[], None]

PACKAGE = Path(__file__).parents[1]
SECONDS_BETWEEN_LOOKS = 0.3
SECONDS_TO_SETTLE = 0.1


def work(settings: Settings, listener: socket.socket, ready: Call) -> None:
    """Serve requests in this process until it is told to stop; `ready` is called when it does."""
    from sanic import Sanic  # here, since what only supervises needs neither web server nor API
    from sanic.server import runners

    from tolstoy.api.app import create_app
    from tolstoy.api.protocol import Protocol

    # It has the system ignore both signals for a moment before it minds them: one sent then would be lost for good
    runners._setup_system_signals = lambda *_: None
    stop = _Stop()
    os.environ["SANIC_WORKER_PROCESS"] = "true"
    os.environ["SANIC_IGNORE_PRODUCTION_WARNING"] = "true"
    app = create_app(
        settings,
        dry_run=partial(_dry_run, settings),
        fetch=partial(_fetch, settings),
        exchange=partial(_exchange, settings),
    )
    app.register_listener(_rest_the_collector, "after_server_start")
    app.register_listener(partial(stop.serving, ready), "after_server_start")
    app.register_listener(stop.stopping, "before_server_stop")
    app.prepare(
        sock=listener,
        backlog=BACKLOG,
        protocol=Protocol,
        single_process=True,
        access_log=False,
        motd=False,
    )
    Sanic.serve_single(primary=app)


async def _dry_run(settings: Settings, subject: Rehearsed) -> DryRun:
    from tolstoy.engine import dry_run  # only once it is needed: requests are served without the engine

    return await dry_run.run(subject, max_payload_bytes=settings.max_payload_bytes)


async def _fetch(settings: Settings, address: str, allowed: Sequence[str]) -> Fetched:
    from tolstoy.engine import fetch

    return await fetch.document(settings, address, allowed)


async def _exchange(
    settings: Settings, secret: Mapping[str, Any], code: Code, allowed: Sequence[str]
) -> Exchanged:
    from tolstoy.engine import authorization

    return await authorization.exchanged(settings, secret, code, allowed)


def _rest_the_collector(_app: Any) -> None:
    """What a worker has when it starts it keeps, and requests leave few cycles: looking for garbage cost them 4 %."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class _Stop:
    """Sanic forgets a signal that comes before its loop runs for good; here it is kept until then."""

    def __init__(self) -> None:
        self._asked = False
        for number in children.ENDING:
            signal.signal(number, self._ask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, children.ENDING)  # a worker was started with them blocked

    def _ask(self, *_: object) -> None:
        self._asked = True

    async def serving(self, ready: Call, app: Any) -> None:
        loop = asyncio.get_running_loop()
        earliest = loop.time() + 0.05  # until this listener's end the loop runs for it only

        def ask() -> None:
            if not self._asked:
                self._asked = True
                loop.call_at(max(earliest, loop.time()), stop)

        def stop() -> None:
            app.stop(terminate=False)

        for number in children.ENDING:
            loop.add_signal_handler(number, ask)
        if self._asked:
            loop.call_at(earliest, stop)
        ready()

    async def stopping(self, _app: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # Sanic has let go of it, and a second one would kill


def supervise(settings: Settings, listener: socket.socket, ready: Call, *, reload: Call | None) -> None:
    """Keep the workers at their number, or with `reload` at the code's latest state, until told to stop.

    `reload` is called as the code changes, to restart what else runs it.
    """
    with suppress(KeyboardInterrupt), _shared_metrics(settings), _Crew(settings, listener) as crew:
        crew.start(ready)
        if reload is not None:
            _follow_changes(crew, reload)
        else:
            _replace_the_dead(crew)


def _replace_the_dead(crew: _Crew) -> None:
    while True:
        for ended in crew.ended(timeout=None):
            log.get().error(
                "a worker ended", action="worker_ended", pid=ended.process.pid, exit=ended.process.exitcode
            )
            if not ended.served():
                raise SystemExit(
                    "tolstoy: a worker could not start, and so could not the next; the log says why"
                )
            crew.add()


def _follow_changes(crew: _Crew, reload: Call) -> None:
    """A worker that ends by itself, over a mistake in the code say, stays away until the next change."""
    seen = _modified()
    while True:
        for ended in crew.ended(timeout=SECONDS_BETWEEN_LOOKS):
            log.get().error(
                "the service ended; it starts again when a file changes",
                action="worker_ended",
                exit=ended.process.exitcode,
            )
        now = _settled(seen)
        if changed := {path for path, _time in seen.items() ^ now.items()}:
            names = sorted(str(path.relative_to(PACKAGE)) for path in changed)
            log.get().info(f"restarting: {', '.join(names)} changed", action="reload", files=names)
            reload()
            crew.stop()
            crew.start()
        seen = now


def _settled(seen: dict[Path, int]) -> dict[Path, int]:
    """The files' times once a change is complete: a save is several writes, a checkout many files."""
    while (now := _modified()) != seen:
        seen = now
        time.sleep(SECONDS_TO_SETTLE)
    return now


def _modified() -> dict[Path, int]:
    files: dict[Path, int] = {}
    for path in PACKAGE.rglob("*"):
        if path.suffix in (".py", ".sql", ".html", ".js", ".css"):
            try:
                files[path] = path.stat().st_mtime_ns
            except FileNotFoundError:  # an editor replaces it just now
                continue
    return files


@contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    """Several workers share their counts through files, in a folder that goes with this process."""
    if settings.workers == 1 or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="tolstoy-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


@dataclass(frozen=True)
class _Worker:
    process: SpawnProcess
    told: connection.Connection[Any, Any]

    def served(self) -> bool:
        with suppress(EOFError):
            self.told.recv_bytes()
            return True
        return False


class _Crew:
    """The worker processes; none of them outlives the `with`."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._workers: list[_Worker] = []

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, ready: Call | None = None) -> None:
        for number in range(self._settings.workers):
            self.add(ready if number == 0 else None)

    def add(self, ready: Call | None = None) -> None:
        told, tell = multiprocessing.get_context("spawn").Pipe(duplex=False)
        with tell:
            process = children.spawned(_run, self._settings, self._listener, tell, ready)
            self._workers.append(_Worker(process, told))

    def ended(self, *, timeout: float | None) -> list[_Worker]:
        """Wait for workers to end by themselves; they are not of the crew any more."""
        if not self._workers:
            time.sleep(timeout or 0)
        over = connection.wait([worker.process.sentinel for worker in self._workers], timeout)
        gone = [worker for worker in self._workers if worker.process.sentinel in over]
        self._workers = [worker for worker in self._workers if worker not in gone]
        for worker in gone:
            worker.process.join()
        return gone

    def stop(self) -> None:
        """Tell all to finish what they are at, and wait; those that do not, or on a second Ctrl-C, are killed."""
        deadline = time.monotonic() + self._settings.shutdown_timeout_seconds + 5
        try:
            for worker in self._workers:
                worker.process.terminate()
            for worker in self._workers:
                worker.process.join(max(0.0, deadline - time.monotonic()))
        finally:
            for worker in self._workers:
                if worker.process.exitcode is None:
                    log.get().error("a worker does not end and is killed", action="worker_killed")
                    worker.process.kill()
                    worker.process.join()
            self._workers.clear()


def _run(
    settings: Settings, listener: socket.socket, tell: connection.Connection[Any, Any], ready: Call | None
) -> None:
    """A worker's life."""
    children.begin(settings)

    def serves() -> None:
        tell.send_bytes(b"serves")
        log.get().info("a worker serves", action="worker_serves", pid=os.getpid())
        if ready is not None:
            ready()

    work(settings, listener, serves)
