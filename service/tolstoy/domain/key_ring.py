"""Whose the API keys are that a process is shown, and when they were used.

What is remembered of a key never changes (migrations 15 and 21): whose it is, its scopes, its limit, and that it has
ended. That it still holds is not remembered: the door asks the database, in the statement that enters by it
(`tolstoy.enter_by_key`).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import msgspec

from tolstoy.core import api_key_text, log
from tolstoy.core.errors import InvalidKeyError, ProblemError
from tolstoy.core.permissions import Permission
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.turns import DRIVER_ERRORS

MOST_REMEMBERED = 20_000
SECONDS_BETWEEN_WRITES = 60.0

_FIND = "SELECT org_id, user_id, scopes, max_requests_per_minute FROM tolstoy.find_key($1, $2)"
_USED = (
    "UPDATE api_keys SET last_used_at = now() WHERE org_id = $1 AND id = ANY ($2::uuid[])"
    " AND (last_used_at IS NULL OR last_used_at <= now() - make_interval(secs => $3))"
    " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
)


@dataclass(slots=True)
class Holder:
    """`scopes` None are all that the user's role gives; `per_minute` None is no limit of the key's own.

    `noted_at` is when its use was last written, by the clock of this process. `ended` is what the database said when
    it no longer let the key in.
    """

    key_id: UUID
    org_id: UUID
    user_id: UUID
    scopes: frozenset[Permission] | None
    per_minute: int | None = None
    noted_at: float = float("-inf")
    ended: str | None = None


class KeyRing:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, Holder] = {}
        self._used: list[Holder] = []
        self._something_used = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._write_used()

    async def holder(self, text: str) -> Holder:
        """Whose key this text is, or was; of one seen before in no round trip. Raises InvalidKeyError."""
        hash_ = api_key_text.hashed(text)
        holder = self._known.get(hash_)
        if holder is None:
            holder = await self._found(text, hash_)
            if len(self._known) >= MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[hash_] = holder
        now = time.monotonic()
        if holder.ended is None and now - holder.noted_at >= SECONDS_BETWEEN_WRITES:
            holder.noted_at = now
            self._used.append(holder)
            self._something_used.set()
        return holder

    async def _found(self, text: str, hash_: bytes) -> Holder:
        key_id = api_key_text.id_in(text)
        if key_id is None:
            raise InvalidKeyError("This is not an API key: it is cut off, mistyped, or of something else.")
        rows = await tenancy.call(self._database, _FIND, key_id, hash_)
        if not rows:
            raise InvalidKeyError("This API key is not known here.")
        (row,) = rows
        scopes = None if row["scopes"] is None else frozenset(msgspec.json.decode(row["scopes"]))
        return Holder(key_id, row["org_id"], row["user_id"], scopes, row["max_requests_per_minute"])

    async def _write(self) -> None:
        while True:
            await self._something_used.wait()
            self._something_used.clear()
            await self._write_used()

    async def _write_used(self) -> None:
        used, self._used = self._used, []
        by_org: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for holder in used:
            by_org[holder.org_id].append(holder.key_id)
        for org_id, ids in by_org.items():
            try:
                async with tenancy.transaction(tenancy.engine(self._database, org_id)) as inner:
                    await inner.open_connection.execute(_USED, org_id, ids, SECONDS_BETWEEN_WRITES)
            except (ProblemError, *DRIVER_ERRORS) as exc:  # the next minute's use is written again
                log.get().warning(
                    "when API keys were last used could not be written",
                    action="key_use_unwritten",
                    reason=str(exc),
                    keys=len(ids),
                )
