"""Flows: a name, a current draft, and published versions that never change (those are in flow_versions)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, structs
from tortoise import Model

from tolstoy.core.errors import Finding, InUseError, InvalidError, NotFoundError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy, trigger_models
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flow_validation
from tolstoy.domain.flow_step import MAX_DURATION_SECONDS
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Description, MaxRunning, Moment, Name

Steps = Annotated[
    list[Any],
    Meta(
        description="an array of steps, what the flow does in order",
        extra_json_schema={"$ref": "#/components/schemas/Steps"},
    ),
]
JsonSchema = Annotated[dict[str, Any], Meta(description="a JSON Schema (2020-12) of the inputs of a run")]
Output = Annotated[
    Any, Meta(description="any JSON, what a run answers with, made from its steps by {{ }} expressions")
]
MaxDuration = Annotated[
    float,
    Meta(gt=0, le=MAX_DURATION_SECONDS, description="a number of seconds, after which a run ends as failed"),
]
StoredSteps = Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/Steps"})]
StoredObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]

# The fields of a flow that make up its document, as they are called in Python and in JSON.
DOCUMENT = {
    "input_schema": "inputSchema",
    "steps": "steps",
    "output": "output",
    "on_failure": "onFailure",
    "max_duration_seconds": "maxDurationSeconds",
}


class FlowCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name
    description: Description | None = None
    input_schema: JsonSchema | UnsetType | None = UNSET
    steps: Steps
    output: Output | UnsetType = UNSET
    on_failure: Steps | UnsetType | None = UNSET
    max_duration_seconds: MaxDuration | UnsetType | None = UNSET
    max_running_executions: MaxRunning | None = None


class FlowChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    input_schema: JsonSchema | UnsetType | None = UNSET
    steps: Steps | UnsetType = UNSET
    output: Output | UnsetType = UNSET
    on_failure: Steps | UnsetType | None = UNSET
    max_duration_seconds: MaxDuration | UnsetType | None = UNSET
    max_running_executions: MaxRunning | UnsetType | None = UNSET


class Flow(Struct, frozen=True, rename="camel"):
    """A flow with the document of its newest version."""

    id: UUID
    org_id: UUID
    name: str
    description: str | None
    version: Annotated[int, Meta(description="The newest version, draft or published.")]
    status: Annotated[Literal["draft", "published"], Meta(description="Of the newest version.")]
    published_version: Annotated[int | None, Meta(description="The newest published version.")]
    input_schema: StoredObject | None
    steps: StoredSteps
    output: Raw | None
    on_failure: StoredSteps | None
    max_duration_seconds: float | None
    max_running_executions: int | None
    created_at: Moment
    updated_at: Moment
    revision: int
    findings: Annotated[
        list[Finding] | UnsetType, Meta(description="When its document was saved: what is doubtful with it.")
    ] = UNSET


class FlowQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: str | None = None
    status: Literal["draft", "published"] | None = None


DOCUMENT_COLUMNS = ", ".join(
    f"(document -> '{wire}')::float8 AS {name}"
    if name == "max_duration_seconds"
    else f"document -> '{wire}' AS {name}"
    for name, wire in DOCUMENT.items()
)
_COLUMNS = (
    "f.id, f.org_id, f.name, f.description, f.version,"
    " CASE WHEN f.published_version = f.version THEN 'published' ELSE 'draft' END AS status, f.published_version,"
    f" {DOCUMENT_COLUMNS}, f.max_running_executions, f.created_at, f.updated_at, f.revision"
)
_SOURCE = (
    f"(SELECT {_COLUMNS} FROM flows f JOIN flow_versions v"
    " ON v.org_id = f.org_id AND v.flow_id = f.id AND v.version = f.version) flow"
)

TABLE = Table(models.Flow, Flow, source=_SOURCE, without=("findings",))
_CONDITIONS = {"name": "name = {}", "status": "status = {}"}
_TRIGGERS: tuple[tuple[type[Model], str], ...] = (
    (trigger_models.Hook, "hook"),
    (trigger_models.Schedule, "schedule"),
    (trigger_models.Subscription, "subscription"),
)
_OWN = ("name", "description", "max_running_executions")
_ONE = TABLE.one()
_INSERT = tenancy.Statement(
    f"SELECT {_COLUMNS} FROM f, v",
    ctes=""",
