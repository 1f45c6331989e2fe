"""Access tokens by client credentials (RFC 6749, 4.4): kept, fetched before they expire, by one at a time."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from tolstoy.core import log
from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import credential_tokens, url
from tolstoy.domain.action_request import FORM, Request
from tolstoy.domain.credential_tokens import Lease, Token
from tolstoy.engine.answer import Response
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential
from tolstoy.engine.failures import StepError
from tolstoy.engine.journal import outlasting
from tolstoy.engine.masks import Masks
from tolstoy.engine.outbounds import Outbounds

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 20.0  # less than a lease lasts
_PATIENCE: Final = 2 * credential_tokens.LEASE_SECONDS
_MARGIN: Final = (
    60.0  # before a token expires it is fetched anew, or a fifth of its time before if that is less
)
_LONGEST: Final = 365 * 86400.0  # what an issuer may say beyond it, the database's times cannot hold
_KEPT: Final = 1000
# What no further attempt mends (RFC 6749, 5.2).
_FINAL: Final = frozenset(
    {"invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)
_HEADER_SAFE: Final = re.compile(r"[!-~]{1,16000}")


@dataclass(frozen=True, slots=True)
class Current:
    """`origin`: where the secret that it was fetched by is for."""

    access: str = field(repr=False)
    origin: str
    generation: int


@dataclass(frozen=True, slots=True)
class _Kept:
    revision: int
    current: Current
    until: float

    def counts(self, credential: Credential, after: int | None) -> bool:
        newer = after is None or self.current.generation > after
        return newer and self.revision == credential.revision and time.monotonic() < self.until


class _Granted(Struct):
    access_token: str
    token_type: str
    expires_in: float | None = None


class _Refused(Struct):
    error: str = ""


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
            raise needs_authorization(stored.state_detail)
        sealed = stored.sealed
        wanted = (after is None or stored.generation > after) and (
            stored.seconds is None or stored.seconds > 0
        )
        if sealed is not None and wanted:
            token = _readable(lambda: credential_tokens.opened_token(scope, stored.id, sealed))
            if token.origin:  # else code from before has stored it
                current = Current(token.access, token.origin, stored.generation)
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
            seconds = None if granted.expires_in is None else _until_refresh(granted.expires_in)
            token = Token(granted.access_token, secret["origin"])
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
        return self._keep(credential, Current(token.access, token.origin, generation), seconds)

    async def _exchanged(self, scope: Scope, held: Lease, secret: dict[str, Any]) -> _Granted | None:
        """None where the issuer refuses a secret that was changed meanwhile."""
        masks = Masks([secret["client_secret"]])
        request = _request(secret)
        host = url.split(secret["token_url"]).origin
        try:
            answer = await self._outbounds.send(
                scope.org_id, request, timeout_seconds=TIMEOUT_SECONDS, follow_redirects=False
            )
        except CallError as exc:
            raise CallError(exc.kind, f"for an access token: {masks.text(exc.detail)}", False) from None
        if answer.status == 200:
            return _granted(answer, host)
        said = _refused(answer)
        if said in _FINAL or answer.status == 401:
            why = f"{host} answered {answer.status}" + (f": {said}" if said else "")
            if not await outlasting(lambda: credential_tokens.refuse(scope, held, why)):
                return None
            log.get().warning(
                "a credential needs authorization",
                action="credential_refused",
                org_id=scope.org_id,
                credential_id=held.credential_id,
            )
            raise needs_authorization(why)
        raise CallError("connection", f"for an access token: {host} answered {answer.status}", False)


def needs_authorization(why: str | None) -> StepError:
    return StepError(
        "credential_needs_authorization",
        f"the credential is not accepted any more ({why or 'unknown why'}): send its secret anew",
    )


def _readable(opened: Callable[[], T]) -> T:
    try:
        return opened()
    except UnreadableSecretError as exc:
        raise StepError("credential_unreadable", exc.detail) from exc


def _until_refresh(expires_in: float) -> float:
    lives = min(max(expires_in, 0.0), _LONGEST)
    return lives - min(_MARGIN, lives / 5)


def _request(secret: dict[str, Any]) -> Request:
    form = {"grant_type": "client_credentials"}
    if secret["scopes"]:
        form["scope"] = " ".join(secret["scopes"])
    if secret["audience"]:
        form["audience"] = secret["audience"]
    headers = {"Accept": "application/json", "Content-Type": FORM}
    if secret["client_authentication"] == "body":
        form |= {"client_id": secret["client_id"], "client_secret": secret["client_secret"]}
    else:
        pair = f"{quote_plus(secret['client_id'])}:{quote_plus(secret['client_secret'])}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    address = url.split(secret["token_url"]).address
    return Request(method="POST", url=address, headers=headers, body=urlencode(form).encode())


def _granted(answer: Response, host: str) -> _Granted:
    problem = "is not an access token as RFC 6749 has it"
    try:
        granted = msgspec.json.decode(answer.body, type=_Granted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unusable(host, problem) from None  # its message could hold a part of the answer
    if granted.token_type.lower() != "bearer":
        raise _unusable(host, "is no bearer token")
    if not _HEADER_SAFE.fullmatch(granted.access_token):
        raise _unusable(host, problem)
    return granted


def _unusable(host: str, what: str) -> CallError:
    return CallError("invalid_response", f"for an access token: what {host} answered {what}", False)


def _refused(answer: Response) -> str:
    try:
        said = msgspec.json.decode(answer.body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return said if said in _FINAL else ""
