"""The one door to a tenant's rows.

Every statement and every transaction of the service names whom it acts for and enters the database through one of
the functions of the schema `tolstoy` (migration 5), which check the membership and set the scope that row-level
security compares with. The scope is always local to the transaction, so it is right behind a pooler that gives each
transaction another server connection. Nothing about the tenant is kept in context variables: those outlive a request
on a keep-alive connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import BaseORMException

from tolstoy.core import errors
from tolstoy.core.ids import PLATFORM
from tolstoy.core.permissions import Permission, roles_with
from tolstoy.db.database import Database, UnsafeRoleError, unreachable
from tolstoy.db.turns import DRIVER_ERRORS

if TYPE_CHECKING:
    from tolstoy.db.turns import Connection


class Door(StrEnum):
    """By which function of the database a request enters."""

    MEMBER = "tolstoy.enter"  # a member of the organization
    MEMBER_OR_FOUNDER = "tolstoy.enter_or_found"  # the same, or anyone while the organization has no users
    PLATFORM = "tolstoy.enter_platform"  # outside any organization: sees organizations, and no tenant's rows
    ENGINE = "tolstoy.enter_engine"  # a worker; or whoever sends a token, which is checked after it


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a request acts for, and the open transaction it is in, if any.

    The door lets in who has the `permission`, by role; with a `key_id` only while that key of the user's holds, with
    an `identity` (JSON, see migration 22) only while that is the user's. None asks for no more than the membership.
    `scopes` are the key's, where it has not all that the role gives.
    `origin` is what the audit log tells of the request that changes something, as JSON; what has none is not told.
    """

    database: Database
    door: Door
    org_id: UUID
    user_id: UUID
    connection: Connection | None = None
    permission: Permission | None = None
    key_id: UUID | None = None
    scopes: frozenset[Permission] | None = None
    identity: str = ""
    origin: str = ""

    @property
    def open_connection(self) -> Connection:
        """Of the transaction it is in, for statements of one's own; RuntimeError where there is none."""
        if self.connection is None:
            raise RuntimeError("this belongs into a transaction")
        return self.connection


def platform(database: Database) -> Scope:
    return Scope(database, Door.PLATFORM, PLATFORM, PLATFORM)


def engine(database: Database, org_id: UUID, user_id: UUID = PLATFORM) -> Scope:
    """What is done for an organization by nobody who asks; `user_id` is on whose behalf."""
    return Scope(database, Door.ENGINE, org_id, user_id)


_WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|cancel_run)\b")


class Statement:
    """SQL that enters its scope by itself: one round trip, no transaction needed.

    `body` follows the common table expression `s`, whose one row exists once the scope is set; it must take its rows
    by way of `s` so that nothing is read before: FROM s, or as `reading` does. $1 is the organization, $2 the user;
    its own arguments begin at $3.
    """

    __slots__ = ("_rest", "_texts", "writes")

    def __init__(self, body: str, *, ctes: str = "") -> None:
        self._rest = f"){ctes}\n{body}"
        self._texts: dict[tuple[Door, Permission | None, int, int, int], str] = {}
        self.writes = _WRITES.search(self._rest) is not None

    def text(
        self,
        door: Door,
        permission: Permission | None = None,
        key_at: int = 0,
        identity_at: int = 0,
        origin_at: int = 0,
    ) -> str:
        """The last three are the numbers of arguments behind its own, 0 for none: key's id, identity, origin."""
        place = (door, permission, key_at, identity_at, origin_at)
        known = self._texts.get(place)
        if known is None:
            proof = f"${key_at}::uuid" if key_at else f"${identity_at}::jsonb" if identity_at else ""
            entered = _entering(door, permission, "$1::uuid", "$2::uuid", proof, by_key=key_at > 0)
            told = f", set_config('app.origin', ${origin_at}, true) AS origin" if origin_at else ""
            known = f"WITH s AS MATERIALIZED (SELECT {entered} AS role{told}{self._rest}"
            self._texts[place] = known
        return known


