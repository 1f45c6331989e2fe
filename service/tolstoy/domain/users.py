"""Users: the members of an organization."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs
from tortoise import Model
from tortoise.queryset import QuerySet

from tolstoy.core.errors import ConflictError, Finding, InUseError, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.core.permissions import Role
from tolstoy.db import models, tenancy, trigger_models
from tolstoy.db.credential_models import CredentialAuthorization
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, idempotency
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import ExternalId, Moment, Name

Named: TypeAlias = tuple[tuple[type[Model], str], ...]

MAX_EMAIL = 320
Email = Annotated[
    str,
    Meta(
        max_length=MAX_EMAIL,
        pattern="^[^\\s@\\x00-\\x1f\\x7f]+@[^\\s@\\x00-\\x1f\\x7f]+$(?!\n)",
        description="an e-mail address, unique in the organization whatever its case",
        examples=["user@example.com"],
    ),
]


class UserCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    email: Email
    name: Name | None = None
    external_id: ExternalId | None = None
    role: Annotated[
        Role | None, Meta(description="Left out: admin for the organization's first user, editor for others.")
    ] = None


class UserChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    email: Email | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET


class User(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    email: str
    name: str | None
    external_id: Annotated[str | None, Meta(description="Whom the identity provider's tokens mean.")]
    role: Role
    created_at: Moment
    updated_at: Moment
    revision: int


class UserRemoval(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    anonymize: Annotated[
        bool,
        Meta(
            description="true: also a user whom runs and logs name. They keep the id, and nothing else of the user"
            " stays; hooks and schedules are yours then."
        ),
    ] = False


class UserQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    email: str | None = None
    external_id: str | None = None
    role: Role | None = None


class EmailTakenError(ConflictError):
    """Another user of this organization has this e-mail address."""

    code, title = "email-taken", "E-mail address taken"


class ExternalIdTakenError(ConflictError):
    """Another one has this external id."""

    code, title = "external-id-taken", "External id taken"


class LastAdminError(ConflictError):
    """The organization has no other admin; make another user one first."""

    code, title = "last-admin", "Last admin"


def _email_taken() -> EmailTakenError:
    return EmailTakenError(findings=[Finding("taken", "another user has this address", pointer="/email")])


def external_id_taken() -> ExternalIdTakenError:
    finding = Finding("taken", "another one has this external id", pointer="/externalId")
    return ExternalIdTakenError(findings=[finding])


TABLE = Table(models.User, User)
_CONDITIONS = {"email": "email_key = {}", "external_id": "external_id = {}", "role": "role = {}"}
_CONFLICTS = {"uid_users_org_id_379664": _email_taken, "uid_users_org_id_354416": external_id_taken}
_ONE = TABLE.one()
_INSERT = tenancy.Statement(
    # s.role says who entered: the founder of an organization becomes its admin
    "INSERT INTO users (org_id, id, email, email_key, name, external_id, role)"
    " SELECT $1, $3, $4, $5, $6, $7, coalesce($8, CASE s.role WHEN 'founder' THEN 'admin' ELSE 'editor' END) FROM s"
    f" RETURNING {', '.join(TABLE.columns)}"
)
# Locked in one order: of two who go at once the second waits, and then sees that no other is left.
_ADMINS = "SELECT id FROM users WHERE org_id = $1 AND role = 'admin' ORDER BY id FOR NO KEY UPDATE"
_OTHERS = "SELECT EXISTS (SELECT FROM user_ids WHERE org_id = $1 AND id <> $2)"

# What keeps the id of who did it, and what acts as a user who has to be there.
_HISTORY: Named = ((models.ExecutionLog, "execution log"), (models.Execution, "execution"))
_ACTING: Named = ((trigger_models.Hook, "hook"), (trigger_models.Schedule, "schedule"))


async def get(scope: Scope, user_id: UUID) -> User:
    return await crud.get(scope, TABLE, _ONE, user_id)


async def page(scope: Scope, query: UserQuery) -> Page[User]:
    if query.email is not None:
        query = structs.replace(query, email=folded(query.email))
    return await crud.page(scope, TABLE, query, _CONDITIONS)


async def create(scope: Scope, new: UserCreate, *, at: str = "") -> User:
    """`at` is the pointer of the user in the body."""
    args = (new_id(), new.email, _email_key(new.email, at), new.name, new.external_id, new.role)
    return await crud.insert_by(scope, TABLE, _INSERT, args, _CONFLICTS)


async def change(scope: Scope, user_id: UUID, sent: UserChange, if_match: frozenset[int] | None) -> User:
    values = crud.given(sent)
    if "email" in values:
        values["email_key"] = _email_key(values["email"])
    async with tenancy.transaction(scope) as inner:
        last = values.get("role", "admin") != "admin" and await _only_admin(inner, user_id)
        await crud.locked(inner, TABLE, models.User, user_id, if_match)
        if last:
            raise LastAdminError
        if values.keys() & {"external_id", "email"}:
            # whoever was let in by it has links that prove who asked: they must not outlast that
            await CredentialAuthorization.filter(org_id=scope.org_id, user_id=user_id).delete()
        return await crud.update(inner, TABLE, user_id, values, _CONFLICTS)


async def remove(scope: Scope, user_id: UUID, removal: UserRemoval, if_match: frozenset[int] | None) -> None:
    """The last admin only where nobody else is left, who would never have one again, nor anybody's history.

    Nobody can found an organization that has a history: so the last user is not anonymized either.
    """
    async with tenancy.transaction(scope) as inner:
        last = await _only_admin(inner, user_id, of_others=not removal.anonymize)
        user = await crud.locked(inner, TABLE, models.User, user_id, if_match)
        if last:
            raise LastAdminError
        # locked against what would name it from now on
        id_ = await models.UserId.filter(org_id=scope.org_id, id=user_id).select_for_update().get()
        history, acting = await _named(scope, user_id, _HISTORY), await _named(scope, user_id, _ACTING)
        if (history or acting) and not removal.anonymize:
            raise InUseError(
                f"The user is named in {', '.join([*history, *acting])}, which would lose it; `?anonymize=true` leaves"
                " them the id alone."
            )
        if acting:
            await _take_over(scope, user_id, acting)
        await (user if history else id_).delete()  # with the id goes the user
        await idempotency.forget(inner, user_id)


async def _named(scope: Scope, user_id: UUID, where: Named) -> list[str]:
    """How many of each name the user."""
    counts = [(await _naming(model, scope, user_id).count(), noun) for model, noun in where]
    return [crud.counted(number, noun) for number, noun in counts if number]


async def _take_over(scope: Scope, user_id: UUID, acting: list[str]) -> None:
    if user_id == scope.user_id:
        raise InUseError(
            f"{' and '.join(acting)} act as you: another admin can remove you and take them over."
        )
    for model, _ in _ACTING:
        await _naming(model, scope, user_id).update(user_id=scope.user_id)


def _naming(model: type[Model], scope: Scope, user_id: UUID) -> QuerySet[Any]:
    return model.filter(org_id=scope.org_id, user_id=user_id)


async def _only_admin(scope: Scope, user_id: UUID, *, of_others: bool = False) -> bool:
    connection = scope.open_connection
    admins = await connection.fetch(_ADMINS, scope.org_id)
    if [row["id"] for row in admins] != [user_id]:
        return False
    return not of_others or bool(await connection.fetchval(_OTHERS, scope.org_id, user_id))


def folded(email: str) -> str:
    """The form in which addresses are compared. Postgres's lower() depends on the database's locale; this does not."""
    return email.casefold()


def _email_key(email: str, at: str = "") -> str:
    key = folded(email)
    if len(key) > MAX_EMAIL:  # folding makes some texts longer: ß becomes ss
        detail = f"write at most {MAX_EMAIL} characters, not {len(key)}, its capitals and ligatures folded"
        raise InvalidError(findings=[Finding("too_long", detail, pointer=f"{at}/email")])
    return key
