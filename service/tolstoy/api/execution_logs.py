"""The routes of execution logs."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import StorageFullError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import execution_logs
from tolstoy.domain.execution_logs import (
    ExecutionLog,
    ExecutionLogChange,
    ExecutionLogCreate,
    ExecutionLogQuery,
    RecordedLogError,
)
from tolstoy.domain.paging import Page

routes = Blueprint("execution_logs", url_prefix="/execution-logs")


@routes.get("/")
@endpoint(tag="Execution logs")
async def list_execution_logs(scope: Scope, query: ExecutionLogQuery) -> Page[ExecutionLog]:
    """List execution logs, newest first."""
    return await execution_logs.page(scope, query)


@routes.post("/")
@endpoint(tag="Execution logs", status=201, raises=(StorageFullError,))
async def create_execution_log(scope: Scope, body: ExecutionLogCreate) -> ExecutionLog:
    """Create an execution log."""
    return await execution_logs.create(scope, body)


@routes.get("/<execution_log_id>")
@endpoint(tag="Execution logs")
async def get_execution_log(scope: Scope, execution_log_id: UUID) -> ExecutionLog:
    """Get an execution log."""
    return await execution_logs.get(scope, execution_log_id)


@routes.put("/<execution_log_id>")
@routes.patch("/<execution_log_id>", name="patch_execution_log")
@endpoint(tag="Execution logs", raises=(RecordedLogError,))
async def change_execution_log(
    scope: Scope, execution_log_id: UUID, body: ExecutionLogChange, if_match: frozenset[int] | None
) -> ExecutionLog:
    """Change the fields that are sent; null clears one that may be empty."""
    return await execution_logs.change(scope, execution_log_id, body, if_match)


@routes.delete("/<execution_log_id>")
@endpoint(tag="Execution logs", status=204, raises=(RecordedLogError,))
async def delete_execution_log(scope: Scope, execution_log_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete an execution log."""
    await execution_logs.remove(scope, execution_log_id, if_match)