def _entering(
    door: Door, permission: Permission | None, org: str, user: str, proof: str, *, by_key: bool
) -> str:
    """The call of the door's function. What is written out is of the code's own making."""
    if permission is None:
        if proof:
            raise RuntimeError("whoever enters by a key or a token says for what")
        return f"{door.value}({org}, {user})"
    roles = f"'{permission}', '{{{','.join(roles_with(permission))}}}'"
    if proof:
        return f"tolstoy.enter_by_{'key' if by_key else 'token'}({org}, {user}, {roles}, {proof})"
    return f"{door.value}({org}, {user}, {roles})"


def reading(select: str, *, limit: str = "", extra: str = "", order: str = "") -> Statement:
    """The rows of `select`, a SELECT with a WHERE, under the scope; `extra` columns may refer to them as `t`.

    What keeps the planner from reading before the scope is set is the reference to `s` inside a subquery that it
    cannot flatten, because of its LIMIT or OFFSET.
    """
    return Statement(
        f"SELECT t.*{extra} FROM s CROSS JOIN LATERAL"
        f" ({select} AND s.role IS NOT NULL{order} {limit or 'OFFSET 0'}) t{order.replace(' BY ', ' BY t.')}"
    )


async def fetch(scope: Scope, statement: Statement, *args: object) -> Sequence[asyncpg.Record]:
    key_at = identity_at = origin_at = 0
    if scope.key_id is not None:
        args = (*args, scope.key_id)
        key_at = len(args) + 2
    elif scope.identity:
        args = (*args, scope.identity)
        identity_at = len(args) + 2
    if scope.origin and scope.connection is None and statement.writes:  # else BEGIN has told it
        args = (*args, scope.origin)
        origin_at = len(args) + 2
    text = statement.text(scope.door, scope.permission, key_at, identity_at, origin_at)
    if scope.connection is None:
        return await call(scope.database, text, scope.org_id, scope.user_id, *args)
    try:
        return await scope.connection.fetch(text, scope.org_id, scope.user_id, *args)
    except _FROM_DATABASE as exc:
        raise await _understood(scope.database, exc) from exc


async def call(database: Database, text: str, *args: object) -> Sequence[asyncpg.Record]:
    """The rows of a statement that enters a scope itself, or tells ids only; one round trip."""
    try:
        connection = await database.acquire()
        try:
            rows = await connection.fetch(text, *args)
        except BaseException:
            await database.release_unsure(connection)
            raise
        await database.keep(connection)
    except _FROM_DATABASE as exc:
        raise await _understood(database, exc) from exc
    return rows


async def fetchrow(scope: Scope, statement: Statement, *args: object) -> asyncpg.Record | None:
    rows = await fetch(scope, statement, *args)
    return rows[0] if rows else None


@contextlib.asynccontextmanager
async def transaction(scope: Scope, *, snapshot: bool = False) -> AsyncIterator[Scope]:
    """Enter the scope for several statements, of ours and of Tortoise's models; joins a transaction already open.
    In a `snapshot` all of them see the database as the first did, and change nothing.

    BEGIN carries the scope, so entering costs one round trip. Tortoise's own `in_transaction` is not used: when a
    request is cancelled during its BEGIN, it never gives the connection back, and Sanic cancels whenever a client
    goes away.
    """
    if scope.connection is not None:
        yield scope
        return
    try:
        connection = await scope.database.acquire()
        try:
            # the ids are UUIDs, which have no quotes to escape; the simple protocol takes no parameters
            key = f"'{scope.key_id}'" if scope.key_id else ""
            proof = key or (_quoted(scope.identity) if scope.identity else "")
            org, user = f"'{scope.org_id}'", f"'{scope.user_id}'"
            entered = _entering(scope.door, scope.permission, org, user, proof, by_key=key != "")
            told = f",set_config('app.origin',{_quoted(scope.origin)},true)" if scope.origin else ""
            isolation = " ISOLATION LEVEL REPEATABLE READ READ ONLY" if snapshot else ""
            await connection.execute(f"BEGIN{isolation};SELECT {entered}{told}")
            with _as_tortoise_connection(connection):
                yield replace(scope, connection=connection)
            await connection.execute("COMMIT")
        except BaseException:
            try:
                await _roll_back(connection)
            finally:
                await scope.database.release_unsure(connection)
            raise
        await scope.database.release(connection)
    except _FROM_DATABASE as exc:
        raise await _understood(scope.database, exc) from exc


