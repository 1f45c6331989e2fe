"""What `tolstoy admin` does: as the service, past any pooler, so that the doors and policies hold for it, too."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, TypeVar
from uuid import UUID

import msgspec

from tolstoy.cli import audit_files, checks
from tolstoy.cli.addresses import resolved, with_keys
from tolstoy.cli.admin_error import AdminError
from tolstoy.core.database_urls import ConnectOptions
from tolstoy.core.errors import ProblemError
from tolstoy.core.ids import parse_id
from tolstoy.core.permissions import PERMISSIONS, Permission
from tolstoy.core.settings import Settings, load
from tolstoy.db import renewal, tenancy
from tolstoy.db.database import Database, open_database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import api_keys, organizations, users
from tolstoy.domain.api_keys import ApiKeyWithText, FirstKeyCreate
from tolstoy.domain.organizations import Organization, OrganizationCreate, Owner

T = TypeVar("T")


def organization(name: str, owner: str) -> tuple[Organization, ApiKeyWithText]:
    """With its admin, and the admin's key, or nothing of it."""

    async def make(database: Database) -> tuple[Organization, ApiKeyWithText]:
        async with tenancy.transaction(_platform(database, "create-organization")) as inner:
            made = await organizations.create(inner, OrganizationCreate(name=name, owner=Owner(email=owner)))
            if not isinstance(made.owner, users.User):
                raise RuntimeError("an organization made with an owner has one")
            key = FirstKeyCreate(name="First key", user_id=made.owner.id)
            return made, await api_keys.create_first(inner, made.id, key)

    return run(make)


def key(org: str, user: str, name: str, scopes: list[str], expires_in_days: int | None) -> ApiKeyWithText:
    """`user` is an id or an e-mail address."""
    org_id = parse_id(org)
    if org_id is None:
        raise AdminError(f"--org: {org!r} is not a UUID.")
    allowed = [_permission(each) for each in scopes] or None
    expires_at = None if expires_in_days is None else datetime.now(UTC) + timedelta(days=expires_in_days)

    async def make(database: Database) -> ApiKeyWithText:
        user_id = parse_id(user) or await _by_email(database, org_id, user)
        new = FirstKeyCreate(name=name, user_id=user_id, scopes=allowed, expires_at=expires_at)
        return await api_keys.create_first(_platform(database, "create-key"), org_id, new)

    return run(make)


def audit(org_id: UUID, out: BinaryIO) -> int:
    """How many events were written, as JSON lines."""
    return run(lambda database: audit_files.export(database, org_id, out))


def _platform(database: Database, command: str) -> Scope:
    return replace(tenancy.platform(database), origin=origin(command))


def origin(command: str, **more: str) -> str:
    """As the audit log tells of it: there is no request, but somebody at a machine."""
    told = {
        "program": f"tolstoy admin {command}",
        "account": _account(),
        "host": socket.gethostname(),
        **more,
    }
    return msgspec.json.encode(told).decode()


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return ""


async def _by_email(database: Database, org_id: UUID, email: str) -> UUID:
    found = await users.page(tenancy.engine(database, org_id), users.UserQuery(email=email))
    if not found.data:
        raise AdminError(f"--user: nobody with the address {email!r} is in the organization {org_id}.")
    return found.data[0].id


def _permission(text: str) -> Permission:
    for permission in PERMISSIONS:
        if text == permission:
            return permission
    raise AdminError(f"--scope: {text!r} is not known; write {', '.join(PERMISSIONS)}.")


def run(work: Callable[[Database], Awaitable[T]], *, seals: bool = False) -> T:
    """`seals`: it needs a key to encrypt with. What is refused is an AdminError."""
    return run_beside_owner(lambda database, _: work(database), seals=seals)


def run_beside_owner(work: Callable[[Database, ConnectOptions], Awaitable[T]], *, seals: bool = False) -> T:
    """The same, and the work gets the address of DIRECT_URL as well, for what no door of the service leads to."""
    with resolved(load()) as found:
        settings = with_keys(found) if seals else found
        try:
            return asyncio.run(_with_database(settings, work))
        except ProblemError as exc:
            told = "; ".join(f"{one.pointer or one.header}: {one.detail}" for one in exc.findings)
            raise AdminError(f"{exc.detail}{f' ({told})' if told else ''}") from exc


async def _with_database(settings: Settings, work: Callable[[Database, ConnectOptions], Awaitable[T]]) -> T:
    service, direct = checks.addresses(settings)
    lacking = await checks.pending(service.at(direct))
    if lacking:
        raise AdminError(f"The schema lacks {len(lacking)} migrations; run `tolstoy db deploy`.")
    database = await open_database(
        service.at(direct),
        size=1,
        statement_cache_size=settings.statement_cache_size,
        timeout_seconds=10,
        renew=renewal.renewal(settings, renewal.service_at_direct),
        keys=settings.keys,
    )
    try:
        return await work(database, direct)
    finally:
        await database.close()
