"""Waiting for a run's end in the request that asked for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sanic import HTTPResponse, Request

from tolstoy.core.errors import NotFoundError, ProblemError
from tolstoy.core.settings import Settings
from tolstoy.db import renewal
from tolstoy.db.tenancy import Scope
from tolstoy.db.watch import Watch
from tolstoy.domain import executions
from tolstoy.domain.executions import FINISHED, Execution

MOST_SECONDS = 50
# Of RESPONSE_TIMEOUT, for reading the run and answering.
SECONDS_TO_ANSWER = 2.0
SECONDS_BETWEEN_LOOKS = 1.0

Wait = Annotated[
    float | None,
    Meta(
        ge=0,
        le=MOST_SECONDS,
        description="a number of seconds up to 50: answer with the result when it is there by then, and 2 s before"
        " RESPONSE_TIMEOUT at the latest",
    ),
]


def of(settings: Settings) -> Watch:
    """The direct address, for the service's user: LISTEN works behind no pooler, and needs no more rights."""
    return Watch(renewal.connector(settings, renewal.service_at_direct))


async def until_finished(
    request: Request, scope: Scope, execution_id: UUID, seconds: float
) -> Execution | None:
    """The run's last state, or the newest when the time is over, nearly all of the server's is, or the server stops.

    None where there was nothing to be read: the run has gone, or the database is away. It was committed all the same,
    so that is no reason to answer the request that started it with an error.
    """
    watch: Watch = request.app.ctx.watch
    loop = asyncio.get_running_loop()
    until = loop.time() + min(seconds, _answered_within(request))
    newest: Execution | None = None
    async with watch.following(execution_id) as follower:
        while True:
            try:
                newest = await executions.get(scope, execution_id)
            except NotFoundError:
                return None
            except ProblemError as exc:
                if exc.status < 500:
                    raise
            left = until - loop.time()
            if left <= 0 or request.app.ctx.stopping or (newest is not None and newest.status in FINISHED):
                return newest
            await follower.change(min(left, SECONDS_BETWEEN_LOOKS))


async def result_within(
    request: Request, scope: Scope, started: Execution, arguments: Mapping[str, Any]
) -> HTTPResponse | None:
    """With `?wait=` the run as it then is, 200 when it has ended; else the 202 that started it stands."""
    seconds = getattr(arguments.get("query"), "wait", None)
    execution = await until_finished(request, scope, started.id, seconds) if seconds else None
    if execution is None:
        return None
    return HTTPResponse(
        msgspec.json.encode(execution),
        200 if execution.status in FINISHED else 202,
        headers={"Location": f"/executions/{execution.id}", "ETag": f'"{execution.revision}"'},
        content_type="application/json",
    )


def _answered_within(request: Request) -> float:
    """The seconds that are left before Sanic gives the request up, with some to spare."""
    settings: Settings = request.app.ctx.settings
    spent: float = time.perf_counter() - request.ctx.started
    return max(0.0, settings.response_timeout_seconds - SECONDS_TO_ANSWER - spent)
