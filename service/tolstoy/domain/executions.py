"""Executions: the runs of flows, each pinned to a published version, and the runs of single actions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from jsonschema_rs import Draft202012Validator
from msgspec import Meta, Raw, Struct

from tolstoy.core.errors import ConflictError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import action_request, crud, flows, json_schema
from tolstoy.domain.flow_step import MAX_DURATION_SECONDS
from tolstoy.domain.flow_versions import VersionNumber
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, StoredObject

Status = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]
Trigger = Literal["manual", "webhook", "schedule", "flow", "action"]
FINISHED = frozenset({"succeeded", "failed", "cancelled"})

Inputs = Annotated[dict[str, Any], Meta(description="an object, what the run is given")]


class ExecutionCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    inputs: Inputs = {}
    version: Annotated[
        VersionNumber | None, Meta(description="the number of a published version; left out: the newest one")
    ] = None


class Execution(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    flow_id: Annotated[UUID | None, Meta(description="null for the run of a single action.")]
    version: int | None
    action_key: Annotated[str | None, Meta(description="The action, where it is the run of a single one.")]
    user_id: Annotated[UUID, Meta(description="On whose behalf it runs.")]
    trigger: Trigger
    trigger_id: Annotated[UUID | None, Meta(description="The hook or the schedule that started it.")]
    parent_id: Annotated[UUID | None, Meta(description="The execution whose flow step started it.")]
    parent_path: str | None
    status: Status
    waiting_for: Annotated[str | None, Meta(description="time, approval, callback, retry or flow.")]
    wake_at: Annotated[Moment | None, Meta(description="When it goes on by itself.")]
    inputs: StoredObject
    output: Raw | None
    error: StoredObject | None
    cancel_requested_at: Moment | None
    deadline_at: Annotated[Moment | None, Meta(description="When it ends as failed, if it has not ended.")]
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    updated_at: Moment
    revision: int


class ExecutionQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID | None = None
    version: VersionNumber | None = None
    status: Status | None = None
    trigger: Trigger | None = None
    trigger_id: UUID | None = None
    parent_id: UUID | None = None
    user_id: UUID | None = None
    action_key: str | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


TABLE = Table(models.Execution, Execution)
_CONDITIONS = {
    "flow_id": "flow_id = {}",
    "version": "version = {}",
    "status": "status = {}",
    "trigger": "trigger = {}",
    "trigger_id": "trigger_id = {}",
    "parent_id": "parent_id = {}",
    "user_id": "user_id = {}",
    "action_key": "action_key = {}",
    "created_after": "created_at > {}",
    "created_before": "created_at < {}",
}
_ONE = TABLE.one()
_RUNNABLE = tenancy.reading(
    "SELECT v.id, v.version, v.document -> 'inputSchema' AS input_schema,"
    " (v.document -> 'maxDurationSeconds')::float8 AS seconds, v.published_at IS NOT NULL AS published"
    " FROM flows f LEFT JOIN flow_versions v ON v.org_id = f.org_id AND v.flow_id = f.id"
    " AND v.version = coalesce($4, f.published_version)"
    " WHERE f.org_id = $1 AND f.id = $3"
)
_INSERT = Statement(
    "INSERT INTO executions (org_id, id, user_id, flow_id, version, action_key, trigger, trigger_id, dedupe_key,"
    " parent_id, parent_path, depth, inputs, deadline_at, callback_secret, watched, parked, job_id, seq, status_seq)"
    " SELECT $1, $3, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, a.priority IS NULL,"
    " CASE WHEN a.priority IS NOT NULL THEN tolstoy.enqueue('run', $3, a.priority, NULL) END, 1, 1"
    " FROM s CROSS JOIN LATERAL (SELECT tolstoy.admission($4) AS priority WHERE s.role IS NOT NULL OFFSET 0) a"
    " ON CONFLICT (org_id, dedupe_key) DO NOTHING"
    f" RETURNING {', '.join(TABLE.columns)}"
)


class NotPublishedError(ConflictError):
    """The flow has no published version to run; publish it first, or try its draft with /dry-run."""

    code, title = "not-published", "Nothing published"


class Origin(Struct, frozen=True, kw_only=True):
    """What starts a run, besides what it is given."""

    trigger: Trigger
    trigger_id: UUID | None = None
    dedupe_key: str | None = None
    parent_id: UUID | None = None
    parent_path: str | None = None
    depth: int = 0
    watched: bool = False


MANUAL = Origin(trigger="manual")


async def get(scope: Scope, execution_id: UUID) -> Execution:
    return await crud.get(scope, TABLE, _ONE, execution_id)


async def page(scope: Scope, query: ExecutionQuery) -> Page[Execution]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def start(
    scope: Scope,
    flow_id: UUID,
    inputs: Mapping[str, Any],
    *,
    version: int | None = None,
    origin: Origin = MANUAL,
) -> Execution:
    """As `start_once`, for an origin without a dedupe key."""
    return _certain(await start_once(scope, flow_id, inputs, version=version, origin=origin))


async def start_once(
    scope: Scope,
    flow_id: UUID,
    inputs: Mapping[str, Any],
    *,
    version: int | None = None,
    origin: Origin = MANUAL,
) -> Execution | None:
    """Queue a run on behalf of the scope's user; None where one with the same dedupe key was queued before.

    Raises NotFoundError for the flow or the version, NotPublishedError, InvalidError for the inputs.
    """
    row = await tenancy.fetchrow(scope, _RUNNABLE, flow_id, version)
    if row is None:
        raise crud.missing(flows.TABLE, flow_id)
    if row["id"] is None:
        if version is None:
            raise NotPublishedError
        raise flows.missing_version(flow_id, version)
    if not row["published"]:
        raise NotPublishedError(f"Version {version} is a draft; publish it first.")
    check_inputs(row["input_schema"], inputs)
    return await _insert(scope, flow_id, row["version"], None, inputs, row["seconds"], origin)


async def start_action(
    scope: Scope, key: str, inputs: Mapping[str, Any], *, watched: bool = False
) -> Execution:
    """Queue the run of a single action, whose inputs the caller has validated."""
    origin = Origin(trigger="action", watched=watched)
    return _certain(await _insert(scope, None, None, key, inputs, None, origin))


def _certain(run: Execution | None) -> Execution:
    if run is None:
        raise RuntimeError("a run without a dedupe key conflicts with none")
    return run


async def _insert(
    scope: Scope,
    flow_id: UUID | None,
    version: int | None,
    action_key: str | None,
    inputs: Mapping[str, Any],
    seconds: float | None,
    origin: Origin,
) -> Execution | None:
    args = (
        new_id(),
        flow_id,
        version,
        action_key,
        origin.trigger,
        origin.trigger_id,
        origin.dedupe_key,
        origin.parent_id,
        origin.parent_path,
        origin.depth,
        json_text(inputs),
        deadline_after(seconds),
        secrets.token_bytes(16),
        origin.watched,
    )
    conflicts: crud.Conflicts = {}
    if flow_id is not None:
        conflicts = {"executions_flows_fk": lambda: crud.missing(flows.TABLE, flow_id)}
    try:
        row = await tenancy.fetchrow(scope, _INSERT, *args)
    except asyncpg.IntegrityConstraintViolationError as exc:
        # deleted since it was looked up
        raise crud.conflict(exc, conflicts) from exc
    return None if row is None else TABLE.read(row)


def deadline_after(seconds: float | None) -> datetime:
    """When a run ends that may take so long from now; None: as long as any may."""
    return datetime.now(UTC) + timedelta(seconds=min(seconds or MAX_DURATION_SECONDS, MAX_DURATION_SECONDS))


def check_inputs(schema: str | None, inputs: Mapping[str, Any]) -> None:
    """Against a stored inputSchema; raises InvalidError that points below /inputs."""
    if schema is not None and (found := action_request.validate(_validator(schema), dict(inputs), "/inputs")):
        raise InvalidError(findings=found)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft202012Validator:
    return json_schema.validator(msgspec.json.decode(schema))
