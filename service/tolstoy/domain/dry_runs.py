"""Dry runs: what a flow would do, gone through with given or recorded answers; nothing is called, nothing written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import actions, crud, execution_logs, executions, flow_credentials, flows
from tolstoy.domain.executions import Inputs
from tolstoy.domain.flow_inputs import action_keys
from tolstoy.domain.flow_versions import VersionNumber
from tolstoy.domain.text import Moment

_MOST_RECORDED_BYTES = 16 * 1024 * 1024

Ending = Literal["succeeded", "failed", "incomplete"]
FailureKind = Literal[
    "timeout", "connection", "refused_address", "too_large", "redirect", "protocol", "invalid_response"
]


class GivenFailure(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Annotated[FailureKind, Meta(description="how the call fails, as in timeout or connection")]


class GivenAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tool answers; the body is that of a `flow` step's output. With `error` there is no answer."""

    status: Annotated[int, Meta(ge=100, le=599, description="a status such as 200")] = 200
    headers: dict[str, str] = {}
    body: Annotated[Any, Meta(description="any JSON")] = None
    error: GivenFailure | UnsetType = UNSET


class GivenDecision(Struct, frozen=True, forbid_unknown_fields=True):
    payload: Annotated[Any, Meta(description="any JSON")] = None


Answers = Annotated[
    dict[str, GivenAnswer | list[GivenAnswer]],
    Meta(
        description="an object with an answer for each path or key of a step, or a list of them for its attempts"
    ),
]
Approvals = Annotated[
    dict[str, bool | GivenDecision],
    Meta(description="an object with true, false or a payload for each path or key of an approval step"),
]
Callbacks = Annotated[
    dict[str, Any],
    Meta(description="an object with what is posted, for each path or key of a callback step"),
]


class DryRunCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    inputs: Inputs = {}
    version: Annotated[
        VersionNumber | None,
        Meta(description="the number of a version; left out: the newest, draft or published"),
    ] = None
    responses: Answers = {}
    recorded_from: Annotated[
        UUID | None,
        Meta(
            description="the id of an execution: what its steps got is what they get where nothing is given"
        ),
    ] = None
    approvals: Approvals = {}
    callbacks: Callbacks = {}


class PlannedRequest(Struct, frozen=True, rename="camel"):
    path: str
    attempt: int
    method: str
    url: str
    headers: dict[str, str]
    body: Annotated[Any, Meta(description="JSON as its value; else the text, or {base64}.")]
    idempotency_key: str | None
    assumed: Annotated[bool, Meta(description="No answer was given: 200 without a body was assumed.")]


class DryStep(Struct, frozen=True, rename="camel"):
    path: str
    kind: str
    status: execution_logs.Status
    attempts: int
    inputs: Raw | None
    output: Raw | None
    error: Raw | None


class DryWait(Struct, frozen=True, rename={"for_": "for"}):
    path: str
    for_: Literal["time", "approval", "callback", "flow", "retry"]
    until: Annotated[Moment | None, Meta(description="As if the run had begun now.")]
    assumed: Annotated[bool, Meta(description="Nothing was given: an approval, or null, was assumed.")]


class DryRun(Struct, frozen=True, rename="camel"):
    status: Annotated[
        Ending,
        Meta(description="incomplete: it met a limit of dry runs."),
    ]
    version: int
    output: Raw | None
    error: Raw | None
    requests: Annotated[
        list[PlannedRequest], Meta(description="Each request that would be sent, in their order.")
    ]
    steps: Annotated[list[DryStep], Meta(description="In the order in which they began.")]
    waits: list[DryWait]
    warnings: list[Finding]


@dataclass(frozen=True)
class Recorded:
    """An attempt of a step that reached outside; the JSON values as texts."""

    path: str
    kind: str
    completed: bool
    output: str | None
    error: str | None


