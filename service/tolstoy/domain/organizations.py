"""Organizations: the tenants."""

from __future__ import annotations

from typing import Annotated, Literal, cast
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, json, structs

from tolstoy.core import setting_readers
from tolstoy.core.errors import Finding, ForbiddenError, InUseError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import models, tenancy
from tolstoy.db.database import Database
from tolstoy.db.statements import Table, json_text
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import crud, users
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import (
    EgressAllow,
    ExternalId,
    MaxRequests,
    MaxRunning,
    MaxStored,
    Moment,
    Name,
)


class Counts(Struct, frozen=True, rename="camel"):
    users: int
    tools: int
    actions: int
    flows: int
    execution_logs: int
    executions: int
    hooks: int
    schedules: int
    subscriptions: int


class Owner(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    email: users.Email
    name: Name | None = None
    external_id: ExternalId | None = None


class OrganizationCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name
    external_id: ExternalId | None = None
    owner: Annotated[
        Owner | None, Meta(description="an object, its first user, created with it as an admin")
    ] = None


class OrganizationChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    max_running_executions: MaxRunning | UnsetType = UNSET
    max_requests_per_minute: MaxRequests | UnsetType | None = UNSET
    max_stored_bytes: MaxStored | UnsetType | None = UNSET
    egress_allow: EgressAllow | UnsetType | None = UNSET


class Organization(Struct, frozen=True, rename="camel"):
    id: UUID
    name: str
    external_id: Annotated[
        str | None, Meta(description="Which one the identity provider's tokens mean, besides by its id.")
    ]
    max_running_executions: int
    max_requests_per_minute: Annotated[
        int | None, Meta(description="null: what the setting RATE_LIMIT says, for all organizations.")
    ]
    max_stored_bytes: Annotated[
        int | None, Meta(description="null: what the setting MAX_STORED_BYTES says, for all organizations.")
    ]
    egress_allow: (
        Annotated[
            Raw,
            Meta(
                extra_json_schema={"type": "array", "items": {"type": "string"}},
                description="What its calls may reach beside what the setting EGRESS_ALLOW says; null: nothing.",
            ),
        ]
        | None
    )
    created_at: Moment
    updated_at: Moment
    revision: int
    counts: Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/Counts"})] | UnsetType = (
        UNSET
    )
    owner: users.User | UnsetType = UNSET


class OrganizationQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: str | None = None
    external_id: str | None = None
    include: Annotated[Literal["counts"] | None, Meta(description="counts: how much each one holds.")] = None


class OrganizationView(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    include: Annotated[Literal["counts"] | None, Meta(description="counts: how much it holds.")] = None


TABLE = Table(models.Organization, Organization, without=("counts", "owner"))
_CONDITIONS = {"name": "name = {}", "external_id": "external_id = {}"}
_CONFLICTS = {"organizations_external_id_key": users.external_id_taken}
_EGRESS_ALLOW = tenancy.reading("SELECT egress_allow FROM organizations WHERE id = $1")
_ALL = tenancy.reading("SELECT id FROM organizations WHERE $1::uuid IS NOT NULL")
_COUNTS = ", tolstoy.census(t.id) AS counts"
_OF_MEMBERS = {"name"}  # what they may change; all else, also what comes to it, is the platform's
_ONE = {None: TABLE.one(), "counts": TABLE.one(extra=_COUNTS)}


async def get(scope: Scope, organization_id: UUID, view: OrganizationView) -> Organization:
    return await crud.get(scope, TABLE, _ONE[view.include], organization_id)


async def page(scope: Scope, query: OrganizationQuery) -> Page[Organization]:
    return await crud.page(scope, TABLE, query, _CONDITIONS, extra=_COUNTS if query.include else "")


async def scopes(database: Database) -> list[Scope]:
    """The engine's scope of each organization."""
    rows = await tenancy.fetch(tenancy.platform(database), _ALL)
    return [tenancy.engine(database, row["id"]) for row in rows]


async def create(scope: Scope, new: OrganizationCreate) -> Organization:
    values = {"id": new_id(), "name": new.name, "external_id": new.external_id}
    if new.owner is None:
        return await crud.insert(scope, TABLE, values, _CONFLICTS)
    async with tenancy.transaction(scope) as inner:
        made = await crud.insert(inner, TABLE, values, _CONFLICTS)
        # the same transaction, entered anew as the organization's own: the founder's door
        founding = tenancy.Scope(inner.database, Door.MEMBER_OR_FOUNDER, made.id, made.id, inner.connection)
        owner = users.UserCreate(**structs.asdict(new.owner), role="admin")
        founder = await users.create(founding, owner, at="/owner")
        # read through the platform's door again: what follows in this transaction must not run as the organization
        made = await crud.get(inner, TABLE, _ONE[None], made.id)
        return structs.replace(made, owner=founder)


async def change(
    scope: Scope, organization_id: UUID, sent: OrganizationChange, if_match: frozenset[int] | None
) -> Organization:
    values = crud.given(sent)
    if scope.door is not Door.PLATFORM and (refused := values.keys() - _OF_MEMBERS):
        names = [item.encode_name for item in structs.fields(sent) if item.name in refused]
        detail = "this is set by who runs the installation"
        raise ForbiddenError(
            "Of an organization its admins change the name; all else is set by who runs the installation.",
            findings=[Finding("not_allowed", detail, pointer=f"/{name}") for name in names],
        )
    if values.get("egress_allow") is not None:
        values["egress_allow"] = json_text(_destinations(values["egress_allow"]))
    async with tenancy.transaction(scope) as inner:
        await crud.locked(inner, TABLE, models.Organization, organization_id, if_match)
        return await crud.update(inner, TABLE, organization_id, values, _CONFLICTS)


async def egress_allow(scope: Scope) -> list[str]:
    """Host names, addresses and ranges that the organization's calls may reach beside what the setting says."""
    row = await tenancy.fetchrow(scope, _EGRESS_ALLOW)
    return json.decode(row["egress_allow"], type=list[str]) if row and row["egress_allow"] else []


def _destinations(sent: list[str]) -> list[str]:
    """As the setting EGRESS_ALLOW is read. Raises InvalidError."""
    kept, findings = [], []
    for index, entry in enumerate(sent):
        try:
            kept.append(setting_readers.destination(entry))
        except ValueError as exc:
            findings.append(Finding("invalid_destination", str(exc), pointer=f"/egressAllow/{index}"))
    if findings:
        raise InvalidError(findings=findings)
    return kept


async def remove(scope: Scope, organization_id: UUID, if_match: frozenset[int] | None) -> None:
    """An organization that holds nothing; its last member, who deletes it, goes with it."""
    async with tenancy.transaction(scope) as inner:
        organization = await crud.locked(inner, TABLE, models.Organization, organization_id, if_match)
        counted = await crud.get(inner, TABLE, _ONE["counts"], organization_id)
        held = structs.asdict(json.decode(cast("Raw", counted.counts), type=Counts))
        held.pop("subscriptions")  # they go with it
        if scope.door is not Door.PLATFORM and held["users"] == 1:
            held.pop("users")
        if any(held.values()):
            parts = [
                crud.counted(n, noun.replace("_", " ").removesuffix("s")) for noun, n in held.items() if n
            ]
            raise InUseError(f"The organization has {', '.join(parts)}; delete them first.")
        await models.User.filter(org_id=organization_id).delete()
        await organization.delete()
