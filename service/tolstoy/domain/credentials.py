"""Credentials: the secrets that tools are called with. They go in and never come out again, but to their tool."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from tolstoy.core.errors import ConflictError, Finding, InUseError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy
from tolstoy.db.credential_models import Credential as Row
from tolstoy.db.credential_models import CredentialAuthorization, CredentialToken
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, sealed, tools, url
from tolstoy.domain.credential_secrets import ApiKeySecret, Basic, Bearer, OAuth2, Secret
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, Name, StoredObject

Type = Literal["bearer", "basic", "apiKey", "oauth2"]
State = Literal["ready", "needsAuthorization"]
IsDefault = Annotated[
    bool,
    Meta(description="true or false, whether actions of the tool take it that name none; of a tool, one is"),
]


class CredentialCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """With the one object that the tool's authType calls for. A tool's first credential is its default."""

    name: Name
    default: IsDefault | None = None
    bearer: Bearer | UnsetType = UNSET
    basic: Basic | UnsetType = UNSET
    api_key: ApiKeySecret | UnsetType = UNSET
    oauth2: OAuth2 | UnsetType = UNSET


class CredentialChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new secret takes the place of the whole one before, and is for the tool's address as it is by then."""

    name: Name | UnsetType = UNSET
    default: IsDefault | UnsetType = UNSET
    bearer: Bearer | UnsetType = UNSET
    basic: Basic | UnsetType = UNSET
    api_key: ApiKeySecret | UnsetType = UNSET
    oauth2: OAuth2 | UnsetType = UNSET


