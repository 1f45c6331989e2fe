"""The inbox of a hook: a delivery is stored with the run that it starts, in one transaction, before it is answered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.core.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    ProblemError,
    UnauthenticatedError,
    WriteConflictError,
)
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy, trigger_models
from tolstoy.db.database import Database
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import address_tokens, crud, executions, hook_requests, hooks, sealed, webhook_signatures
from tolstoy.domain.executions import Execution, Origin
from tolstoy.domain.hook_requests import Incoming
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, StoredObject
from tolstoy.domain.webhook_signatures import SignatureError, Verification

Outcome = Literal["accepted", "refused"]


class HookDelivery(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    hook_id: UUID
    delivery_id: Annotated[str | None, Meta(description="The sender's, by which it is known again.")]
    outcome: Outcome
    problem: Annotated[StoredObject | None, Meta(description="Why it was refused, as its sender was told.")]
    execution_id: Annotated[UUID | None, Meta(description="The run that it started.")]
    headers: StoredObject
    query: StoredObject
    bytes: Annotated[int, Meta(description="How long its body is.")]
    created_at: Moment
    updated_at: Moment
    revision: int
    body: Annotated[
        str | UnsetType, Meta(description="As text, when a single one is read; not in lists.")
    ] = UNSET


class HookDeliveryQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    outcome: Outcome | None = None
    delivery_id: str | None = None


class HookDisabledError(ConflictError):
    """The hook is disabled; what it is sent starts nothing."""

    code, title = "hook-disabled", "Hook disabled"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A hook, and the scope of who holds its token."""

    scope: Scope
    id: UUID
    flow_id: UUID
    enabled: bool
    verification: Verification
    signing_secret: str | None = field(repr=False)
    dedupe: str
    dedupe_header: str | None
    inputs_from: str
    answer: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Accepted:
    execution: Execution
    replayed: bool


@dataclass(frozen=True, slots=True)
class Challenge:
    """Slack asks whether the address is its owner's: what to say back. It is no delivery."""

    text: str


TABLE = Table(
    trigger_models.HookDelivery, HookDelivery, without=("body",), computed={"bytes": "octet_length(body)"}
)
_CONDITIONS = {"outcome": "outcome = {}", "delivery_id": "delivery_id = {}"}
_ONE = TABLE.reading(
    "hook_id = $3 AND id = $4",
    extra=", (SELECT h.body FROM hook_deliveries h WHERE h.org_id = $1 AND h.id = t.id) AS body",
)
_HOOK = tenancy.reading(
    "SELECT id, flow_id, enabled, verification, signing_secret, dedupe, dedupe_header, inputs_from, answer,"
    " timeout_seconds, sealed_signing_secret, user_id, token_hash FROM hooks WHERE org_id = $1 AND id = $3"
)
_TAKE = Statement(
    "INSERT INTO hook_deliveries (org_id, id, hook_id, delivery_id, headers, query, body)"
    " SELECT $1, $3, $4, $5, $6, $7, $8 FROM s"
    " ON CONFLICT (org_id, hook_id, delivery_id) WHERE outcome = 'accepted' DO NOTHING RETURNING id"
)
_REFUSE = Statement(
    "INSERT INTO hook_deliveries (org_id, id, hook_id, delivery_id, headers, query, body, outcome, problem)"
    " SELECT $1, $3, $4, $5, $6, $7, $8, 'refused', $9 FROM s RETURNING id"
)
_FIRST = tenancy.reading(
    "SELECT execution_id FROM hook_deliveries"
    " WHERE org_id = $1 AND hook_id = $3 AND delivery_id = $4 AND outcome = 'accepted'"
)
_STARTED = "UPDATE hook_deliveries SET execution_id = $3 WHERE org_id = $1 AND id = $2"


async def get(scope: Scope, flow_id: UUID, hook_id: UUID, delivery_id: UUID) -> HookDelivery:
    await hooks.get(scope, flow_id, hook_id)
    row = await tenancy.fetchrow(scope, _ONE, hook_id, delivery_id)
    if row is None:
        raise NotFoundError(f"There is no delivery with the id {delivery_id} here.")
    return structs.replace(TABLE.read(row), body=bytes(row["body"]).decode(errors="replace"))


