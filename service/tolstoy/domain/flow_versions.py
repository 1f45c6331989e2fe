"""Versions of a flow: publishing the draft, reading, comparing and restoring what was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, structs

from tolstoy.db import models, tenancy
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flow_diff, flow_validation, flows
from tolstoy.domain.flows import Flow, StoredObject, StoredSteps
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment


class FlowVersion(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    flow_id: UUID
    version: int
    status: Literal["draft", "published"]
    input_schema: StoredObject | None
    steps: StoredSteps
    output: Raw | None
    on_failure: StoredSteps | None
    max_duration_seconds: float | None
    published_at: Moment | None
    published_by: UUID | None
    created_at: Moment
    updated_at: Moment
    revision: int


class FlowVersionQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    status: Literal["draft", "published"] | None = None


VersionNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class DiffQuery(Struct, kw_only=True, frozen=True, rename={"from_": "from"}, forbid_unknown_fields=True):
    from_: Annotated[
        VersionNumber | None,
        Meta(description="Left out: the newest published version, or else the one before `to`."),
    ] = None
    to: Annotated[VersionNumber | None, Meta(description="Left out: the newest version.")] = None


class FlowDiff(Struct, frozen=True, rename={"from_": "from"}):
    from_: int
    to: int
    changes: Annotated[
        list[dict[str, Any]],
        Meta(description="JSON Patch (RFC 6902) that makes the document of `from` that of `to`."),
    ]


_SOURCE = (
    "(SELECT id, org_id, flow_id, version, CASE WHEN published_at IS NULL THEN 'draft' ELSE 'published' END AS status,"
    f" {flows.DOCUMENT_COLUMNS},"
    " published_at, published_by, created_at, updated_at, revision FROM flow_versions) version"
)
TABLE = Table(models.FlowVersion, FlowVersion, source=_SOURCE)
_ONE = TABLE.reading("flow_id = $3 AND version = $4")


async def get(scope: Scope, flow_id: UUID, version: int) -> FlowVersion:
    row = await tenancy.fetchrow(scope, _ONE, flow_id, version)
    if row is None:
        raise flows.missing_version(flow_id, version)
    return TABLE.read(row)


async def page(scope: Scope, flow_id: UUID, query: FlowVersionQuery) -> Page[FlowVersion]:
    found = await crud.page(scope, TABLE, query, {"status": "status = {}"}, within={"flow_id": flow_id})
    if not found.data:
        await flows.get(
            scope, flow_id
        )  # a flow has at least one version, so an empty page may mean there is no flow
    return found


async def publish(scope: Scope, flow_id: UUID, if_match: frozenset[int] | None) -> Flow:
    """Freeze the draft; publishing what is published already changes nothing."""
    async with tenancy.transaction(scope) as inner:
        flow = await crud.locked(inner, flows.TABLE, models.Flow, flow_id, if_match)
        newest = await flows.newest_version(inner, flow)
        found = await flow_validation.refuse_errors(inner, newest.document)
        if newest.published_at is None:
            newest.published_at, newest.published_by = datetime.now(UTC), scope.user_id
            await newest.save(update_fields=["published_at", "published_by"])
            flow.published_version = flow.version
            await flow.save(update_fields=["published_version"])
        return structs.replace(await flows.get(inner, flow_id), findings=found or UNSET)


async def restore(scope: Scope, flow_id: UUID, version: int, if_match: frozenset[int] | None) -> Flow:
    """Make the document of an old version the draft."""
    async with tenancy.transaction(scope) as inner:
        flow = await crud.locked(inner, flows.TABLE, models.Flow, flow_id, if_match)
        old = await _stored(inner, flow_id, version)
        found = await flows.write_draft(inner, flow, await flows.newest_version(inner, flow), old.document)
        await flow.save(update_fields=["version", "revision"])
        return structs.replace(await flows.get(inner, flow_id), findings=found or UNSET)


async def diff(scope: Scope, flow_id: UUID, query: DiffQuery) -> FlowDiff:
    async with tenancy.transaction(scope) as inner:
        flow = await crud.found(inner, flows.TABLE, models.Flow, flow_id)
        to = query.to or flow.version
        from_ = (
            query.from_
            or (flow.published_version if flow.published_version != to else None)
            or max(1, to - 1)
        )
        old, new = await _stored(inner, flow_id, from_), await _stored(inner, flow_id, to)
        return FlowDiff(from_, to, flow_diff.diff(old.document, new.document))


async def _stored(scope: Scope, flow_id: UUID, version: int) -> models.FlowVersion:
    found = await models.FlowVersion.get_or_none(org_id=scope.org_id, flow_id=flow_id, version=version)
    if found is None:
        raise flows.missing_version(flow_id, version)
    return found
