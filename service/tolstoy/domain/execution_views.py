"""An execution with the tree of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, execution_steps, executions
from tolstoy.domain.execution_steps import MOST_NODES, StepRow, StepView
from tolstoy.domain.executions import FINISHED, TABLE, Execution

if TYPE_CHECKING:
    import asyncpg


class ExecutionView(Execution, frozen=True, kw_only=True, rename="camel"):
    steps: Annotated[list[StepView], Meta(description="The steps of its version, each in its place.")]
    on_failure: Annotated[list[StepView], Meta(description="Those of onFailure, once one of them has begun.")]
    truncated: Annotated[
        bool,
        Meta(description=f"Whether iterations are left out, which would be more than {MOST_NODES} steps."),
    ]


class ExecutionViewQuery(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    include: Annotated[
        Literal["outputs"] | None, Meta(description="outputs: each step with its output, up to 16 kB.")
    ] = None


_DOCUMENT = (
    ", (SELECT document FROM flow_versions v"
    " WHERE v.org_id = $1 AND v.flow_id = t.flow_id AND v.version = t.version) AS document"
)
_ONE = {
    include: TABLE.one(
        extra=f"{_DOCUMENT}, {execution_steps.rows_of('t.id', outputs=include == 'outputs')} AS rows"
    )
    for include in (None, "outputs")
}
_read_rows = msgspec.json.Decoder(list[StepRow]).decode


async def get(scope: Scope, execution_id: UUID, query: ExecutionViewQuery) -> ExecutionView:
    row = await tenancy.fetchrow(scope, _ONE[query.include], execution_id)
    if row is None:
        raise crud.missing(TABLE, execution_id)
    *columns, document, rows = row
    execution = TABLE.read(cast("asyncpg.Record", columns))
    tree = execution_steps.tree(
        _of_action(execution.action_key) if document is None else msgspec.json.decode(document),
        _read_rows(rows),
        finished=execution.status in FINISHED,
    )
    return ExecutionView(
        **{name: getattr(execution, name) for name in executions.Execution.__struct_fields__},
        steps=tree.steps,
        on_failure=tree.on_failure,
        truncated=tree.truncated,
    )


def _of_action(key: str | None) -> dict[str, Any]:
    """What the run of a single action comes to."""
    return {"steps": [{"key": "action", "action": key}]}