async def page(scope: Scope, flow_id: UUID, hook_id: UUID, query: HookDeliveryQuery) -> Page[HookDelivery]:
    await hooks.get(scope, flow_id, hook_id)
    return await crud.page(scope, TABLE, query, _CONDITIONS, within={"hook_id": hook_id})


async def receiver(database: Database, token_text: str) -> Receiver:
    """The hook that a token opens. Whatever is wrong with the token, the same NotFoundError.

    Raises UnreadableSecretError where the hook's secret does not open.
    """
    token = address_tokens.read(token_text)
    if token is not None:
        scope = tenancy.engine(database, token.org_id)
        row = await tenancy.fetchrow(scope, _HOOK, token.id)
        if row is not None and compare_digest(row["token_hash"], token.hash):
            *columns, sealed_secret, user_id, _ = row
            hook = Receiver(replace(scope, user_id=user_id), *columns)
            secret = sealed.HOOK.open(scope, hook.id, sealed_secret, hook.signing_secret)
            return replace(hook, signing_secret=secret)
    raise NotFoundError("There is no hook at this address.")


def verify(hook: Receiver, incoming: Incoming) -> None:
    """Raises UnauthenticatedError, which does not tell what would have been right; HookDisabledError.

    UnreadableSecretError where there is no secret to verify by.
    """
    secret = hook.signing_secret or ""
    if not secret and hook.verification != "none":
        raise UnreadableSecretError("The hook's secret is missing; send it anew.")
    try:
        webhook_signatures.verify(hook.verification, secret, incoming.headers, incoming.body, time.time())
    except SignatureError as exc:
        raise UnauthenticatedError(str(exc)) from exc
    if not hook.enabled:
        raise HookDisabledError


async def accept(hook: Receiver, incoming: Incoming) -> Accepted | Challenge:
    """Store a delivery that was verified, and start its run; or find the run that it started before.

    What is refused (a body that cannot be read, inputs that break the flow's schema, a flow that is not published) is
    stored, too, and may be sent again under the same id.
    """
    known_by: str | None = None
    try:
        value = hook_requests.value_of(incoming)
        if (said := hook_requests.challenge(hook.verification, value)) is not None:
            return Challenge(said)
        known_by = hook_requests.delivery_id(
            hook.verification, hook.dedupe, hook.dedupe_header, incoming, value
        )
        return await _start(hook, incoming, known_by, value)
    except ProblemError as exc:
        if exc.status < 500 and not isinstance(exc, NotFoundError | WriteConflictError):
            await _write(hook.scope, _REFUSE, hook, incoming, known_by, _told(exc))
        raise


async def _start(hook: Receiver, incoming: Incoming, known_by: str | None, value: Any) -> Accepted:
    async with tenancy.transaction(hook.scope) as inner:
        taken = await _write(inner, _TAKE, hook, incoming, known_by)
        if taken is None:
            first = await tenancy.fetchrow(inner, _FIRST, hook.id, known_by)
            if first is None:
                raise WriteConflictError
            return Accepted(await executions.get(inner, first["execution_id"]), replayed=True)
        origin = Origin(trigger="webhook", trigger_id=hook.id, watched=hook.answer == "when-done")
        inputs = hook_requests.inputs(hook.inputs_from, incoming, value)
        try:
            run = await executions.start(inner, hook.flow_id, inputs, origin=origin)
        except InvalidError as exc:
            raise InvalidError(findings=hook_requests.as_sent(hook.inputs_from, exc.findings)) from exc
        await inner.open_connection.execute(_STARTED, inner.org_id, taken, run.id)
        return Accepted(run, replayed=False)


async def _write(
    scope: Scope,
    statement: Statement,
    hook: Receiver,
    incoming: Incoming,
    known_by: str | None,
    *more: Any,
) -> UUID | None:
    args = (
        new_id(),
        hook.id,
        known_by,
        json_text(incoming.kept_headers),
        json_text(dict(incoming.query)),
        incoming.body,
        *more,
    )
    try:
        row = await tenancy.fetchrow(scope, statement, *args)
    except asyncpg.ForeignKeyViolationError as exc:  # the hook was removed at this moment
        raise NotFoundError("There is no hook at this address.") from exc
    return None if row is None else row["id"]


def _told(problem: ProblemError) -> str:
    said = {"status": problem.status, "code": problem.code, "detail": problem.detail}
    return msgspec.json.encode({**said, "errors": problem.findings}).decode()
