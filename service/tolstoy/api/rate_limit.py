"""The limits of requests, and what answers tell of them: draft-ietf-httpapi-ratelimit-headers-10.

`RateLimit-Policy: "organization";q=6000;w=60` says the quota of a window in seconds, and
`RateLimit: "organization";r=5990;t=1` how many are left and in how many seconds all are there again; with `r=0`, in
how many the next may come.
"""

from __future__ import annotations

from sanic import Request
from sanic.response import BaseHTTPResponse

from tolstoy.core.settings import Settings
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain.key_ring import Holder
from tolstoy.domain.request_allowances import WINDOW_SECONDS, Allowances, Bucket, Buckets, TooManyError
from tolstoy.domain.token_ring import TokenHolder


def of(settings: Settings, database: Database) -> Allowances:
    return Allowances(database, per_minute=settings.rate_limit, per_user=settings.rate_limit_per_user)


async def admit(request: Request, scope: Scope) -> None:
    """Count this request; raises TooManyError. What the platform asks for is not counted."""
    allowances: Allowances = request.app.ctx.allowances
    ctx = request.ctx
    holder: Holder | TokenHolder | None = getattr(ctx, "holder", None)
    key_id = holder.key_id if isinstance(holder, Holder) and holder.per_minute else None
    if scope.door is Door.PLATFORM or not (allowances.for_all or key_id):
        return
    ctx.buckets = allowances.at_hand(scope.org_id, scope.user_id, key_id)
    if ctx.buckets is None:
        try:
            ctx.buckets = await allowances.take(scope.org_id, scope.user_id, key_id)
        except TooManyError as exc:
            ctx.buckets, ctx.retry_after = exc.buckets, exc.headers["Retry-After"]
            exc.buckets.told = None
            raise


def tell(request: Request, response: BaseHTTPResponse) -> None:
    """Add the headers to the answer of a request that was counted."""
    buckets: Buckets | None = getattr(request.ctx, "buckets", None)
    if buckets:
        # written once for each time that tokens are fetched: every answer has them
        told = buckets.told = buckets.told or _written(buckets, getattr(request.ctx, "retry_after", None))
        if told[0]:
            response.headers["RateLimit-Policy"], response.headers["RateLimit"] = told


def _written(buckets: Buckets, retry_after: str | None) -> tuple[str, str]:
    known = [bucket for bucket in buckets if bucket.quota]
    policies = [f'"{bucket.policy}";q={bucket.quota};w={WINDOW_SECONDS}' for bucket in known]
    return ", ".join(policies), ", ".join(_standing(bucket, retry_after) for bucket in known)


def _standing(bucket: Bucket, retry_after: str | None) -> str:
    seconds = (bucket.quota - bucket.remaining) * WINDOW_SECONDS // bucket.quota + 1
    empty = bucket.remaining < 1 and retry_after is not None
    return f'"{bucket.policy}";r={bucket.remaining};t={retry_after if empty else seconds}'
