"""What the resources share: reading one, a page, creating, changing and removing, each in the caller's scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from tortoise import Model
from tortoise.queryset import QuerySet

from tolstoy.core.errors import (
    NotAMemberError,
    NotFoundError,
    OrganizationNotFoundError,
    PreconditionFailedError,
    ProblemError,
)
from tolstoy.db import tenancy
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Scope
from tolstoy.domain import paging
from tolstoy.domain.paging import Page, PageInfo, PageQuery

T = TypeVar("T", bound=msgspec.Struct)
M = TypeVar("M", bound=Model)

# Makes the problem that a violated constraint stands for, by the constraint's name.
Conflicts = Mapping[str, Callable[[], ProblemError]]


def missing(table: Table[Any], id_: UUID) -> NotFoundError:
    return NotFoundError(f"There is no {table.model.__name__.lower()} with the id {id_} here.")


async def get(scope: Scope, table: Table[T], statement: tenancy.Statement, id_: UUID) -> T:
    row = await tenancy.fetchrow(scope, statement, id_)
    if row is None:
        raise missing(table, id_)
    return table.read(row)


async def page(
    scope: Scope,
    table: Table[T],
    query: PageQuery,
    conditions: Mapping[str, str],
    *,
    within: Mapping[str, Any] | None = None,
    extra: str = "",
) -> Page[T]:
    """A page of what matches `query`, whose fields name the conditions to apply, and the columns of `within`."""
    within = within or {}
    filters = {name: value for name in conditions if (value := getattr(query, name)) is not None}
    texts = [*(f"{column} = {{}}" for column in within), *(conditions[name] for name in filters)]
    args = [*within.values(), *filters.values()]
    binding = msgspec.json.encode((table.name, scope.org_id, texts, args))
    if query.cursor is not None:
        texts.append("id < {}")
        args.append(paging.decode(query.cursor, binding))
    statement = table.page(tuple(texts), query.limit + 1, extra=extra)
    rows = await tenancy.fetch(scope, statement, *args)
    more = len(rows) > query.limit
    data = [table.read(row) for row in rows[: query.limit]]
    last = rows[query.limit - 1]["id"] if more else None
    return Page(data, PageInfo(None if last is None else paging.encode(last, binding), more, query.limit))


async def insert(scope: Scope, table: Table[T], values: Mapping[str, Any], conflicts: Conflicts) -> T:
    statement = _inserts.get((table.name, tuple(values)))
    if statement is None:
        statement = _inserts[table.name, tuple(values)] = table.insert(tuple(values))
    return await insert_by(scope, table, statement, tuple(values.values()), conflicts)


async def insert_by(
    scope: Scope, table: Table[T], statement: tenancy.Statement, args: Sequence[Any], conflicts: Conflicts
) -> T:
    try:
        row = await tenancy.fetchrow(scope, statement, *args)
    except asyncpg.IntegrityConstraintViolationError as exc:
        raise conflict(exc, conflicts) from exc
    return table.read(cast("asyncpg.Record", row))


# Whom the request acts for, removed by another request after it had entered.
_GONE: Conflicts = {
    "users_organizations_fk": OrganizationNotFoundError,
    "user_ids_organizations_fk": OrganizationNotFoundError,
    "tools_organizations_fk": OrganizationNotFoundError,
    "flows_organizations_fk": OrganizationNotFoundError,
    "execution_logs_user_ids_fk": NotAMemberError,
    "executions_user_ids_fk": NotAMemberError,
    "hooks_users_fk": NotAMemberError,
    "schedules_users_fk": NotAMemberError,
    "subscriptions_organizations_fk": OrganizationNotFoundError,
}

_inserts: dict[tuple[str, tuple[str, ...]], tenancy.Statement] = {}


def conflict(exc: asyncpg.IntegrityConstraintViolationError, conflicts: Conflicts) -> BaseException:
    """The problem known for the violated constraint; the error itself, a bug then, where none is."""
    name = exc.constraint_name or ""
    make = conflicts.get(name) or _GONE.get(name)
    return exc if make is None else make()


async def locked(
    scope: Scope,
    table: Table[Any],
    model: type[M],
    id_: UUID,
    if_match: frozenset[int] | None,
    *,
    within: Mapping[str, Any] | None = None,
) -> M:
    """The row, locked to the end of the transaction; raises NotFoundError, PreconditionFailedError."""
    row = await _filtered(scope, model, id_).filter(**within or {}).select_for_update().first()
    if row is None:
        raise missing(table, id_)
    if if_match is not None and cast("Any", row).revision not in if_match:
        raise PreconditionFailedError
    return row


async def found(scope: Scope, table: Table[Any], model: type[M], id_: UUID) -> M:
    row = await _filtered(scope, model, id_).first()
    if row is None:
        raise missing(table, id_)
    return row


def _filtered(scope: Scope, model: type[M], id_: UUID) -> QuerySet[M]:
    query = model.filter(id=id_)
    return query.filter(org_id=scope.org_id) if "org_id" in model._meta.fields_map else query


async def update(
    scope: Scope, table: Table[T], id_: UUID, values: Mapping[str, Any], conflicts: Conflicts
) -> T:
    """Write `values` to a row locked before, inside the transaction of `scope`."""
    try:
        row = await scope.open_connection.fetchrow(
            table.update(tuple(values)), scope.org_id, id_, *values.values()
        )
    except asyncpg.IntegrityConstraintViolationError as exc:
        raise conflict(exc, conflicts) from exc
    return table.read(cast("asyncpg.Record", row))


async def deleted(scope: Scope, text: str, *args: object) -> int:
    """How many rows a DELETE removed; $1 is the organization, its own arguments begin at $2."""
    async with tenancy.transaction(scope) as inner:
        done = await inner.open_connection.execute(text, scope.org_id, *args)
    return int(done.removeprefix("DELETE "))


def given(change: msgspec.Struct) -> dict[str, Any]:
    """The fields that the client sent."""
    return {
        name: value
        for name in change.__struct_fields__
        if (value := getattr(change, name)) is not msgspec.UNSET
    }


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
