"""What people do to runs: cancel them, and have them go on after they ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Struct

from tolstoy.core.errors import ConflictError, Finding, InvalidError, WriteConflictError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.statements import json_text
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import crud, executions, flows, resuming, step_paths
from tolstoy.domain.canonical import canonical
from tolstoy.domain.executions import FINISHED, TABLE, Execution, Inputs, NotPublishedError
from tolstoy.domain.flow_versions import VersionNumber
from tolstoy.domain.resuming import Recorded
from tolstoy.domain.step_paths import StepPath

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection

T = TypeVar("T")

Reason = Annotated[str, Meta(min_length=1, max_length=500)]
_MOST_TRIES = 5


class ExecutionCancel(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    reason: Reason | None = None


class ExecutionResume(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    from_step: Annotated[
        str | None,
        Meta(
            description="the path of the step to start from, as in lines[3].charge; left out: what failed, or what"
            " had not ended when the run was cancelled"
        ),
    ] = None
    version: Annotated[
        VersionNumber | None,
        Meta(description="the number of a published version; left out: the one that it ran before"),
    ] = None
    inputs: Annotated[
        Inputs | None,
        Meta(description="an object, all inputs, in the place of those before; left out: those before"),
    ] = None


class RunFinishedError(ConflictError):
    """The run has ended; nothing more happens in it unless it is resumed."""

    code, title = "run-finished", "The run has ended"


class RunNotFinishedError(ConflictError):
    """The run has not ended; cancel it first."""

    code, title = "run-not-finished", "The run has not ended"


class CannotResumeError(ConflictError):
    """What the run has recorded does not fit what it would go on with."""

    code, title = "cannot-resume", "Cannot go on from there"


_CANCEL = Statement("SELECT tolstoy.cancel_run($3, $4) AS now_is FROM s")
_LOCK = (
    "SELECT status, flow_id, version, action_key, inputs, error ->> 'step' AS failed FROM executions"
    " WHERE org_id = $1 AND id = $2 FOR UPDATE"
)
_VERSIONS = (
    "SELECT version, document, document -> 'inputSchema' AS input_schema,"
    " (document -> 'maxDurationSeconds')::float8 AS seconds, published_at IS NOT NULL AS published"
    " FROM flow_versions WHERE org_id = $1 AND flow_id = $2 AND version = ANY ($3::int[])"
)
_OF_ACTION = "SELECT input_schema FROM actions WHERE org_id = $1 AND key = $2"
_RECORDED = (
    "SELECT DISTINCT ON (step_key) step_key, kind, status, coalesce(details ?| '{retryAt,cutOff}', false) AS again"
    " FROM execution_logs WHERE org_id = $1 AND execution_id = $2 AND recorded AND NOT superseded"
    " ORDER BY step_key, attempt DESC, id DESC"
)
_UNDO = (
    "UPDATE execution_logs SET superseded = true WHERE org_id = $1 AND execution_id = $2 AND recorded"
    " AND NOT superseded AND step_key = ANY ($3::text[])"
)
# The audit trail says who had the run go on, and how; neither the engine nor the tree looks at what is superseded.
_REQUEUE = (
    "WITH noted AS (INSERT INTO execution_logs (org_id, id, flow_id, execution_id, user_id, recorded, superseded,"
    " step_key, kind, status, inputs, started_at, finished_at) VALUES ($1, $7, $6, $2, $8, true, true, $9, 'resume',"
    " 'completed', $10::jsonb, clock_timestamp(), clock_timestamp()))"
    " UPDATE executions e SET status = 'queued', version = $3, inputs = coalesce($4::jsonb, e.inputs),"
    " deadline_at = $5, output = NULL, error = NULL, finished_at = NULL, cancel_requested_at = NULL, wake_at = NULL,"
    " waiting_for = NULL, signalled = false, claims = 0, seq = e.seq + 1, status_seq = e.seq + 1,"
    " parked = a.priority IS NULL,"
    " job_id = CASE WHEN a.priority IS NOT NULL THEN tolstoy.enqueue('run', e.id, a.priority, NULL) END"
    " FROM (SELECT tolstoy.admission($6) AS priority OFFSET 0) a WHERE e.org_id = $1 AND e.id = $2"
    f" RETURNING {', '.join(f'e.{column}' for column in TABLE.columns)}"
)


class _Target(Struct, frozen=True):
    """What a run goes on with."""

    old: resuming.Trails
    new: resuming.Trails
    input_schema: str | None
    seconds: float | None


def why_cancelled(scope: Scope, reason: str | None) -> str | None:
    """The error of a run that a user cancels."""
    why = {"code": "cancelled", "message": "The run was cancelled.", "userId": str(scope.user_id)}
    return json_text(why if reason is None else {**why, "reason": reason})


async def cancel(scope: Scope, execution_id: UUID, sent: ExecutionCancel) -> Execution:
    """The run as it then is: still running where its worker has yet to stop it. One cancelled before is left alone."""
    why = why_cancelled(scope, sent.reason)
    await outlasting_conflicts(scope, lambda: tenancy.fetchrow(scope, _CANCEL, execution_id, why))
    execution = await executions.get(scope, execution_id)
    if execution.status in FINISHED and execution.status != "cancelled":
        raise RunFinishedError(f"The run has {execution.status} already.")
    return execution


async def resume(scope: Scope, execution_id: UUID, sent: ExecutionResume) -> Execution:
    """Queue a run again, under the same id.

    Raises RunNotFinishedError, CannotResumeError, NotFoundError, NotPublishedError, InvalidError; nothing is written
    then.
    """
    async with tenancy.transaction(scope) as inner:
        connection = inner.open_connection
        run = await connection.fetchrow(_LOCK, scope.org_id, execution_id)
        if run is None:
            raise crud.missing(TABLE, execution_id)
        if run["status"] not in FINISHED:
            raise RunNotFinishedError
        if run["status"] == "succeeded" and sent.from_step is None:
            raise CannotResumeError("The run has succeeded; write in fromStep from where it shall run again.")
        version = sent.version or run["version"]
        if run["flow_id"] is None:
            target = await _of_action(connection, scope.org_id, run["action_key"], sent)
        else:
            target = await _of_flow(connection, scope.org_id, run, version)
        _check_inputs(run, sent, target)
        rows = [Recorded(*row) for row in await connection.fetch(_RECORDED, scope.org_id, execution_id)]
        if undone := _undone(run, rows, target, sent, version):
            await connection.execute(_UNDO, scope.org_id, execution_id, list(undone))
        said = {"fromStep": sent.from_step, "version": version, "inputsGiven": sent.inputs is not None}
        row = await connection.fetchrow(
            _REQUEUE,
            scope.org_id,
            execution_id,
            version,
            json_text(sent.inputs),
            executions.deadline_after(target.seconds),
            run["flow_id"],
            new_id(),
            scope.user_id,
            sent.from_step or run["failed"] or "",
            json_text(said),
        )
        return TABLE.read(cast("asyncpg.Record", row))


async def outlasting_conflicts(scope: Scope, attempt: Callable[[], Awaitable[T]]) -> T:
    """The answer of `attempt`, made anew where another transaction was in its way; not inside one of our own."""
    tries = 1 if scope.connection is not None else _MOST_TRIES
    for _ in range(tries - 1):
        try:
            return await attempt()
        except WriteConflictError:
            continue
    return await attempt()


async def _of_flow(connection: Connection, org_id: UUID, run: asyncpg.Record, version: int) -> _Target:
    rows = await connection.fetch(_VERSIONS, org_id, run["flow_id"], [run["version"], version])
    found = {row["version"]: row for row in rows}
    if version not in found:
        raise flows.missing_version(run["flow_id"], version)
    if not found[version]["published"]:
        raise NotPublishedError(f"Version {version} is a draft; publish it first.")
    old, new = (
        resuming.trails_of(msgspec.json.decode(found[number]["document"]))
        for number in (run["version"], version)
    )
    return _Target(old, new, found[version]["input_schema"], found[version]["seconds"])


async def _of_action(connection: Connection, org_id: UUID, key: str, sent: ExecutionResume) -> _Target:
    """The run of a single action has one step, which is called `action`."""
    if sent.version is not None:
        detail = "leave this out: the run is that of a single action"
        raise InvalidError(findings=[Finding("not_of_a_flow", detail, "/version")])
    schema = await connection.fetchval(_OF_ACTION, org_id, key)
    trails = resuming.trails_of({"steps": [{"key": "action", "action": key}]})
    return _Target(trails, trails, schema, None)


def _check_inputs(run: asyncpg.Record, sent: ExecutionResume, target: _Target) -> None:
    if sent.inputs is not None or (sent.version or run["version"]) != run["version"]:
        inputs: Mapping[str, Any] = msgspec.json.decode(run["inputs"]) if sent.inputs is None else sent.inputs
        executions.check_inputs(target.input_schema, inputs)


def _undone(
    run: asyncpg.Record, rows: list[Recorded], target: _Target, sent: ExecutionResume, version: int | None
) -> set[str]:
    start = None if sent.from_step is None else _start(sent.from_step, target, rows)
    undone = resuming.undone(target.old, target.new, rows, start)
    kept = [row for row in rows if row.path not in undone]
    found = list(resuming.misfits(kept, target.old, target.new, start, version))
    if _are_other(run["inputs"], sent.inputs):
        found += resuming.of_other_items(kept)
    if found:
        raise CannotResumeError(findings=found)
    return undone


def _are_other(before: str, inputs: Mapping[str, Any] | None) -> bool:
    """By their texts: Python takes true for 1."""
    if inputs is None:
        return False
    one, other = (
        msgspec.json.encode(canonical(value), order="sorted")
        for value in (msgspec.json.decode(before), inputs)
    )
    return one != other


def _start(text: str, target: _Target, rows: list[Recorded]) -> StepPath:
    start = step_paths.read(text)
    wrong: str | None = "write the path of a step, as in lines[3].charge"
    if start is not None:
        wrong = resuming.check_start(start, (target.old, target.new), rows)
    if start is None or wrong is not None:
        raise InvalidError(findings=[Finding("unknown_step", wrong or "", "/fromStep")])
    return start