@dataclass(frozen=True)
class Rehearsed:
    """All that a dry run needs: from here on nothing is read. `actions` are rows as the engine compiles them."""

    scope: Scope
    flow_id: UUID
    version: int
    document: dict[str, Any]
    actions: Sequence[asyncpg.Record]
    recorded: Sequence[Recorded]
    given: DryRunCreate
    warnings: Sequence[Finding]
    credentials: Sequence[asyncpg.Record] = ()


# The engine's doing, which whoever composes the service hands to it.
Rehearse = Callable[[Rehearsed], Awaitable[DryRun]]

_VERSION = tenancy.reading(
    "SELECT v.version, v.document, v.document -> 'inputSchema' AS input_schema"
    " FROM flows f LEFT JOIN flow_versions v ON v.org_id = f.org_id AND v.flow_id = f.id"
    " AND v.version = coalesce($4, f.version) WHERE f.org_id = $1 AND f.id = $3"
)
_EXECUTION = tenancy.reading("SELECT flow_id, version FROM executions WHERE org_id = $1 AND id = $3")
_RECORDED = tenancy.reading(
    "SELECT id, step_key, kind, attempt, status, outputs, error, size + before AS size FROM ("
    "SELECT *, sum(size) OVER (ORDER BY id) - size AS before FROM ("
    "SELECT id, step_key, kind, attempt, status, outputs, error,"
    " octet_length(concat(outputs::text, error::text)) AS size"
    " FROM execution_logs WHERE org_id = $1 AND execution_id = $3 AND recorded AND NOT superseded"
    " AND status IN ('completed', 'failed') AND kind IN ('action', 'http', 'flow', 'approval', 'callback')) each) logs"
    " WHERE before <= $4",
    order=" ORDER BY attempt, id",
)


async def prepare(scope: Scope, flow_id: UUID, given: DryRunCreate) -> Rehearsed:
    row = await tenancy.fetchrow(scope, _VERSION, flow_id, given.version)
    if row is None:
        raise crud.missing(flows.TABLE, flow_id)
    if row["document"] is None:
        raise flows.missing_version(flow_id, given.version or 0)
    executions.check_inputs(row["input_schema"], given.inputs)
    document = msgspec.json.decode(row["document"])
    keys, named = sorted(action_keys(document)), flow_credentials.named(document)
    recorded, warnings = await _recorded(scope, flow_id, row["version"], given.recorded_from)
    return Rehearsed(
        scope,
        flow_id,
        row["version"],
        document,
        await tenancy.fetch(scope, actions.FOR_CALLS, keys) if keys else [],
        recorded,
        given,
        warnings,
        await tenancy.fetch(scope, flow_credentials.FOR_CALLS, named) if named else [],
    )


async def _recorded(
    scope: Scope, flow_id: UUID, version: int, execution_id: UUID | None
) -> tuple[list[Recorded], list[Finding]]:
    if execution_id is None:
        return [], []
    run = await tenancy.fetchrow(scope, _EXECUTION, execution_id)
    if run is None:
        detail = "there is no execution with this id here"
        raise InvalidError(findings=[Finding("not_found", detail, pointer="/recordedFrom")])
    rows = await tenancy.fetch(scope, _RECORDED, execution_id, _MOST_RECORDED_BYTES)
    recorded = [
        Recorded(row["step_key"], row["kind"], row["status"] == "completed", row["outputs"], row["error"])
        for row in rows
        if row["size"] <= _MOST_RECORDED_BYTES
    ]
    warnings = list(_of_another(run, flow_id, version))
    if len(recorded) < len(rows):
        detail = f"only the first {len(recorded)} answers are taken, which have {_MOST_RECORDED_BYTES} bytes at most"
        warnings.append(Finding("recorded_in_part", detail, pointer="/recordedFrom"))
    return recorded, warnings


def _of_another(run: asyncpg.Record, flow_id: UUID, version: int) -> list[Finding]:
    if (run["flow_id"], run["version"]) == (flow_id, version):
        return []
    what = f"version {run['version']}" if run["flow_id"] == flow_id else "another flow"
    return [Finding("recorded_elsewhere", f"the execution is one of {what}", pointer="/recordedFrom")]
