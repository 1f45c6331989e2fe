"""Execution logs: the audit trail, one row for each attempt of a step.

The engine records those of runs, and no request changes them; what clients write themselves stays theirs to change.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.core.errors import ConflictError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flows
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, StoredObject

Status = Literal["started", "completed", "skipped", "failed"]
StepKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        description="the path of a step in its flow; stepId is another name for this field",
    ),
]
Inputs = Annotated[dict[str, Any], Meta(description="an object, what the step was given")]
Outputs = Annotated[Any, Meta(description="any JSON, what the step gave")]
ErrorValue = Annotated[Any, Meta(description="any JSON, why the step failed")]


class ExecutionLogCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    aliases: ClassVar[dict[str, str]] = {"stepId": "stepKey"}

    flow_id: UUID
    execution_id: UUID | None = None
    step_key: StepKey
    inputs: Inputs
    outputs: Outputs = None
    error: ErrorValue = None
    status: Status


class ExecutionLogChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    aliases: ClassVar[dict[str, str]] = {"stepId": "stepKey"}

    execution_id: UUID | UnsetType | None = UNSET
    step_key: StepKey | UnsetType = UNSET
    inputs: Inputs | UnsetType = UNSET
    outputs: Outputs | UnsetType = UNSET
    error: ErrorValue | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class ExecutionLog(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    user_id: UUID
    flow_id: Annotated[UUID | None, Meta(description="null where a single action ran.")]
    execution_id: UUID | None
    step_key: str
    kind: Annotated[
        str | None,
        Meta(description="The kind of the step, as flows name it; resume where a user had the run go on."),
    ]
    attempt: Annotated[int, Meta(description="Counts the attempts of this step from 1.")]
    inputs: StoredObject
    outputs: Raw | None
    error: Raw | None
    status: Status
    details: Annotated[
        StoredObject | None,
        Meta(description="What else is known: the request, retryAt, dueAt, skippedBy, cutOff."),
    ]
    recorded: Annotated[bool, Meta(description="Written by the engine: it cannot be changed or deleted.")]
    superseded: Annotated[bool, Meta(description="Undone by a resume: the step ran, or runs, again.")]
    started_at: Moment | None
    finished_at: Moment | None
    created_at: Moment
    updated_at: Moment
    revision: int


class ExecutionLogQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID | None = None
    execution_id: UUID | None = None
    user_id: UUID | None = None
    status: Status | None = None
    step_key: str | None = None
    kind: str | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


TABLE = Table(models.ExecutionLog, ExecutionLog)
_CONDITIONS = {
    "flow_id": "flow_id = {}",
    "execution_id": "execution_id = {}",
    "user_id": "user_id = {}",
    "status": "status = {}",
    "step_key": "step_key = {}",
    "kind": "kind = {}",
    "created_after": "created_at > {}",
    "created_before": "created_at < {}",
}
_ONE = TABLE.one()
_JSON = ("inputs", "outputs", "error")
_INSERT = TABLE.insert(
    ("id", "flow_id", "execution_id", "step_key", "inputs", "outputs", "error", "status"),
    entered_user="user_id",
)


class RecordedLogError(ConflictError):
    """The engine recorded this log; the audit trail of a run cannot be changed."""

    code, title = "recorded-log", "Recorded by the engine"


_CONFLICTS = {"execution_logs_flows_fk": flows.not_here}


async def get(scope: Scope, execution_log_id: UUID) -> ExecutionLog:
    return await crud.get(scope, TABLE, _ONE, execution_log_id)


async def page(scope: Scope, query: ExecutionLogQuery) -> Page[ExecutionLog]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: ExecutionLogCreate) -> ExecutionLog:
    args = (
        new_id(),
        new.flow_id,
        new.execution_id,
        new.step_key,
        json_text(new.inputs),
        json_text(new.outputs),
        json_text(new.error),
        new.status,
    )
    return await crud.insert_by(scope, TABLE, _INSERT, args, _CONFLICTS)


async def change(
    scope: Scope, execution_log_id: UUID, sent: ExecutionLogChange, if_match: frozenset[int] | None
) -> ExecutionLog:
    values = {name: json_text(value) if name in _JSON else value for name, value in crud.given(sent).items()}
    async with tenancy.transaction(scope) as inner:
        await _changeable(inner, execution_log_id, if_match)
        return await crud.update(inner, TABLE, execution_log_id, values, {})


async def remove(scope: Scope, execution_log_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        log = await _changeable(inner, execution_log_id, if_match)
        await log.delete()


async def _changeable(
    scope: Scope, execution_log_id: UUID, if_match: frozenset[int] | None
) -> models.ExecutionLog:
    log = await crud.locked(scope, TABLE, models.ExecutionLog, execution_log_id, if_match)
    if log.recorded:
        raise RecordedLogError
    return log
