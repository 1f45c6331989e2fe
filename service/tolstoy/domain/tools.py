"""Tools: the outside APIs that an organization calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.core.errors import Finding, InUseError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy
from tolstoy.db.credential_models import Credential
from tolstoy.db.statements import Table, json_object, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud
from tolstoy.domain.actions import Action
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.request_parts import is_reserved
from tolstoy.domain.text import Description, Moment, Name

AuthType = Literal["none", "bearer", "basic", "apiKey", "oauth2"]
BaseUrl = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern="^https?://[^/?#\\s]+[^?#\\s]*$(?!\n)",
        description="an http or https URL, where its addresses begin",
    ),
]


class AuthConfig(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where an API key goes; for authType apiKey."""

    location: Annotated[Literal["header", "query"], Meta(description="header or query")]
    name: Annotated[
        str, Meta(pattern="^[A-Za-z0-9_.-]{1,100}$(?!\n)", description="the name of the header or parameter")
    ]


class ToolCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name
    base_url: BaseUrl
    auth_type: AuthType = "none"
    auth_config: AuthConfig | None = None
    description: Description | None = None


class ToolChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    base_url: BaseUrl | UnsetType = UNSET
    auth_type: AuthType | UnsetType = UNSET
    auth_config: AuthConfig | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET


class Tool(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    name: str
    base_url: str
    auth_type: AuthType
    auth_config: Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/AuthConfig"})] | None
    description: str | None
    created_at: Moment
    updated_at: Moment
    revision: int
    actions: (
        Annotated[
            Raw, Meta(extra_json_schema={"type": "array", "items": {"$ref": "#/components/schemas/Action"}})
        ]
        | UnsetType
    ) = UNSET


class ToolQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: str | None = None
    auth_type: AuthType | None = None
    include: Annotated[
        Literal["actions"] | None, Meta(description="actions: each tool with its actions, oldest first.")
    ] = None


class ToolView(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    include: Annotated[
        Literal["actions"] | None, Meta(description="actions: with its actions, oldest first.")
    ] = None


TABLE = Table(models.Tool, Tool, without=("actions",))
_CONDITIONS = {"name": "name = {}", "auth_type": "auth_type = {}"}
_ACTIONS = (
    f", (SELECT coalesce(jsonb_agg({json_object(Action, 'a', {'version': 'revision'})} ORDER BY a.id), '[]')"
    " FROM actions a WHERE a.org_id = $1 AND a.tool_id = t.id) AS actions"
)
_ONE = {None: TABLE.one(), "actions": TABLE.one(extra=_ACTIONS)}


async def get(scope: Scope, tool_id: UUID, view: ToolView) -> Tool:
    return await crud.get(scope, TABLE, _ONE[view.include], tool_id)


async def page(scope: Scope, query: ToolQuery) -> Page[Tool]:
    return await crud.page(scope, TABLE, query, _CONDITIONS, extra=_ACTIONS if query.include else "")


async def create(scope: Scope, new: ToolCreate) -> Tool:
    _check_auth(new.auth_type, new.auth_config)
    check_base_url(new.base_url)
    values = {
        "id": new_id(),
        "name": new.name,
        "base_url": new.base_url,
        "auth_type": new.auth_type,
        "auth_config": json_text(new.auth_config),
        "description": new.description,
    }
    return await crud.insert(scope, TABLE, values, {})


async def change(scope: Scope, tool_id: UUID, sent: ToolChange, if_match: frozenset[int] | None) -> Tool:
    values = crud.given(sent)
    if "base_url" in values:
        check_base_url(values["base_url"])
    async with tenancy.transaction(scope) as inner:
        tool = await crud.locked(inner, TABLE, models.Tool, tool_id, if_match)
        _check_auth(values.get("auth_type", tool.auth_type), values.get("auth_config", tool.auth_config))
        if values.get("auth_type", tool.auth_type) != tool.auth_type:
            await _refuse_with_credentials(inner, tool_id)
        if "auth_config" in values:
            values["auth_config"] = json_text(values["auth_config"])
        return await crud.update(inner, TABLE, tool_id, values, {})


async def remove(scope: Scope, tool_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        tool = await crud.locked(inner, TABLE, models.Tool, tool_id, if_match)
        actions = await models.Action.filter(org_id=scope.org_id, tool_id=tool_id).count()
        if actions:
            raise InUseError(f"The tool has {crud.counted(actions, 'action')}; delete them first.")
        await tool.delete()


async def _refuse_with_credentials(scope: Scope, tool_id: UUID) -> None:
    """They are secrets of the one type, and would be sent as what they are not."""
    held = await Credential.filter(org_id=scope.org_id, tool_id=tool_id).count()
    if held:
        detail = f"The tool has {crud.counted(held, 'credential')} of its authType; delete them first."
        raise InUseError(detail, findings=[Finding("in_use", detail, pointer="/authType")])


def _check_auth(auth_type: str, config: AuthConfig | Mapping[str, Any] | None) -> None:
    if auth_type == "apiKey" and config is None:
        detail = (
            'authType apiKey needs to know where the key goes: {"location": "header", "name": "X-API-Key"}'
        )
        raise InvalidError(findings=[Finding("required", detail, pointer="/authConfig")])
    sent = config if isinstance(config, AuthConfig) else None
    if sent is not None and sent.location == "header" and is_reserved(sent.name):
        detail = f"the client writes {sent.name} itself; a key goes into another header"
        raise InvalidError(findings=[Finding("invalid_value", detail, pointer="/authConfig/name")])
    if auth_type != "apiKey" and config is not None:
        detail = f"authType {auth_type} takes no authConfig; it says where an API key goes"
        raise InvalidError(findings=[Finding("not_applicable", detail, pointer="/authConfig")])


def check_base_url(url: str) -> None:
    problem = None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError as exc:
        problem = f"this is not a URL: {exc}"
    else:
        if parts.username is not None or parts.password is not None:
            problem = "no user name or password here; they are credentials of the tool"
        elif parts.query or parts.fragment or "?" in url or "#" in url:
            problem = "no query or fragment here; actions add their own"
        elif not parts.hostname:
            problem = "this URL names no host"
    if problem:
        raise InvalidError(findings=[Finding("invalid_url", problem, pointer="/baseUrl")])
