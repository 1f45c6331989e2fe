"""What Prometheus reads at /metrics.

Requests are counted by the route's template, never by the path, so a client cannot make new time series. There is no
gauge of requests in flight: a request whose client went away never reaches the end that would count it down.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sanic import Blueprint, HTTPResponse, Request, Sanic

from tolstoy import __version__
from tolstoy.api.endpoint import endpoint
from tolstoy.api.queue_watch import QueueWatch
from tolstoy.api.template import template
from tolstoy.db.database import Database
from tolstoy.domain.queue_state import QueueState

routes = Blueprint("metrics")

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REFRESH_SECONDS = 1.0
PATIENCE_SECONDS = 1.0  # with the database, which a scrape must not wait for

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nothing here reads


class Metrics:
    """One worker's numbers. With PROMETHEUS_MULTIPROC_DIR set, a scrape of any worker gives those of all."""

    def __init__(self) -> None:
        # prometheus_client decides by the same variable, when it is imported, where its values are kept
        self._folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "tolstoy_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tolstoy_http_request_duration_seconds",
            "Time from the request's head to its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._pool = {
            state: Gauge(
                f"tolstoy_database_pool_{state}", text, registry=registry, multiprocess_mode="livesum"
            )
            for state, text in (
                ("size", "Connections to the database that may be open."),
                ("busy", "Connections to the database in use."),
                ("waiting", "Requests that wait for a connection."),
            )
        }
        build = Gauge(
            "tolstoy_build_info",
            "What runs here.",
            ["version", "python"],
            registry=registry,
            multiprocess_mode="max",
        )
        build.labels(__version__, platform.python_version()).set(1)
        self._queue = _QueueGauges()
        self._queue_registry = CollectorRegistry()  # beside the shared one: its numbers are no process's own
        self._queue_registry.register(self._queue)
        self._memory: Gauge | None = None
        if self._folder is None:
            ProcessCollector(registry=registry)
        else:
            self._memory = Gauge(
                "tolstoy_worker_resident_memory_bytes",
                "Resident memory of each worker process.",
                registry=registry,
                multiprocess_mode="liveall",
            )
        self._known: dict[tuple[str, str | None, int], tuple[Any, Any]] = {}

    def observe(self, request: Request, status: int, seconds: float) -> None:
        # what the labels of an answer are is worked out once: labels() costs more than counting
        route = request.route.path if request.route else None
        key = (request.method, route, status)
        known = self._known.get(key)
        if known is None:
            known = self._children(request.method, route, status)
            if route is not None:  # without one, the method is whatever a client writes
                self._known[key] = known
        count, observe = known
        count()
        observe(seconds)

    def _children(self, method: str, route: str | None, status: int) -> tuple[Any, Any]:
        method = method if method in _METHODS else "other"
        place = "unmatched" if route is None else template(route)
        return self._requests.labels(method, place, status).inc, self._seconds.labels(method, place).observe

    def tell_queue(self, state: QueueState | None) -> None:
        self._queue.state = state

    def refresh(self, database: Database | None) -> None:
        if database is not None:
            self._pool["size"].set(database.size)
            self._pool["busy"].set(database.busy)
            self._pool["waiting"].set(database.waiting)
        if self._memory is not None:
            self._memory.set(resident_bytes())

    async def keep_fresh(self, app: Sanic[Any, Any]) -> None:
        """A scrape reaches one worker only, so with several each must write its gauges unasked."""
        while self._folder is not None:
            self.refresh(getattr(app.ctx, "database", None))
            await asyncio.sleep(_REFRESH_SECONDS)

    def text(self) -> bytes:
        return self._own() + generate_latest(self._queue_registry)

    def _own(self) -> bytes:
        if self._folder is None:
            return generate_latest(self._registry)
        self._forget_the_dead(Path(self._folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def _forget_the_dead(self, folder: Path) -> None:
        """A killed worker cannot take its gauges back, and they would be added for ever."""
        for file in folder.glob("gauge_live*_*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not _alive(pid):
                with suppress(FileNotFoundError):  # another worker got there first
                    mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        if self._folder is not None:
            mark_process_dead(os.getpid(), self._folder)  # type: ignore[no-untyped-call]


class _QueueGauges:
    """The queue's numbers, the same from whichever process they are asked; none while the database does not say."""

    def __init__(self) -> None:
        self.state: QueueState | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self.state
        if state is None:
            return
        jobs = GaugeMetricFamily("tolstoy_queue_jobs", "Jobs of all organizations.", labels=["state"])
        jobs.add_metric(["queued"], state.queued)
        jobs.add_metric(["in_hand"], state.in_hand)
        yield jobs
        yield GaugeMetricFamily(
            "tolstoy_queue_oldest_seconds",
            "For how long the oldest job has been due without being taken.",
            value=state.oldest_seconds,
        )
        yield GaugeMetricFamily(
            "tolstoy_queue_workers", "Worker processes at the queue.", value=state.workers
        )
        runs = GaugeMetricFamily(
            "tolstoy_runs", "Runs without a job, of all organizations.", labels=["state"]
        )
        runs.add_metric(["parked"], state.parked)
        runs.add_metric(["waiting"], state.waiting)
        yield runs


def resident_bytes() -> int:
    """The memory this process holds now; where the system does not tell, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if platform.system() == "Darwin" else peak * 1024
    return pages * resource.getpagesize()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@routes.before_server_start
async def start(app: Sanic[Any, Any]) -> None:
    app.ctx.metrics = Metrics()
    app.ctx.queue_watch = QueueWatch()
    app.add_task(app.ctx.metrics.keep_fresh(app), name="metrics")


@routes.after_server_stop
async def stop(app: Sanic[Any, Any]) -> None:
    app.ctx.metrics.end()


@routes.get("/metrics")
@endpoint(tag="Service", door=None, media="text/plain")
async def get_metrics(request: Request) -> HTTPResponse:
    """Give the numbers of this service to Prometheus, in its text format."""
    metrics: Metrics = request.app.ctx.metrics
    metrics.refresh(request.app.ctx.database)
    watch: QueueWatch = request.app.ctx.queue_watch
    metrics.tell_queue(await watch.state(request.app.ctx.database, PATIENCE_SECONDS))
    return HTTPResponse(metrics.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
