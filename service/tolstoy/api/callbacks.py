"""The addresses by which someone outside answers a callback step."""

from __future__ import annotations

from msgspec import Struct
from sanic import Blueprint, Request

from tolstoy.api.arguments import json_body
from tolstoy.api.endpoint import endpoint
from tolstoy.core import errors
from tolstoy.core.errors import MalformedError, PayloadTooLargeError
from tolstoy.core.settings import Settings
from tolstoy.domain import callbacks
from tolstoy.domain.callbacks import AlreadyCalledError, CallbackTimedOutError
from tolstoy.domain.execution_control import RunFinishedError

routes = Blueprint("callbacks")


class CallbackAnswer(Struct, frozen=True):
    accepted: bool = True


@routes.post("/callbacks/<token>")
@endpoint(
    tag="Executions",
    door=None,
    status=202,
    raw=True,
    raises=(
        errors.UnsupportedMediaTypeError,
        errors.InvalidError,
        errors.WriteConflictError,
        errors.DatabaseUnavailableError,
        errors.OverloadedError,
        errors.SchemaOutdatedError,
        AlreadyCalledError,
        CallbackTimedOutError,
        RunFinishedError,
    ),
)
async def receive_callback(request: Request, token: str) -> CallbackAnswer:
    """Let a callback step go on, as someone who was given its address.

    The body is any JSON, or none; the step's output has it. The first call counts, also one that comes before the step
    is reached.
    """
    if request.query_string:
        raise MalformedError("This address takes no query parameters.")
    await callbacks.receive(request.app.ctx.database, token, _body(request))
    return CallbackAnswer()


def _body(request: Request) -> object:
    if not request.body:
        return None
    settings: Settings = request.app.ctx.settings
    if len(request.body) > settings.max_payload_bytes - 100:  # of what else the step's output says
        raise PayloadTooLargeError(f"Send at most {settings.max_payload_bytes - 100} bytes.")
    return json_body(request)
