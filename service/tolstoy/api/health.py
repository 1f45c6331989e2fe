"""Whether the service lives, whether it can work, and how it is."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import time
from typing import Annotated, Any, Literal

import sanic
from msgspec import Meta, Struct, json
from sanic import Blueprint, HTTPResponse, Request, Sanic

from tolstoy import __version__
from tolstoy.api import auth, identity_provider
from tolstoy.api.endpoint import endpoint
from tolstoy.api.identity_provider import IdentityProvider
from tolstoy.api.metrics import resident_bytes
from tolstoy.api.queue_watch import QueueWatch
from tolstoy.core.errors import NotAMemberError, OverloadedError, PermissionDeniedError, SchemaOutdatedError
from tolstoy.core.settings import Settings
from tolstoy.db import migrate, tenancy
from tolstoy.db.database import Database, UnsafeRoleError
from tolstoy.db.tenancy import Door
from tolstoy.db.turns import DRIVER_ERRORS
from tolstoy.domain.queue_state import QueueState

routes = Blueprint("health")

PATIENCE_SECONDS = 2.0
_ROLE = tenancy.Statement("SELECT role FROM s")


Verdict = Annotated[
    Literal["ok", "degraded", "down"],
    Meta(description="degraded: the schema is outdated; down: the database does not answer."),
]


class Health(Struct):
    status: Literal["ok"] = "ok"


class DatabaseStatus(Struct, rename="camel"):
    status: Annotated[
        Literal["ok", "busy", "unreachable"],
        Meta(description="busy: it answers, but no connection became free in time."),
    ]
    latency_ms: Annotated[float | None, Meta(description="Of one statement.")] = None


class MigrationStatus(Struct, rename="camel"):
    status: Annotated[
        Literal["current", "outdated", "ahead", "unknown"],
        Meta(description="ahead: the database has migrations of a newer release; unknown: it did not say."),
    ]
    applied: Annotated[int | None, Meta(description="How many the database has.")] = None
    pending: Annotated[list[str], Meta(description="What `tolstoy db deploy` would apply.")] = []


class QueueStatus(Struct, rename="camel"):
    status: Annotated[
        Literal["ok", "idle", "no-workers", "unknown"],
        Meta(
            description="no-workers: jobs have been due for 30 s and nobody takes them: start `tolstoy worker`. The"
            " API works without, so `status` stays ok. unknown: the database did not say."
        ),
    ]


class Status(Struct, rename="camel"):
    status: Verdict
    database: DatabaseStatus
    migrations: MigrationStatus
    queue: QueueStatus


class QueueNumbers(QueueStatus, rename="camel"):
    """Over all organizations; null while the database does not answer."""

    queued: Annotated[int | None, Meta(description="Jobs that no worker has taken yet.")] = None
    in_hand: Annotated[int | None, Meta(description="Jobs that a worker has taken.")] = None
    oldest_seconds: Annotated[
        float | None, Meta(description="For how long the oldest job has been due without being taken.")
    ] = None
    workers: Annotated[
        int | None, Meta(description="Worker processes at the queue, those beside `tolstoy serve` too.")
    ] = None
    parked: Annotated[
        int | None,
        Meta(description="Runs that wait for a place: their organization or flow is at its limit."),
    ] = None
    waiting: Annotated[
        int | None, Meta(description="Runs that wait for a time, an approval, a callback or a run.")
    ] = None


class Versions(Struct):
    tolstoy: str
    python: str
    sanic: str
    postgres: Annotated[str | None, Meta(description="null while the database does not answer.")]


class Pool(Struct):
    size: Annotated[int, Meta(description="Connections that may be open.")]
    busy: int
    waiting: Annotated[int, Meta(description="Requests that wait for a connection.")]


class Worker(Struct, rename="camel"):
    """The process that answered, one of those that serve HTTP; `queue.workers` counts those that run flows."""

    pid: int
    uptime_seconds: float
    memory_bytes: Annotated[int, Meta(description="Resident memory.")]


class Deployment(Struct, rename="camel"):
    env: str
    app_name: str
    host_name: str
    auth_mode: str
    workers: int


class DetailedStatus(Struct, rename="camel"):
    status: Verdict
    database: DatabaseStatus
    migrations: MigrationStatus
    queue: QueueNumbers
    versions: Versions
    pool: Pool
    worker: Worker
    deployment: Deployment
    identity_provider: Annotated[
        IdentityProvider | None, Meta(description="With `AUTH_MODE=oidc`, as this process knows it.")
    ] = None


class _Probe(Struct):
    database: DatabaseStatus
    migrations: MigrationStatus
    postgres: str | None = None


@routes.before_server_start
async def start(app: Sanic[Any, Any]) -> None:
    app.ctx.started = time.monotonic()
    app.ctx.probe = None


@routes.get("/health")
@endpoint(tag="Service", door=None)
async def get_health(_request: Request) -> Health:
    """Say that this process lives; asks nothing of the database."""
    return Health()


@routes.get("/status")
@endpoint(tag="Service", door=None, answers={503: Status})
async def get_status(request: Request) -> HTTPResponse | Status:
    """Say whether the service can work: whether the database answers and has the schema it needs.

    `queue` says whether anybody runs what is started; that does not change the answer's status.
    """
    probe = await _probed(request.app)
    state = await _queue(request.app, probe)
    queue = QueueStatus("unknown" if state is None else state.status)
    return _answer(Status(_verdict(probe), probe.database, probe.migrations, queue))


@routes.get("/status/detailed")
@endpoint(
    tag="Service", door=None, answers={503: DetailedStatus}, raises=(PermissionDeniedError, NotAMemberError)
)
async def get_detailed_status(request: Request) -> HTTPResponse | DetailedStatus:
    """Say how the service is.

    In production only for an admin of an organization, or with the platform's key; in development for all.
    """
    settings: Settings = request.app.ctx.settings
    if settings.production:
        await _admins_only(request)
    database: Database = request.app.ctx.database
    probe = await _probed(request.app)
    return _answer(
        DetailedStatus(
            _verdict(probe),
            probe.database,
            probe.migrations,
            _numbers(await _queue(request.app, probe)),
            Versions(__version__, platform.python_version(), sanic.__version__, probe.postgres),
            Pool(database.size, database.busy, database.waiting),
            Worker(os.getpid(), round(time.monotonic() - request.app.ctx.started, 1), resident_bytes()),
            Deployment(
                settings.env, settings.app_name, socket.gethostname(), settings.auth_mode, settings.workers
            ),
            identity_provider.of(request.app.ctx.tokens),
        )
    )


async def _admins_only(request: Request) -> None:
    if not auth.is_platform(request):
        await tenancy.fetchrow(await auth.scope(request, Door.MEMBER, "organization"), _ROLE)


async def _probed(app: Sanic[Any, Any]) -> _Probe:
    """What the database says within PATIENCE_SECONDS.

    There is one probe at a time: while the database hangs, everybody who asks waits for the same one, which is left
    to end by itself, because cancelling it would wait for the database, too.
    """
    if app.ctx.probe is None or app.ctx.probe.done():
        app.ctx.probe = asyncio.create_task(_probe(app.ctx.database))
    done, _ = await asyncio.wait({app.ctx.probe}, timeout=PATIENCE_SECONDS)
    if done:
        probe: _Probe = app.ctx.probe.result()
        return probe
    return _unanswered("busy" if app.ctx.database.waiting else "unreachable")


async def _probe(database: Database) -> _Probe:
    try:
        connection = await database.acquire()
        try:
            asked = time.perf_counter()
            level = await migrate.level(connection)
            latency = round((time.perf_counter() - asked) * 1000, 2)
            version = connection.get_server_version()
        finally:
            await database.release_unsure(connection)
    except OverloadedError:
        return _unanswered("busy")
    except (*DRIVER_ERRORS, UnsafeRoleError) as exc:
        if isinstance(tenancy.translated(exc), SchemaOutdatedError):  # before the service was let in
            return _Probe(DatabaseStatus("ok"), MigrationStatus("outdated", 0, list(migrate.known())))
        return _unanswered("unreachable")
    return _Probe(DatabaseStatus("ok", latency), _migrations(level), f"{version.major}.{version.micro}")


async def _queue(app: Sanic[Any, Any], probe: _Probe) -> QueueState | None:
    if probe.database.status != "ok":  # it need not be asked
        return None
    watch: QueueWatch = app.ctx.queue_watch
    return await watch.state(app.ctx.database, PATIENCE_SECONDS)


def _numbers(state: QueueState | None) -> QueueNumbers:
    if state is None:
        return QueueNumbers("unknown")
    return QueueNumbers(
        state.status,
        state.queued,
        state.in_hand,
        round(state.oldest_seconds, 1),
        state.workers,
        state.parked,
        state.waiting,
    )


def _unanswered(status: Literal["busy", "unreachable"]) -> _Probe:
    return _Probe(DatabaseStatus(status), MigrationStatus("unknown"))


def _migrations(level: migrate.Level) -> MigrationStatus:
    if level.pending:
        return MigrationStatus("outdated", len(level.applied), list(level.pending))
    return MigrationStatus("ahead" if level.unknown else "current", len(level.applied))


def _verdict(probe: _Probe) -> Literal["ok", "degraded", "down"]:
    if probe.database.status != "ok":
        return "down"
    return "degraded" if probe.migrations.status == "outdated" else "ok"


def _answer(status: Status | DetailedStatus) -> HTTPResponse:
    return HTTPResponse(
        json.encode(status),
        200 if status.status == "ok" else 503,
        headers={"Cache-Control": "no-store"},
        content_type="application/json",
    )
