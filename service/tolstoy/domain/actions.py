"""Actions: the endpoints of a tool."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.core.errors import ConflictError, Finding, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.core.strict_json import pointer
from tolstoy.db import models, tenancy
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flow_checks, json_schema, templates
from tolstoy.domain.action_request import PARAMETER
from tolstoy.domain.expressions import ExpressionError
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Expression, Moment, Name

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Key = Annotated[
    str,
    Meta(
        max_length=64,
        pattern="^[a-z0-9]+([_-][a-z0-9]+)*$(?!\n)",
        description="a slug such as post-a-message, by which flows name it; derived from the name when left out",
    ),
]
Endpoint = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern="^/[^\\s?#]*$(?!\n)",
        description="a path on the tool's baseUrl, in which {param} stands for an input",
        examples=["/chat.postMessage", "/orders/{orderId}"],
    ),
]
HeaderName = Annotated[
    str, Meta(pattern="^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$(?!\n)", description="a header's name")
]
HeaderValue = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern="^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$(?!\n)",
        description="a header's value, on one line",
    ),
]
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Meta(max_length=50, description="an object of headers, sent with each call"),
]
InputSchema = Annotated[
    dict[str, Any],
    Meta(description="a JSON Schema (2020-12) of its inputs; schema is another name for this field"),
]

OnUnknown = Annotated[
    Literal["retry", "fail"],
    Meta(
        description="retry or fail, what to do when a call was sent and no answer came: send it again under the same"
        " Idempotency-Key, or let the step fail"
    ),
]

CredentialId = Annotated[
    UUID,
    Meta(description="the id of a credential of its tool, where it takes another than the tool's default"),
]


class ActionCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    aliases: ClassVar[dict[str, str]] = {"schema": "inputSchema"}

    tool_id: UUID
    key: Key | None = None
    name: Name
    method: Method
    endpoint: Endpoint
    headers: Headers | None = None
    input_schema: InputSchema | None = None
    execute_if: Expression | None = None
    on_unknown: OnUnknown = "retry"
    credential_id: CredentialId | None = None


class ActionChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    aliases: ClassVar[dict[str, str]] = {"schema": "inputSchema"}

    tool_id: UUID | UnsetType = UNSET
    key: Key | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    endpoint: Endpoint | UnsetType = UNSET
    headers: Headers | UnsetType | None = UNSET
    input_schema: InputSchema | UnsetType | None = UNSET
    execute_if: Expression | UnsetType | None = UNSET
    on_unknown: OnUnknown | UnsetType = UNSET
    credential_id: CredentialId | UnsetType | None = UNSET


class Action(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    tool_id: UUID
    key: str
    name: str
    method: Method
    endpoint: str
    headers: Annotated[Raw, Meta(extra_json_schema={"type": "object"})] | None
    input_schema: Annotated[Raw, Meta(extra_json_schema={"type": "object"})] | None
    execute_if: str | None
    on_unknown: OnUnknown
    credential_id: UUID | None
    created_at: Moment
    updated_at: Moment
    revision: Annotated[int, Meta(description="The ETag's number; grows with each change.")]
    version: Annotated[int, Meta(description="The version of its definition; grows with each change.")]


class ActionQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    tool_id: UUID | None = None
    key: str | None = None
    name: str | None = None
    method: Method | None = None


TABLE = Table(models.Action, Action, computed={"version": "revision"})
_CONDITIONS = {"tool_id": "tool_id = {}", "key": "key = {}", "name": "name = {}", "method": "method = {}"}
_ONE = TABLE.one()
# What is needed to call those with these keys.
FOR_CALLS = tenancy.reading(
    "SELECT a.id, a.key, a.revision, t.revision AS tool_revision, a.method, a.endpoint, a.headers, a.input_schema,"
    " a.execute_if, a.on_unknown, t.base_url, t.auth_config, c.id AS credential_id, c.revision AS credential_revision,"
    " c.type AS credential_type, c.secret AS credential_secret"
    " FROM actions a JOIN tools t ON t.org_id = a.org_id AND t.id = a.tool_id"
    " LEFT JOIN credentials c ON c.org_id = a.org_id AND c.tool_id = a.tool_id"
    " AND CASE WHEN a.credential_id IS NULL THEN c.is_default ELSE c.id = a.credential_id END"
    " WHERE a.org_id = $1 AND a.key = ANY ($3::text[])"
)


class KeyTakenError(ConflictError):
    """Another action of this organization has this key."""

    code, title = "key-taken", "Key taken"


def _key_taken() -> KeyTakenError:
    return KeyTakenError(
        findings=[Finding("taken", "another action has this key; send another", pointer="/key")]
    )


def _no_tool() -> InvalidError:
    return InvalidError(
        findings=[Finding("not_found", "there is no tool with this id here", pointer="/toolId")]
    )


def _no_credential() -> InvalidError:
    detail = "there is no credential with this id at its tool"
    return InvalidError(findings=[Finding("not_found", detail, pointer="/credentialId")])


CONFLICTS = {
    "uid_actions_org_id_e7f1b9": _key_taken,
    "actions_tools_fk": _no_tool,
    "actions_credentials_fk": _no_credential,
}


async def get(scope: Scope, action_id: UUID) -> Action:
    return await crud.get(scope, TABLE, _ONE, action_id)


async def page(scope: Scope, query: ActionQuery) -> Page[Action]:
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: ActionCreate) -> Action:
    _check(new.endpoint, new.input_schema, new.execute_if, new.headers)
    values = {
        "id": new_id(),
        "tool_id": new.tool_id,
        "key": new.key or derived_key(new.name),
        "name": new.name,
        "method": new.method,
        "endpoint": new.endpoint,
        "headers": json_text(new.headers),
        "input_schema": json_text(new.input_schema),
        "execute_if": new.execute_if,
        "on_unknown": new.on_unknown,
        "credential_id": new.credential_id,
    }
    return await crud.insert(scope, TABLE, values, CONFLICTS)


async def change(
    scope: Scope, action_id: UUID, sent: ActionChange, if_match: frozenset[int] | None
) -> Action:
    values = crud.given(sent)
    _check(*(values.get(name) for name in ("endpoint", "input_schema", "execute_if", "headers")))
    for name in ("headers", "input_schema"):
        if name in values:
            values[name] = json_text(values[name])
    async with tenancy.transaction(scope) as inner:
        await crud.locked(inner, TABLE, models.Action, action_id, if_match)
        return await crud.update(inner, TABLE, action_id, values, CONFLICTS)


async def remove(scope: Scope, action_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        action = await crud.locked(inner, TABLE, models.Action, action_id, if_match)
        await action.delete()


def derived_key(name: str) -> str:
    """The slug of a name: «Post a Message» becomes post-a-message."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain)[:64].strip("-")
    if not key:
        detail = "no key can be made of this name; send one"
        raise InvalidError(findings=[Finding("required", detail, pointer="/key")])
    return key