f AS (INSERT INTO flows (org_id, id, name, description, max_running_executions)
      SELECT $1, $3, $4, $5, $8 FROM s RETURNING *),
v AS (INSERT INTO flow_versions (org_id, id, flow_id, version, document)
      SELECT $1, $6, f.id, f.version, $7 FROM f RETURNING document)""",
)


async def get(scope: Scope, flow_id: UUID) -> Flow:
    return await crud.get(scope, TABLE, _ONE, flow_id)


async def page(scope: Scope, query: FlowQuery) -> Page[Flow]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: FlowCreate) -> Flow:
    document = document_of(crud.given(new))
    found = await flow_validation.refuse_errors(scope, document)
    args = (
        new_id(),
        new.name,
        new.description,
        new_id(),
        json_text(document),
        new.max_running_executions,
    )
    return structs.replace(await crud.insert_by(scope, TABLE, _INSERT, args, {}), findings=found or UNSET)


async def change(scope: Scope, flow_id: UUID, sent: FlowChange, if_match: frozenset[int] | None) -> Flow:
    values = crud.given(sent)
    async with tenancy.transaction(scope) as inner:
        flow = await crud.locked(inner, TABLE, models.Flow, flow_id, if_match)
        found: list[Finding] | UnsetType = UNSET
        if any(name in values for name in DOCUMENT):
            newest = await newest_version(inner, flow)
            found = await write_draft(inner, flow, newest, document_of(values, newest.document))
        flow.update_from_dict({name: values[name] for name in _OWN if name in values})
        await flow.save(update_fields=[*_OWN, "version", "revision"])
        return structs.replace(await get(inner, flow_id), findings=found or UNSET)


async def remove(scope: Scope, flow_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        flow = await crud.locked(inner, TABLE, models.Flow, flow_id, if_match)
        of_it = {"org_id": scope.org_id, "flow_id": flow_id}
        if runs := await models.Execution.filter(**of_it).count():
            raise InUseError(f"The flow has {crud.counted(runs, 'execution')}; delete them first.")
        if logs := await models.ExecutionLog.filter(**of_it).count():
            raise InUseError(f"The flow has {crud.counted(logs, 'execution log')}; delete them first.")
        for model, noun in _TRIGGERS:
            if number := await model.filter(**of_it).count():
                raise InUseError(f"The flow has {crud.counted(number, noun)}; delete them first.")
        await flow.delete()


async def newest_version(scope: Scope, flow: models.Flow) -> models.FlowVersion:
    return await models.FlowVersion.get(org_id=scope.org_id, flow_id=flow.id, version=flow.version)


async def write_draft(
    scope: Scope, flow: models.Flow, newest: models.FlowVersion, document: dict[str, Any]
) -> list[Finding]:
    """Make `document` the draft of a locked flow, which the caller saves: the draft there is, or the next version.

    Returns what is doubtful with it.
    """
    if await _is_stored(scope, newest, document):
        return await flow_validation.findings(scope, document)
    found = await flow_validation.refuse_errors(scope, document)
    if newest.published_at is None:
        newest.document = document
        await newest.save(update_fields=["document"])
    else:
        flow.version += 1
        await models.FlowVersion.create(
            org_id=scope.org_id, flow_id=flow.id, version=flow.version, document=document
        )
    # whatever else changes or not, the flow reads differently now, and its ETag must say so
    flow.revision += 1
    return found


async def _is_stored(scope: Scope, version: models.FlowVersion, document: dict[str, Any]) -> bool:
    """As the database writes both: to Python True is 1 and 1.0, to a flow they are not the same."""
    same = await scope.open_connection.fetchval(
        "SELECT document::text = $3::jsonb::text FROM flow_versions WHERE org_id = $1 AND id = $2",
        scope.org_id,
        version.id,
        json_text(document),
    )
    return bool(same)


def document_of(values: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document with the fields sent in `values`; null takes a field away."""
    sent = {wire: values[name] for name, wire in DOCUMENT.items() if name in values}
    return {name: value for name, value in {**(before or {}), **sent}.items() if value is not None}


def not_here() -> InvalidError:
    """What refers to a flow by `flowId` that is none of the organization's."""
    return InvalidError(
        findings=[Finding("not_found", "there is no flow with this id here", pointer="/flowId")]
    )


def missing_version(flow_id: UUID, version: int) -> NotFoundError:
    return NotFoundError(f"There is no version {version} of a flow with the id {flow_id} here.")
