"""The routes of hooks: keeping them, reading their inboxes, and the addresses to which others send."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sanic import Blueprint, HTTPResponse, Request

from tolstoy.api import watching
from tolstoy.api.endpoint import endpoint
from tolstoy.core import errors
from tolstoy.core.errors import MalformedError, ProblemError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import hook_deliveries, hook_requests, hooks
from tolstoy.domain.executions import FINISHED, Execution, NotPublishedError, Status
from tolstoy.domain.hook_deliveries import (
    Accepted,
    Challenge,
    HookDelivery,
    HookDeliveryQuery,
    HookDisabledError,
    Receiver,
)
from tolstoy.domain.hook_requests import Incoming
from tolstoy.domain.hooks import Hook, HookChange, HookCreate, HookQuery, HookWithPath
from tolstoy.domain.paging import Page

routes = Blueprint("hooks")

_encode = msgspec.json.Encoder().encode


class HookAnswer(Struct, frozen=True, rename="camel"):
    execution_id: UUID
    status: Status


class RunFailedError(ProblemError):
    """The run that this started has failed, or was cancelled."""

    status, code, title = 502, "run-failed", "The run failed"


@routes.get("/flows/<flow_id>/hooks")
@endpoint(tag="Hooks")
async def list_hooks(scope: Scope, flow_id: UUID, query: HookQuery) -> Page[Hook]:
    """List a flow's hooks, newest first."""
    return await hooks.page(scope, flow_id, query)


@routes.post("/flows/<flow_id>/hooks")
@endpoint(tag="Hooks", status=201)
async def create_hook(scope: Scope, flow_id: UUID, body: HookCreate) -> HookWithPath:
    """Create a hook: an address at which others start runs of a flow.

    The answer's `path` has the address, which is not shown again. Its runs are on behalf of who creates the hook.
    """
    return await hooks.create(scope, flow_id, body)


@routes.get("/flows/<flow_id>/hooks/<hook_id>")
@endpoint(tag="Hooks")
async def get_hook(scope: Scope, flow_id: UUID, hook_id: UUID) -> Hook:
    """Get a hook."""
    return await hooks.get(scope, flow_id, hook_id)


@routes.put("/flows/<flow_id>/hooks/<hook_id>")
@routes.patch("/flows/<flow_id>/hooks/<hook_id>", name="patch_hook")
@endpoint(tag="Hooks")
async def change_hook(
    scope: Scope, flow_id: UUID, hook_id: UUID, body: HookChange, if_match: frozenset[int] | None
) -> Hook:
    """Change the fields that are sent; null clears one that may be empty."""
    return await hooks.change(scope, flow_id, hook_id, body, if_match)


@routes.delete("/flows/<flow_id>/hooks/<hook_id>")
@endpoint(tag="Hooks", status=204)
async def delete_hook(scope: Scope, flow_id: UUID, hook_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete a hook and its inbox; the runs that it started stay."""
    await hooks.remove(scope, flow_id, hook_id, if_match)


@routes.post("/flows/<flow_id>/hooks/<hook_id>/rotate")
@endpoint(tag="Hooks")
async def rotate_hook(
    scope: Scope, flow_id: UUID, hook_id: UUID, if_match: frozenset[int] | None
) -> HookWithPath:
    """Give a hook another address; the one before ends at once."""
    return await hooks.rotate(scope, flow_id, hook_id, if_match)


@routes.get("/flows/<flow_id>/hooks/<hook_id>/deliveries")
@endpoint(tag="Hooks")
async def list_hook_deliveries(
    scope: Scope, flow_id: UUID, hook_id: UUID, query: HookDeliveryQuery
) -> Page[HookDelivery]:
    """List what a hook was sent, newest first, without the bodies."""
    return await hook_deliveries.page(scope, flow_id, hook_id, query)


@routes.get("/flows/<flow_id>/hooks/<hook_id>/deliveries/<hook_delivery_id>")
@endpoint(tag="Hooks")
async def get_hook_delivery(
    scope: Scope, flow_id: UUID, hook_id: UUID, hook_delivery_id: UUID
) -> HookDelivery:
    """Get one of the things that a hook was sent."""
    return await hook_deliveries.get(scope, flow_id, hook_id, hook_delivery_id)


@routes.post("/hooks/<token>")
@endpoint(
    tag="Hooks",
    door=None,
    status=202,
    answers={200: Any},
    location="/executions/{id}",
    raw=True,
    raises=(
        errors.UnauthenticatedError,
        errors.UnsupportedMediaTypeError,
        errors.InvalidError,
        errors.WriteConflictError,
        errors.DatabaseUnavailableError,
        errors.OverloadedError,
        errors.SchemaOutdatedError,
        errors.StorageFullError,
        HookDisabledError,
        NotPublishedError,
        RunFailedError,
    ),
)
async def receive_hook(request: Request, token: str) -> HookAnswer | HTTPResponse:
    """Start a run, as a sender that knows a hook's address.

    The body is JSON, a form, or text. It is stored, and the run queued, before it is answered: with 202, or where the
    hook waits for the run, with 200 and its output, and 202 still where the run takes too long. A delivery that came
    before is answered with 200 and the run that it started (`Idempotency-Replayed: true`).
    """
    hook = await hook_deliveries.receiver(request.app.ctx.database, token)
    incoming = _incoming(request)
    hook_deliveries.verify(hook, incoming)
    accepted = await hook_deliveries.accept(hook, incoming)
    if isinstance(accepted, Challenge):
        return _json({"challenge": accepted.text}, 200)
    if hook.answer == "when-done" and not accepted.replayed:
        return await _when_done(request, hook, accepted)
    return _started(accepted.execution, accepted.replayed)


def _incoming(request: Request) -> Incoming:
    headers: dict[str, str] = {}
    for name, text in request.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    try:
        query = hook_requests.several(dict(request.get_args(keep_blank_values=True, errors="strict")))
    except UnicodeDecodeError as exc:
        raise MalformedError("The query is not UTF-8.") from exc
    if "%00" in request.query_string:
        raise MalformedError("The character U+0000 in the query cannot be stored.")
    return Incoming(headers=headers, query=query, body=request.body)


async def _when_done(request: Request, hook: Receiver, accepted: Accepted) -> HTTPResponse:
    started = accepted.execution
    run = await watching.until_finished(request, hook.scope, started.id, hook.timeout_seconds) or started
    if run.status == "succeeded":
        return _json(run.output, 200, {"Location": _location(run)})
    if run.status in FINISHED:
        said = "has failed" if run.status == "failed" else "was cancelled"
        raise RunFailedError(f"The run {run.id} {said}.", headers={"Location": _location(run)})
    return _started(run, replayed=False)


def _started(run: Execution, replayed: bool) -> HTTPResponse:
    headers = {"Location": _location(run)} | ({"Idempotency-Replayed": "true"} if replayed else {})
    return _json(HookAnswer(run.id, run.status), 200 if replayed else 202, headers)


def _location(run: Execution) -> str:
    return f"/executions/{run.id}"


def _json(value: Any, status: int, headers: dict[str, str] | None = None) -> HTTPResponse:
    return HTTPResponse(_encode(value), status, headers=headers, content_type="application/json")
