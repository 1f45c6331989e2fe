"""Deleting a run before its time of retention is over."""

from __future__ import annotations

from uuid import UUID

from tolstoy.db import models, tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud
from tolstoy.domain.execution_control import RunNotFinishedError
from tolstoy.domain.executions import FINISHED, TABLE


async def remove(scope: Scope, execution_id: UUID, if_match: frozenset[int] | None) -> None:
    """What the engine wrote of a run goes with it, as do its waits and deliveries; the logs of clients stay.

    Raises NotFoundError, PreconditionFailedError, RunNotFinishedError.
    """
    async with tenancy.transaction(scope) as inner:
        run = await crud.locked(inner, TABLE, models.Execution, execution_id, if_match)
        if run.status not in FINISHED:
            raise RunNotFinishedError
        unended = models.Execution.filter(org_id=scope.org_id).exclude(status__in=FINISHED)
        if children := await unended.filter(parent_id=execution_id).count():
            said = crud.counted(children, "run")
            raise RunNotFinishedError(f"{said} that its steps started must end first; cancel them.")
        # a step that has yet to read how this run ended would start another in its place
        if run.parent_id is not None and await unended.filter(id=run.parent_id).exists():
            raise RunNotFinishedError(f"The run {run.parent_id} that started this one must end first.")
        await models.ExecutionLog.filter(
            org_id=scope.org_id, execution_id=execution_id, recorded=True
        ).delete()
        await run.delete()
