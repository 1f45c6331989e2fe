"""How many requests organizations, users and API keys may send: buckets in the database, leased by each process.

A statement for each request would cost every read a write, and would have all requests of an organization wait for one
row. So a process takes some tokens at once (a fiftieth of a minute's, fewer as the bucket runs dry) and counts them
down by itself; what it has not used within LEASE_SECONDS it gives back with its next lease. Tokens leave the bucket
before they are used, and what is given back is never spent: all processes together never let more through than the
bucket held. They may refuse early by what others hold and do not use, or gave back when the database failed. What is
refused costs the database nothing until the next token is due.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from itertools import chain
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from tolstoy.core.errors import RateLimitedError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud

WINDOW_SECONDS: Final = 60
LEASE_SECONDS: Final = 5.0
# However fast tokens come back: a flood asks the database for them no more often than this.
SHORTEST_REFUSAL: Final = 0.1
MOST_KEPT: Final = 50_000

K = TypeVar("K")
V = TypeVar("V")

# Of the organization, of the user and of the key, each only where it is asked for ($3, $5, $7); always locked in this
# order.
_POLICIES: Final = ("organization", "user", "key")
_LEASE: Final = """
SELECT 0 AS policy, o.* FROM tolstoy.lease_requests($1, $2, false, $3, $4) o WHERE $3::int IS NOT NULL
UNION ALL
SELECT 1, u.* FROM tolstoy.lease_requests($1, $2, true, $5, $6) u WHERE $5::int IS NOT NULL
UNION ALL
SELECT 2, k.* FROM tolstoy.lease_key_requests($1, $2, $7, $8) k WHERE $7::uuid IS NOT NULL
"""
_FORGET: Final = (
    "DELETE FROM request_allowances a USING api_keys k WHERE a.org_id = $1 AND k.org_id = $1 AND a.id = k.id"
    " AND (k.revoked_at IS NOT NULL OR k.expires_at <= now())"
)


class Bucket:
    """What this process holds of one; `remaining` are those that it left in the database."""

    __slots__ = ("closed_until", "held", "policy", "quota", "remaining", "until")

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.held = 0
        self.until = 0.0
        self.closed_until = 0.0
        self.quota = 0
        self.remaining = 0


class Buckets(tuple[Bucket, ...]):
    """Those that a request takes from; `told` are the headers about them, as tokens were last fetched."""

    told: tuple[str, str] | None = None
    member = False  # until the database has said so: who only names an organization takes nothing of it


class Allowances:
    """Of one process. `per_minute` is what an organization may send where it has no number of its own; 0: no limit.

    A `key_id` is said only of a key that has a limit of its own, which the database knows.
    """

    def __init__(
        self,
        database: Database,
        *,
        per_minute: int,
        per_user: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._quotas = {"organization": per_minute, "user": per_user}
        self.for_all = bool(per_minute or per_user)
        self._clock = clock
        self._of_organizations: dict[UUID, Bucket] = {}
        self._of_users: dict[tuple[UUID, UUID], Bucket] = {}
        self._of_senders: dict[tuple[UUID, UUID, UUID | None], Buckets] = {}
        self._leasing: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def at_hand(self, org_id: UUID, user_id: UUID, key_id: UUID | None = None) -> Buckets | None:
        """As `take`, of what this process holds; None, and nothing is taken, where that is not enough."""
        buckets = self._of_senders.get((org_id, user_id, key_id))
        if buckets is None or not buckets.member:
            return None
        now = self._clock()
        for bucket in buckets:
            if bucket.held < 1 or bucket.until <= now:
                return None
        for bucket in buckets:
            bucket.held -= 1
        return buckets

    async def take(self, org_id: UUID, user_id: UUID, key_id: UUID | None = None) -> Buckets:
        """Take one token of each bucket; raises TooManyError."""
        buckets = self._buckets(org_id, user_id, key_id)
        if self._lacking(buckets):
            lock = self._leasing.setdefault(org_id, asyncio.Lock())  # there while somebody holds it or waits
            async with lock:
                # another request may have brought some meanwhile, or taken the last of those that were not asked for
                while lacking := self._lacking(buckets):
                    await self._lease(org_id, user_id, key_id, buckets, lacking)
                    if not buckets.member:
                        break
        if buckets.member:  # else the door refuses the request
            for bucket in buckets:
                bucket.held -= 1
        return buckets

    def _buckets(self, org_id: UUID, user_id: UUID, key_id: UUID | None) -> Buckets:
        found = self._of_senders.get((org_id, user_id, key_id))
        if found is None:
            made = []
            if self._quotas["organization"]:
                made.append(_kept(self._of_organizations, org_id, lambda: Bucket("organization")))
            if self._quotas["user"]:
                made.append(_kept(self._of_users, (org_id, user_id), lambda: Bucket("user")))
            if key_id is not None:
                made.append(Bucket("key"))
            found = _kept(self._of_senders, (org_id, user_id, key_id), lambda: Buckets(made))
        return found

    def _lacking(self, buckets: Buckets) -> list[Bucket]:
        self._refuse_closed(buckets)
        now = self._clock()
        lacking = [bucket for bucket in buckets if bucket.held < 1 or bucket.until <= now]
        if not (lacking or buckets.member):
            return list(buckets[-1:])  # so that the database says whether this is a member
        return lacking

    def _refuse_closed(self, buckets: Buckets) -> None:
        if not buckets.member:
            return
        now = self._clock()
        closed = [bucket for bucket in buckets if bucket.closed_until > now]
        if not closed:
            return
        seconds = max(1, math.ceil(max(bucket.closed_until for bucket in closed) - now))
        said = " and ".join(f"{bucket.quota} requests a minute for this {bucket.policy}" for bucket in closed)
        detail = f"There are {said}; the next may come in {seconds} s."
        raise TooManyError(detail, retry_after_seconds=seconds, buckets=buckets)

    async def _lease(
        self, org_id: UUID, user_id: UUID, key_id: UUID | None, buckets: Buckets, lacking: list[Bucket]
    ) -> None:
        wanted = {bucket.policy: bucket for bucket in lacking}
        args: dict[str, list[UUID | int | None]] = {policy: [None, 0] for policy in _POLICIES}
        for bucket in lacking:
            # who names an organization and is none of its members gives nothing of it away
            asked = key_id if bucket.policy == "key" else self._quotas[bucket.policy]
            args[bucket.policy] = [asked, bucket.held if buckets.member else 0]
            if buckets.member:  # before the database has them: if this fails, nobody knows whether it does
                bucket.held = 0
        rows = await tenancy.call(self._database, _LEASE, org_id, user_id, *chain(*args.values()))
        # for a key that has ended there is no row either: the door says so, and nothing is counted
        buckets.told, buckets.member = None, len(rows) == len(wanted)
        now = self._clock()
        for row in rows:
            bucket = wanted[_POLICIES[row["policy"]]]
            bucket.held += row["granted"]
            bucket.remaining, bucket.quota, bucket.until = row["remaining"], row["quota"], now + LEASE_SECONDS
            if not bucket.held:
                bucket.closed_until = now + max(row["wait"], SHORTEST_REFUSAL)


async def forget_ended(scope: Scope) -> int:
    """Remove the buckets of keys that were revoked or have expired; returns how many."""
    return await crud.deleted(scope, _FORGET)


class TooManyError(RateLimitedError):
    """Too many requests; send the next one when Retry-After says."""

    def __init__(self, detail: str, *, retry_after_seconds: int, buckets: Buckets) -> None:
        super().__init__(detail, retry_after_seconds=retry_after_seconds)
        self.buckets = buckets


def _kept(all_: dict[K, V], key: K, make: Callable[[], V]) -> V:
    """What is there, or made now; the oldest goes, with what it holds, where there are too many."""
    if key not in all_:
        if len(all_) >= MOST_KEPT:
            del all_[next(iter(all_))]
        all_[key] = make()
    return all_[key]