class Credential(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    tool_id: UUID
    name: str
    type: Type
    default: bool
    origin: Annotated[str, Meta(description="Where alone it is sent: the tool's address when it was stored.")]
    details: Annotated[StoredObject, Meta(description="What of it is no secret: a username, a tokenUrl.")]
    hint: Annotated[str, Meta(description="The end of the secret, where that does not give it away.")]
    state: Annotated[
        State,
        Meta(
            description="needsAuthorization: nobody has allowed it yet, its issuer takes it no more, or it was"
            " imported without its secret."
        ),
    ]
    state_detail: str | None
    authorized_at: Annotated[
        Moment | None, Meta(description="When somebody allowed it last, by the grant authorizationCode.")
    ]
    created_at: Moment
    updated_at: Moment
    revision: int


class CredentialQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: str | None = None
    type: Type | None = None


class NameTakenError(ConflictError):
    """Another credential of this tool has this name."""

    code, title = "name-taken", "Name taken"


TABLE = Table(Row, Credential, computed={"default": "is_default"})
_CONDITIONS = {"name": "name = {}", "type": "type = {}"}
_ONE = TABLE.reading("tool_id = $3 AND id = $4")
_FIELDS: Final[dict[str, Type]] = {
    "bearer": "bearer",
    "basic": "basic",
    "api_key": "apiKey",
    "oauth2": "oauth2",
}


def _name_taken() -> NameTakenError:
    finding = Finding("taken", "another credential of this tool has this name; send another", "/name")
    return NameTakenError(findings=[finding])


_CONFLICTS: crud.Conflicts = {"uid_credentials_org_id_ec759d": _name_taken}


async def get(scope: Scope, tool_id: UUID, credential_id: UUID) -> Credential:
    row = await tenancy.fetchrow(scope, _ONE, tool_id, credential_id)
    if row is None:
        raise crud.missing(TABLE, credential_id)
    return TABLE.read(row)


async def page(scope: Scope, tool_id: UUID, query: CredentialQuery) -> Page[Credential]:
    found = await crud.page(scope, TABLE, query, _CONDITIONS, within={"tool_id": tool_id})
    if not found.data:
        await tools.get(scope, tool_id, tools.ToolView())  # an empty page may mean that there is no tool
    return found


async def create(scope: Scope, tool_id: UUID, new: CredentialCreate) -> Credential:
    sent = _sent(new)
    async with tenancy.transaction(scope) as inner:
        # locked, so that of two first ones only one becomes the default
        tool = await crud.locked(inner, tools.TABLE, models.Tool, tool_id, None)
        others = Row.filter(org_id=scope.org_id, tool_id=tool_id, is_default=True)
        default = new.default if new.default is not None else not await others.exists()
        if new.default:
            await others.update(is_default=False)
        id_ = new_id()
        values = {
            "id": id_,
            "tool_id": tool_id,
            "name": new.name,
            "type": _checked_type(sent, tool.auth_type),
            "is_default": default,
            **_stored(inner, id_, tool, sent),
        }
        made = await crud.insert(inner, TABLE, values, _CONFLICTS)
        if made.type == "oauth2":
            await CredentialToken.create(credential_id=id_, org_id=scope.org_id)
        return made


async def change(
    scope: Scope, tool_id: UUID, credential_id: UUID, sent: CredentialChange, if_match: frozenset[int] | None
) -> Credential:
    given = crud.given(sent)
    values = {name: given[name] for name in ("name",) if name in given}
    async with tenancy.transaction(scope) as inner:
        tool = await _tool_of(inner, tool_id, credential_id)
        stored = await _locked(inner, tool_id, credential_id, if_match)
        if secrets := {name: given[name] for name in _FIELDS if name in given}:
            _checked_type(secrets, stored.type)
            values |= _stored(inner, credential_id, tool, secrets)
            await _forget_tokens(inner, credential_id)
        if "default" in given:
            if given["default"]:
                others = Row.filter(org_id=scope.org_id, tool_id=tool_id, is_default=True)
                await others.exclude(id=credential_id).update(is_default=False)
            values["is_default"] = given["default"]
        return await crud.update(inner, TABLE, credential_id, values, _CONFLICTS)


async def remove(scope: Scope, tool_id: UUID, credential_id: UUID, if_match: frozenset[int] | None) -> None:
    async with tenancy.transaction(scope) as inner:
        await _tool_of(inner, tool_id, credential_id)
        stored = await _locked(inner, tool_id, credential_id, if_match)
        taken = await models.Action.filter(org_id=scope.org_id, credential_id=credential_id).count()
        if taken:
            raise InUseError(
                f"The credential is taken by {crud.counted(taken, 'action')}; change them first."
            )
        await stored.delete()


async def _tool_of(scope: Scope, tool_id: UUID, credential_id: UUID) -> models.Tool:
    """The tool, locked before its credential, as whoever creates one does."""
    tool = await models.Tool.filter(org_id=scope.org_id, id=tool_id).select_for_update().first()
    if tool is None:
        raise crud.missing(TABLE, credential_id)
    return tool


async def _locked(scope: Scope, tool_id: UUID, credential_id: UUID, if_match: frozenset[int] | None) -> Row:
    return await crud.locked(scope, TABLE, Row, credential_id, if_match, within={"tool_id": tool_id})


async def _forget_tokens(scope: Scope, credential_id: UUID) -> None:
    """Also of who is fetching one just now, by the credential as it was: their lease ends, and so does every wish to
    authorize it.
    """
    await CredentialAuthorization.filter(org_id=scope.org_id, credential_id=credential_id).delete()
    of_it = CredentialToken.filter(org_id=scope.org_id, credential_id=credential_id)
    stored = await of_it.select_for_update().first()
    if stored is not None:
        await of_it.update(
            token=None, refresh_at=None, generation=stored.generation + 1, lease_id=None, lease_until=None
        )


def _sent(new: CredentialCreate) -> dict[str, Secret]:
    return {name: secret for name in _FIELDS if (secret := getattr(new, name)) is not UNSET}


def _checked_type(sent: dict[str, Secret], wanted: str) -> Type:
    """The type of the one secret; raises InvalidError for none, for several, and for one that is not `wanted`."""
    if wanted == "none":
        detail = "the tool's authType is none: say there first how the tool wants to be called"
        raise InvalidError(findings=[Finding("not_applicable", detail, pointer="")])
    field = next(name for name, type_ in _FIELDS.items() if type_ == wanted)
    if wrong := sent.keys() - {field}:
        detail = f"for authType {wanted} write {wanted} and nothing else"
        raise InvalidError(
            findings=[
                Finding("not_applicable", detail, pointer=f"/{_FIELDS[name]}") for name in sorted(wrong)
            ]
        )
    if not sent:
        raise InvalidError(
            findings=[Finding("required", f"the tool's authType is {wanted}: write it", f"/{wanted}")]
        )
    return _FIELDS[field]


def _stored(scope: Scope, credential_id: UUID, tool: models.Tool, sent: dict[str, Secret]) -> dict[str, Any]:
    """The columns that hold a secret and tell of it."""
    (secret,) = sent.values()
    if found := secret.findings(tool.auth_config):
        raise InvalidError(findings=found)
    try:
        origin = url.split(tool.base_url).origin
    except url.UrlError as exc:
        raise InvalidError(f"The tool's baseUrl leads nowhere: {exc}.") from exc
    text = msgspec.json.encode({**structs.asdict(secret), "origin": origin}).decode()
    asks = isinstance(secret, OAuth2) and secret.grant == "authorizationCode"
    return {
        "origin": origin,
        "details": json_text(secret.details),
        "hint": secret.hint,
        "secret": sealed.CREDENTIAL.seal(scope, credential_id, text),
        "state": "needsAuthorization" if asks else "ready",
        "state_detail": "not authorized yet" if asks else None,
        "authorized_at": None,
    }
