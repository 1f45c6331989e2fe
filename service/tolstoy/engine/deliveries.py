"""Sends events to their subscribers: one attempt for each job of the queue."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.domain import event_deliveries, url, webhook_signatures
from tolstoy.domain.action_request import Request
from tolstoy.domain.event_deliveries import Attempt, Outgoing
from tolstoy.engine import retry_after
from tolstoy.engine.outbound import CallError, Response
from tolstoy.engine.outbounds import Outbounds

TIMEOUT_SECONDS: Final = 20.0

_GONE: Final = "The receiver answered 410 Gone."
_DISABLED: Final = "the subscription is disabled"


async def deliver(database: Database, outbounds: Outbounds, org_id: UUID, delivery_id: UUID) -> None:
    """Attempt a delivery, if it is due. It stays so where a worker dies at it: its job is handed out again."""
    scope = tenancy.engine(database, org_id)
    sent = await event_deliveries.due(scope, delivery_id)
    if sent is None:
        return
    at, started = datetime.now(UTC), time.monotonic()

    def attempt(status: int | None, error: str | None) -> Attempt:
        return Attempt(at, status, error, round((time.monotonic() - started) * 1000))

    if not sent.active:
        await event_deliveries.record(scope, sent, attempt(None, _DISABLED), delivered=False, gone=_DISABLED)
        return
    try:
        outbounds.hear(org_id, sent.egress_allow)
        response = await outbounds.send(
            org_id,
            _request(sent, event_deliveries.secrets_of(scope, sent), int(at.timestamp())),
            timeout_seconds=TIMEOUT_SECONDS,
            follow_redirects=False,
        )
    except (CallError, url.UrlError, UnreadableSecretError) as exc:
        await event_deliveries.record(scope, sent, attempt(None, str(exc)), delivered=False)
        return
    delivered = 200 <= response.status < 300
    await event_deliveries.record(
        scope,
        sent,
        attempt(response.status, None if delivered else _refusal(response)),
        delivered=delivered,
        retry_after=retry_after.seconds(response.headers) if response.status in (429, 503) else None,
        gone=_GONE if response.status == 410 else None,
    )


def _request(sent: Outgoing, secrets: list[str], timestamp: int) -> Request:
    body = sent.payload.encode()
    return Request(
        method="POST",
        url=url.split(sent.url).address,
        headers={
            "Content-Type": "application/json",
            **webhook_signatures.sign(secrets, str(sent.id), timestamp, body),
        },
        body=body,
    )


def _refusal(response: Response) -> str:
    if 300 <= response.status < 400:
        return "the receiver redirects, which is not followed: write the address it redirects to"
    return f"the receiver answered {response.status}"
