"""Following a run: what has happened in it, and then what happens."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sanic import Blueprint, HTTPResponse, Request

from tolstoy.api import event_stream
from tolstoy.api.endpoint import endpoint
from tolstoy.api.event_stream import EventStream
from tolstoy.api.watching import SECONDS_BETWEEN_LOOKS
from tolstoy.core.errors import Finding, MalformedError, ProblemError
from tolstoy.db.tenancy import Scope
from tolstoy.db.watch import Follower, Watch
from tolstoy.domain import execution_events
from tolstoy.domain.execution_events import News, StepEvent

SECONDS_BETWEEN_SIGNS = 15.0
# What a look costs grows with the run: it shall not take more than a fifth of the time.
_REST = 4

routes = Blueprint("execution_events")

Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class ServerSentEvent(Struct):
    """As a reader of such streams gives it."""

    id: str
    event: Annotated[Literal["step", "execution"], Meta(description="What the data is.")]
    data: Annotated[
        str,
        Meta(
            extra_json_schema={
                "contentMediaType": "application/json",
                "contentSchema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/StepEvent"},
                        {"$ref": "#/components/schemas/ExecutionEvent"},
                    ]
                },
            }
        ),
    ]


class EventsQuery(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    last_event_id: Annotated[
        Number | None,
        Meta(description="the id of the last event you have; a Last-Event-ID header goes before it"),
    ] = None


@routes.get("/executions/<execution_id>/events")
@endpoint(tag="Executions", media=event_stream.MEDIA, answers={204: None})
async def follow_execution(
    scope: Scope, execution_id: UUID, query: EventsQuery, request: Request
) -> ServerSentEvent | HTTPResponse | None:
    """Follow a run as server-sent events: what has happened in it so far, then what happens, until it ends.

    `step` events tell of attempts, `execution` events of the run's status; the one of its end is the last. An attempt
    that was over before it was written has its end only. Whoever comes back with the id of the last event they have
    (Last-Event-ID, or `?lastEventId=`) gets those after it; with that of the last one, 204.
    """
    seq = _last_event_id(request, query)
    news = await execution_events.after(scope, execution_id, seq)
    if news.finished and not news.events:
        return HTTPResponse(b"", 204)
    if request.method == "HEAD":
        return HTTPResponse(b"", 200, content_type=event_stream.MEDIA)
    watch: Watch = request.app.ctx.watch
    async with watch.following(execution_id) as follower, event_stream.opened(request) as stream:
        await _follow(request, scope, execution_id, seq, stream, follower)
    return None


def _last_event_id(request: Request, query: EventsQuery) -> int:
    sent = request.headers.get("last-event-id")
    if not sent:  # it is empty where a client has had no event yet
        return query.last_event_id or 0
    if not re.fullmatch(r"[0-9]{1,19}", sent) or int(sent) >= 2**63:
        detail = "send back the id of an event of this stream, or leave it out"
        raise MalformedError(findings=[Finding("invalid_header", detail, header="Last-Event-ID")])
    return int(sent)


async def _follow(
    request: Request, scope: Scope, execution_id: UUID, seq: int, stream: EventStream, follower: Follower
) -> None:
    loop = asyncio.get_running_loop()
    last_sign = loop.time()
    while not request.app.ctx.stopping:
        begun = loop.time()
        news = await _news(scope, execution_id, seq)
        if news is not None and news.events:
            await stream.send([(event.seq, _name(event.value), event.value) for event in news.events])
            seq, last_sign = news.seq, loop.time()
        if news is not None and news.finished:
            return
        if news is None or not news.more:
            await asyncio.sleep(_REST * min(SECONDS_BETWEEN_LOOKS, loop.time() - begun))
            await follower.change(SECONDS_BETWEEN_LOOKS)
        if loop.time() - last_sign >= SECONDS_BETWEEN_SIGNS:
            await stream.keep_alive()
            last_sign = loop.time()


async def _news(scope: Scope, execution_id: UUID, seq: int) -> News | None:
    """None while the database does not answer: it is asked again."""
    try:
        news = await execution_events.after(scope, execution_id, seq)
        if not news.watched and not news.finished:
            await execution_events.watch(scope, execution_id)
    except ProblemError as exc:
        if exc.status < 500:
            raise
        return None
    return news


def _name(value: object) -> str:
    return "step" if isinstance(value, StepEvent) else "execution"