def _quoted(json: str) -> str:
    """JSON as a literal; a quote in it is written as JSON can, so that none ends the literal."""
    escaped = json.replace("'", "\\u0027").replace("\\", "\\\\")
    return f"E'{escaped}'"


@contextlib.contextmanager
def _as_tortoise_connection(connection: Connection) -> Iterator[None]:
    handler = get_connections()
    wrapper: Any = TransactionWrapper(handler.get("default"))  # type: ignore[arg-type]
    wrapper._connection = connection
    token = handler.set("default", wrapper)
    try:
        yield
    finally:
        handler.reset(token)


async def _roll_back(connection: Connection) -> None:
    """Also after a cancelled BEGIN, of which nobody knows whether it arrived; a ROLLBACK too many is harmless."""
    with contextlib.suppress(*DRIVER_ERRORS):
        await asyncio.shield(connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS))


_ROLLBACK_SECONDS = 5.0  # for a server that has gone silent; the connection is ended then

_FROM_DATABASE = (*DRIVER_ERRORS, BaseORMException, UnsafeRoleError)

_BY_STATE: dict[str, type[errors.ProblemError]] = {
    "TY401": errors.InvalidKeyError,
    "TY403": errors.NotAMemberError,
    "TY4ID": errors.UnknownIdentityError,
    "TY4TK": errors.InvalidTokenError,
    "TY4RO": errors.PermissionDeniedError,
    "TY404": errors.OrganizationNotFoundError,
    "TY409": errors.ConflictError,
    "TY507": errors.StorageFullError,
    "40001": errors.WriteConflictError,  # serialization_failure
    "40P01": errors.WriteConflictError,  # deadlock_detected
    "55P03": errors.WriteConflictError,  # lock_not_available
    "57014": errors.UnavailableError,  # query_canceled: statement_timeout
    "26000": errors.UnavailableError,  # invalid_sql_statement_name: see _understood
    "42P05": errors.UnavailableError,  # duplicate_prepared_statement: the same
    "53300": errors.OverloadedError,  # too_many_connections
    "42P01": errors.SchemaOutdatedError,  # undefined_table
    "42703": errors.SchemaOutdatedError,  # undefined_column
    "42883": errors.SchemaOutdatedError,  # undefined_function
    "3F000": errors.SchemaOutdatedError,  # invalid_schema_name
    "42501": errors.SchemaOutdatedError,  # insufficient_privilege: a grant that a migration makes is missing
}

# What the database says is meant for who asked.
_SAYS_ITSELF = {"TY401", "TY409", "TY4RO", "TY4TK", "TY507"}


async def _understood(database: Database, exc: BaseException) -> BaseException:
    problem = translated(exc)
    cause = exc.__cause__ if isinstance(exc, BaseORMException) else exc
    if isinstance(cause, asyncpg.InvalidSQLStatementNameError | asyncpg.DuplicatePreparedStatementError):
        await database.forgo_prepared_statements()
    return problem


def translated(exc: BaseException) -> BaseException:
    """The problem that a driver's or the ORM's error stands for; the driver's own where none of ours fits."""
    if isinstance(exc, BaseORMException) and isinstance(exc.__cause__, asyncpg.PostgresError):
        exc = exc.__cause__
    if isinstance(exc, UnsafeRoleError) or unreachable(exc):
        return errors.DatabaseUnavailableError()
    if isinstance(exc, asyncpg.InvalidCachedStatementError):
        return errors.UnavailableError()  # prepared before a migration; it is not the next time
    state = getattr(exc, "sqlstate", None)
    known = _BY_STATE.get(state) if state else None
    if known is None:
        return exc
    return known(str(exc)) if state in _SAYS_ITSELF else known()
