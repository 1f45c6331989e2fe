"""The routes of users."""

from __future__ import annotations

from uuid import UUID

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import InUseError
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import users
from tolstoy.domain.paging import Page
from tolstoy.domain.users import (
    EmailTakenError,
    ExternalIdTakenError,
    LastAdminError,
    User,
    UserChange,
    UserCreate,
    UserQuery,
    UserRemoval,
)

routes = Blueprint("users", url_prefix="/users")


@routes.get("/")
@endpoint(tag="Users")
async def list_users(scope: Scope, query: UserQuery) -> Page[User]:
    """List users, newest first."""
    return await users.page(scope, query)


@routes.post("/")
@endpoint(
    tag="Users", status=201, door=Door.MEMBER_OR_FOUNDER, raises=(EmailTakenError, ExternalIdTakenError)
)
async def create_user(scope: Scope, body: UserCreate) -> User:
    """Create a user.

    While the organization has no users, anyone may create the first, who becomes its admin.
    That one creation cannot be replayed by its Idempotency-Key, since its sender is no member yet: where an answer
    may get lost, create the organization with its `owner` instead.
    """
    return await users.create(scope, body)


@routes.get("/<user_id>")
@endpoint(tag="Users")
async def get_user(scope: Scope, user_id: UUID) -> User:
    """Get a user."""
    return await users.get(scope, user_id)


@routes.put("/<user_id>")
@routes.patch("/<user_id>", name="patch_user")
@endpoint(tag="Users", raises=(EmailTakenError, ExternalIdTakenError, LastAdminError))
async def change_user(scope: Scope, user_id: UUID, body: UserChange, if_match: frozenset[int] | None) -> User:
    """Change the fields that are sent; null clears one that may be empty."""
    return await users.change(scope, user_id, body, if_match)


@routes.delete("/<user_id>")
@endpoint(tag="Users", status=204, raises=(InUseError, LastAdminError))
async def delete_user(
    scope: Scope, user_id: UUID, query: UserRemoval, if_match: frozenset[int] | None
) -> None:
    """Delete a user, whose API keys go, too."""
    await users.remove(scope, user_id, query, if_match)
