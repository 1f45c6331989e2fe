"""What the steps of runs wait for: approvals by people, callbacks from outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Raw, Struct

from tolstoy.core import moments
from tolstoy.core.errors import ConflictError, Finding, InvalidError, NotFoundError
from tolstoy.db import models, tenancy
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, executions, step_paths
from tolstoy.domain.execution_control import RunFinishedError
from tolstoy.domain.executions import FINISHED
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment

MAX_DECISION_BYTES = 16 * 1024


class ExecutionWait(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    execution_id: UUID
    step_key: Annotated[str, Meta(description="The path of the step that waits.")]
    round: Annotated[
        int, Meta(description="Counts from 1 how often the step has waited, since runs are resumed.")
    ]
    kind: Literal["approval", "callback"]
    due_at: Annotated[Moment | None, Meta(description="When the step fails if nothing has come by then.")]
    needed: Annotated[int, Meta(description="How many approvals it takes.")]
    decisions: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "object"}})]
    outcome: Annotated[
        Raw | None,
        Meta(description="How it ended; null while it is open, and where the run has ended before."),
    ]
    closed_at: Moment | None
    created_at: Moment
    updated_at: Moment
    revision: int


class WaitQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    open: bool | None = None
    kind: Literal["approval", "callback"] | None = None
    step_key: str | None = None


class Decision(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    comment: Annotated[str, Meta(max_length=2000)] | None = None
    payload: Annotated[
        Any, Meta(description=f"any JSON up to {MAX_DECISION_BYTES} bytes, which later steps can read")
    ] = None


class AlreadyDecidedError(ConflictError):
    """This was decided before."""

    code, title = "already-decided", "Decided already"


class DecidedByYouError(ConflictError):
    """You have approved this already; the approvals that are missing must come from others."""

    code, title = "decided-by-you", "Approved by you already"


class ApprovalTimedOutError(ConflictError):
    """The time in which this could be decided is over."""

    code, title = "approval-timed-out", "Too late"


TABLE = Table(models.Wait, ExecutionWait)
_CONDITIONS = {"open": "(closed_at IS NULL) = {}", "kind": "kind = {}", "step_key": "step_key = {}"}
_RUN = "SELECT status FROM executions WHERE org_id = $1 AND id = $2 FOR UPDATE"
_CURRENT = (
    "SELECT id, needed, decisions, outcome, closed_at, due_at FROM waits"
    " WHERE org_id = $1 AND execution_id = $2 AND step_key = $3 AND kind = 'approval'"
    " AND round = tolstoy.current_round($2, $3) FOR UPDATE"
)
WAKE = "SELECT tolstoy.wake_run($1)"


async def page(scope: Scope, execution_id: UUID, query: WaitQuery) -> Page[ExecutionWait]:
    found = await crud.page(scope, TABLE, query, _CONDITIONS, within={"execution_id": execution_id})
    if not found.data:
        await executions.get(scope, execution_id)  # an empty page may mean that there is no such run
    return found


async def decide(
    scope: Scope, execution_id: UUID, path: str, sent: Decision, *, approved: bool
) -> ExecutionWait:
    """Add a user's decision; the run goes on with the last approval that it needs, or the first refusal.

    Raises NotFoundError, AlreadyDecidedError, DecidedByYouError, ApprovalTimedOutError, RunFinishedError.
    """
    if len(msgspec.json.encode(sent.payload)) > MAX_DECISION_BYTES:
        detail = f"write at most {MAX_DECISION_BYTES} bytes of JSON"
        raise InvalidError(findings=[Finding("too_long", detail, "/payload")])
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        # the run before its wait, as whatever ends runs locks them
        run = await connection.fetchrow(_RUN, scope.org_id, execution_id)
        if run is None:
            raise crud.missing(executions.TABLE, execution_id)
        wait = None
        if step_paths.read(path) is not None:
            wait = await connection.fetchrow(_CURRENT, scope.org_id, execution_id, path)
        if wait is None:
            raise NotFoundError(f"Nothing waits for an approval at {path!r} in this run.")
        _check_open(run["status"], wait)
        user = str(scope.user_id)
        decisions = msgspec.json.decode(wait["decisions"])
        if any(decision["userId"] == user for decision in decisions):
            raise DecidedByYouError
        decisions.append(
            {
                "userId": user,
                "approved": approved,
                "at": moments.text(datetime.now(UTC)),
                "comment": sent.comment,
                "payload": sent.payload,
            }
        )
        values: dict[str, Any] = {"decisions": json_text(decisions)}
        if not approved or len(decisions) >= wait["needed"]:
            values["outcome"] = json_text({"approved": approved, "decisions": decisions})
            values["closed_at"] = datetime.now(UTC)
            await connection.execute(WAKE, execution_id)
        return await crud.update(inner, TABLE, wait["id"], values, {})


def _check_open(status: str, wait: asyncpg.Record) -> None:
    outcome = {} if wait["outcome"] is None else msgspec.json.decode(wait["outcome"])
    late = wait["due_at"] is not None and wait["due_at"] <= datetime.now(UTC)
    if outcome.get("timedOut") or (not outcome and status not in FINISHED and late):
        raise ApprovalTimedOutError
    if outcome:
        raise AlreadyDecidedError
    if status in FINISHED or wait["closed_at"] is not None:
        raise RunFinishedError
