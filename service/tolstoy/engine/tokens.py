"""Access tokens of OAuth2 (RFC 6749): kept, fetched or refreshed before they expire, by one at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from tolstoy.core import log
from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import credential_tokens
from tolstoy.domain.credential_tokens import Lease, Token
from tolstoy.engine import token_endpoint
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential
from tolstoy.engine.failures import StepError
from tolstoy.engine.journal import outlasting
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.token_endpoint import Granted, RefusedError

T = TypeVar("T")

_PATIENCE: Final = 2 * credential_tokens.LEASE_SECONDS
_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Current:
    """`origin`: where the secret that it was fetched by is for. One that is not `renewable` is all that there is."""

    access: str = field(repr=False)
    origin: str
    generation: int
    renewable: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    revision: int
    current: Current
    until: float

    def counts(self, credential: Credential, after: int | None) -> bool:
        newer = after is None or self.current.generation > after
        return newer and self.revision == credential.revision and time.monotonic() < self.until


class Tokens:
    def __init__(self, database: Database, outbounds: Outbounds) -> None:
        self._database = database
        self._outbounds = outbounds
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._under_way: dict[tuple[UUID, int, int | None], asyncio.Task[Current]] = {}

    async def current(
        self, org_id: UUID, credential: Credential, timeout_seconds: float, *, after: int | None = None
    ) -> Current:
        """A token that counts, of a later generation than `after`. Raises CallError and StepError."""
        kept = self._kept.get(credential.id)
        if kept is not None and kept.counts(credential, after):
            return kept.current
        key = (credential.id, credential.revision, after)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._found(org_id, credential, after))
            task.add_done_callback(lambda done: self._over(key, done))
        try:
            # everyone's here: one caller's end must not be the others'
            return await asyncio.wait_for(asyncio.shield(task), timeout_seconds)
        except TimeoutError as exc:
            detail = f"no access token within {timeout_seconds:g} s"
            raise CallError("timeout", detail, False) from exc

    def _over(self, key: tuple[UUID, int, int | None], done: asyncio.Task[Current]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # who waits is told; nobody may be left who does

    async def _found(self, org_id: UUID, credential: Credential, after: int | None) -> Current:
        """From the database, once this or another process has put it there."""
        scope = tenancy.engine(self._database, org_id)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if (current := await self._looked(scope, credential, after)) is not None:
                return current
            await asyncio.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - a delay, not a secret
        raise CallError("timeout", "another process is fetching the access token and does not end", False)

    async def _looked(self, scope: Scope, credential: Credential, after: int | None) -> Current | None:
        """None where it is to be looked again: another process has the lease."""
        stored = await outlasting(lambda: credential_tokens.read(scope, credential.id))
        if stored is None:
            raise StepError("credential_gone", "the credential was deleted")
        if stored.state != "ready":
            raise needs_authorization(stored.state_detail, stored.grant)
        sealed = stored.sealed
        wanted = (after is None or stored.generation > after) and (
            stored.seconds is None or stored.seconds > 0
        )
        if sealed is not None and wanted:
            token = _readable(lambda: credential_tokens.opened_token(scope, stored.id, sealed))
            if token.origin:  # else code from before has stored it
                renewable = stored.grant != "authorizationCode" or token.refresh is not None
                current = Current(token.access, token.origin, stored.generation, renewable)
                return self._keep(credential, current, stored.seconds)
        if stored.leased:
            return None
        held = await outlasting(lambda: credential_tokens.lease(scope, credential.id, stored.generation))
        return None if held is None else await self._fetched(scope, credential, held)

    def _keep(self, credential: Credential, current: Current, seconds: float | None) -> Current:
        until = time.monotonic() + (_PATIENCE if seconds is None else seconds)
        self._kept[credential.id] = _Kept(credential.revision, current, until)
        self._kept.move_to_end(credential.id)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return current

    async def _fetched(self, scope: Scope, credential: Credential, held: Lease) -> Current | None:
        """By the lease; None where it ended meanwhile, because the credential was changed: what came of it is void."""
        done = False
        try:
            secret = _readable(lambda: credential_tokens.opened_secret(scope, held))
            if (granted := await self._exchanged(scope, held, secret)) is None:
                return None
            seconds = granted.refresh_after
            token = Token(granted.access_token, secret["origin"], _renewed(scope, held, secret, granted))
            generation = await outlasting(lambda: credential_tokens.keep(scope, held, token, seconds))
            done = True
        except UnreadableSecretError as exc:
            raise StepError("credential_unreadable", exc.detail) from exc
        finally:
            if not done:
                await outlasting(lambda: credential_tokens.give_back(scope, held))
        log.get().info(
            "fetched an access token",
            action="token_fetched",
            org_id=scope.org_id,
            credential_id=credential.id,
        )
        if generation is None:
            return None
        return self._keep(credential, Current(token.access, token.origin, generation, True), seconds)

    async def _exchanged(self, scope: Scope, held: Lease, secret: dict[str, Any]) -> Granted | None:
        """None where the issuer refuses a secret that was changed meanwhile."""
        try:
            send = partial(self._outbounds.send, scope.org_id)
            return await token_endpoint.ask(send, secret, _form(scope, held, secret))
        except RefusedError as exc:
            why = exc.why
        if not await outlasting(lambda: credential_tokens.refuse(scope, held, why)):
            return None
        log.get().warning(
            "a credential needs authorization",
            action="credential_refused",
            org_id=scope.org_id,
            credential_id=held.credential_id,
        )
        raise needs_authorization(why, secret.get("grant"))


def _form(scope: Scope, held: Lease, secret: dict[str, Any]) -> dict[str, str]:
    """Raises RefusedError where there is nothing to ask by."""
    if secret.get("grant") != "authorizationCode":
        return token_endpoint.client_credentials(secret)
    stored = _refresh_token(scope, held)
    if stored is None:
        raise RefusedError("the access token has expired, and its provider gave none to refresh it by")
    return token_endpoint.refresh(stored)


def _renewed(scope: Scope, held: Lease, secret: dict[str, Any], granted: Granted) -> str | None:
    """The next refresh token; where the issuer gives none, the one before goes on (RFC 6749, 6)."""
    if secret.get("grant") != "authorizationCode":
        return None
    return granted.refresh_token or _refresh_token(scope, held)


def _refresh_token(scope: Scope, held: Lease) -> str | None:
    if held.sealed_token is None:
        return None
    return credential_tokens.opened_token(scope, held.token_id, held.sealed_token).refresh


def needs_authorization(why: str | None, grant: str | None) -> StepError:
    if grant == "authorizationCode":
        said = f"the credential needs authorization ({why or 'unknown why'}): have it authorized, and resume the run"
    else:
        said = f"the credential is not accepted any more ({why or 'unknown why'}): send its secret anew"
    return StepError("credential_needs_authorization", said)


def _readable(opened: Callable[[], T]) -> T:
    try:
        return opened()
    except UnreadableSecretError as exc:
        raise StepError("credential_unreadable", exc.detail) from exc
