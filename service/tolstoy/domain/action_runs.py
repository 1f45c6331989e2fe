"""The run of a single action, recorded, retried and logged as in a flow."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import actions, crud, executions
from tolstoy.domain.executions import Execution, Inputs

_ACTION = tenancy.reading("SELECT key, input_schema FROM actions WHERE org_id = $1 AND id = $3")


class ActionExecute(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    inputs: Inputs = {}


async def start(scope: Scope, action_id: UUID, new: ActionExecute, *, watched: bool) -> Execution:
    row = await tenancy.fetchrow(scope, _ACTION, action_id)
    if row is None:
        raise crud.missing(actions.TABLE, action_id)
    executions.check_inputs(row["input_schema"], new.inputs)
    return await executions.start_action(scope, row["key"], new.inputs, watched=watched)