def _check(
    endpoint: str | None,
    schema: dict[str, Any] | None,
    execute_if: str | None,
    headers: dict[str, str] | None,
) -> None:
    found: list[Finding] = []
    if execute_if is not None:
        found += flow_checks.check_action_condition(execute_if)
    for name, value in (headers or {}).items():
        found += _check_header(value, pointer("/headers", name))
    if endpoint is not None:
        found += _check_endpoint(endpoint)
    if schema is not None:
        found += json_schema.check(schema, "/inputSchema")
    if found:
        raise InvalidError(findings=found)


def _check_header(value: str, at: str) -> list[Finding]:
    try:
        template = templates.compile(value)
    except ExpressionError as exc:
        return [Finding("invalid_expression", str(exc).removeprefix(": "), pointer=at)]
    foreign = {root for _, part in template.expressions for root in part.roots} - {"inputs"}
    if foreign:
        detail = f"an action's headers know inputs only, not {', '.join(sorted(foreign))}"
        return [Finding("unknown_variable", detail, pointer=at)]
    return []


def _check_endpoint(endpoint: str) -> list[Finding]:
    names = PARAMETER.findall(endpoint)
    if any(sign in PARAMETER.sub("", endpoint) for sign in "{}"):
        detail = "a parameter is written {name}, a letter first, then letters, digits and underscores"
        return [Finding("invalid_template", detail, pointer="/endpoint")]
    if len(set(names)) < len(names):
        return [Finding("invalid_template", "a parameter stands in it twice", pointer="/endpoint")]
    return []
