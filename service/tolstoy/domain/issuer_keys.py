"""The keys of the access tokens' issuer, as a process knows them: read anew at intervals, and believed for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from tolstoy.core import log
from tolstoy.core.errors import InvalidTokenError, IssuerUnavailableError
from tolstoy.core.settings import Settings
from tolstoy.domain import issuer_documents
from tolstoy.domain.issuer_documents import Key, Name, UnusableError

# Between two readings, whatever the keys that tokens name: who sends such tokens shall not make us ask more often.
COOLDOWN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class State:
    """`seconds` since the keys were read, None where they never were, and whether they still count; `failure` is why
    they last could not be.
    """

    keys: int
    counts: bool
    seconds: float | None
    failure: str | None


class IssuerKeys:
    """`clock` counts seconds."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        if settings.oidc_issuer is None:
            raise ValueError("the settings name no issuer")
        self._issuer = settings.oidc_issuer
        self._address = settings.oidc_jwks_url
        self._refresh = settings.oidc_refresh_seconds
        self._max_age = settings.oidc_max_age_seconds
        self._clock = clock
        self._known: dict[Name, Key] = {}
        self._read_at: float | None = None
        self._tried_at = float("-inf")
        self._failure: str | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read them now and at intervals; an issuer that does not answer keeps nobody waiting."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        tasks = [task for task in (self._keeper, self._under_way) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def state(self) -> State:
        seconds = None if self._read_at is None else self._clock() - self._read_at
        return State(len({kid for kid, _ in self._known}), not self._stale(), seconds, self._failure)

    def holds(self, name: Name, key: Key) -> bool:
        """Whether this key is believed still."""
        return self._find(name) is key

    async def key(self, name: Name) -> Key:
        """Raises InvalidTokenError for a key that the issuer has not, IssuerUnavailableError where it did not say."""
        found = self._find(name)
        if found is None:
            if self._reading() or self._clock() - self._tried_at >= COOLDOWN_SECONDS:
                await self.read()
            found = self._find(name)
        if found is not None:
            return found
        if self._failure is not None or self._stale():
            raise IssuerUnavailableError
        raise InvalidTokenError("This access token is signed by a key that its issuer does not have.")

    async def read(self) -> None:
        """From the issuer; once for all who wait for it. What fails is told by the log and by `state`."""
        if not self._reading():
            self._under_way = asyncio.create_task(self._read())
        if self._under_way is not None:
            await asyncio.shield(self._under_way)

    def _reading(self) -> bool:
        return self._under_way is not None and not self._under_way.done()

    def _stale(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at > self._max_age

    def _find(self, name: Name) -> Key | None:
        return None if self._stale() else self._known.get(name)

    async def _keep(self) -> None:
        while True:
            await self.read()
            soon = self._refresh if self._failure is None else min(self._refresh, COOLDOWN_SECONDS)
            await asyncio.sleep(soon)

    async def _read(self) -> None:
        self._tried_at = begun = self._clock()
        try:
            found = await issuer_documents.keys(self._issuer, self._address, self._known)
        except (UnusableError, aiohttp.ClientError, TimeoutError, ValueError) as exc:
            self._failure = str(exc) or type(exc).__name__
            log.get().warning(
                "the keys of the access tokens' issuer could not be read",
                action="issuer_keys_unread",
                issuer=self._issuer,
                reason=self._failure,
            )
            return
        if found.keys() != self._known.keys() or self._failure is not None:
            log.get().info(
                "read the keys of the access tokens' issuer",
                action="issuer_keys_read",
                issuer=self._issuer,
                keys=sorted({kid for kid, _ in found}),
            )
        # of when they were asked for: what the issuer took away while it answered is not older than we say
        self._known, self._read_at, self._failure = found, begun, None
