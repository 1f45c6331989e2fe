"""The routes of actions."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.db.tenancy import Scope
from tolstoy.domain import actions
from tolstoy.domain.actions import Action, ActionChange, ActionCreate, ActionQuery, KeyTakenError
from tolstoy.domain.paging import Page

routes = Blueprint("actions", url_prefix="/actions")


@routes.get("/")
@endpoint(tag="Actions")
async def list_actions(scope: Scope, query: ActionQuery) -> Page[Action]:
    """List actions, newest first."""
    return await actions.page(scope, query)


@routes.post("/")
@endpoint(tag="Actions", status=201, raises=(KeyTakenError,))
async def create_action(scope: Scope, body: ActionCreate) -> Action:
    """Create an action."""
    return await actions.create(scope, body)


@routes.get("/<action_id>")
@endpoint(tag="Actions")
async def get_action(scope: Scope, action_id: UUID) -> Action:
    """Get an action."""
    return await actions.get(scope, action_id)


@routes.put("/<action_id>")
@routes.patch("/<action_id>", name="patch_action")
@endpoint(tag="Actions", raises=(KeyTakenError,))
async def change_action(
    scope: Scope, action_id: UUID, body: ActionChange, if_match: frozenset[int] | None
) -> Action:
    """Change the fields that are sent; null clears one that may be empty."""
    return await actions.change(scope, action_id, body, if_match)


@routes.delete("/<action_id>")
@endpoint(tag="Actions", status=204)
async def delete_action(scope: Scope, action_id: UUID, if_match: frozenset[int] | None) -> None:
    """Delete an action."""
    await actions.remove(scope, action_id, if_match)
