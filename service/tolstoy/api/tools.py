"""The routes of tools."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import InUseError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import tools
from tolstoy.domain.paging import Page
from tolstoy.domain.tools import Tool, ToolChange, ToolCreate, ToolQuery, ToolView

routes = Blueprint("tools", url_prefix="/tools")


@routes.get("/")
@endpoint(tag="Tools")
async def list_tools(scope: Scope, query: ToolQuery) -> Page[Tool]:
    """List tools, newest first."""
    return await tools.page(scope, query)


@routes.post("/")
@endpoint(tag="Tools", status=201)
async def create_tool(scope: Scope, body: ToolCreate) -> Tool:
    """Create a tool."""
    return await tools.create(scope, body)


@routes.get("/<tool_id>")
@endpoint(tag="Tools")
async def get_tool(scope: Scope, tool_id: UUID, query: ToolView) -> Tool:
    """Get a tool."""
    return await tools.get(scope, tool_id, query)


@routes.put("/<tool_id>")
@routes.patch("/<tool_id>", name="patch_tool")
@endpoint(tag="Tools", raises=(InUseError,))
async def change_tool(scope: Scope, tool_id: UUID, body: ToolChange, if_match: frozenset[int] | None) -> Tool:
    """Change the fields that are sent; null clears one that may be empty."""
    return await tools.change(scope, tool_id, body, if_match)


@routes.delete("/<tool_id>")
@endpoint(tag="Tools", status=204, raises=(InUseError,))
async def delete_tool(scope: Scope, tool_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete a tool."""
    await tools.remove(scope, tool_id, if_match)
