"""The addresses by which someone outside answers a callback step.

A token names the organization, the run and the step, and is sealed with a secret of the run's: it is known before its
step is reached, so that an earlier step can hand it out, and opens nothing else.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from tolstoy.core import base64url, moments
from tolstoy.core.errors import ConflictError, NotFoundError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.statements import json_text
from tolstoy.domain import flow_sites, step_paths, waits
from tolstoy.domain.execution_control import RunFinishedError
from tolstoy.domain.executions import FINISHED

_SEAL_BYTES = 16


class Token(NamedTuple):
    org_id: UUID
    execution_id: UUID
    path: str
    seal: bytes

    def opens(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.seal, _seal(secret, self.path))


class AlreadyCalledError(ConflictError):
    """This was called before; the first call counts."""

    code, title = "already-called", "Called already"


class CallbackTimedOutError(ConflictError):
    """The time in which this could be called is over."""

    code, title = "callback-timed-out", "Too late"


_SECRET = tenancy.reading("SELECT callback_secret FROM executions WHERE org_id = $1 AND id = $3")
_RUN = (
    "SELECT e.status, v.document FROM executions e JOIN flow_versions v"
    " ON v.org_id = e.org_id AND v.flow_id = e.flow_id AND v.version = e.version"
    " WHERE e.org_id = $1 AND e.id = $2 FOR UPDATE OF e"
)
# Also before its step is reached, which then finds it.
_CLOSE = (
    "INSERT INTO waits AS w (org_id, execution_id, step_key, id, kind, round, decisions, outcome, closed_at)"
    " SELECT $1, $2, $3::text, $4, 'callback', tolstoy.current_round($2, $3::text), '[]', $5, $6"
    " ON CONFLICT (org_id, execution_id, step_key, round) DO UPDATE"
    " SET outcome = excluded.outcome, closed_at = excluded.closed_at"
    " WHERE w.closed_at IS NULL AND w.due_at > excluded.closed_at RETURNING id"
)
_CLOSED = (
    "SELECT outcome FROM waits WHERE org_id = $1 AND execution_id = $2 AND step_key = $3"
    " AND round = tolstoy.current_round($2, $3) AND closed_at IS NOT NULL"
)


def write(org_id: UUID, execution_id: UUID, path: str, secret: bytes) -> str:
    raw = org_id.bytes + execution_id.bytes + _seal(secret, path) + path.encode()
    return base64url.write(raw)


def read(text: str) -> Token | None:
    """None for what is no token of ours; whether it opens anything, its run's secret tells."""
    raw = base64url.read(text)
    if raw is None or len(raw) <= 32 + _SEAL_BYTES:
        return None
    try:
        path = raw[32 + _SEAL_BYTES :].decode()
    except UnicodeDecodeError:
        return None
    if step_paths.read(path) is None:
        return None
    return Token(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), path, raw[32 : 32 + _SEAL_BYTES])


async def receive(database: Database, text: str, body: Any) -> None:
    """Let the step that a token names go on with `body`.

    Raises NotFoundError, the same whatever is wrong with the token, AlreadyCalledError, CallbackTimedOutError,
    RunFinishedError.
    """
    token = await _opened(database, text)
    async with tenancy.transaction(tenancy.engine(database, token.org_id)) as scope:
        connection = scope.open_connection
        place = (token.org_id, token.execution_id)
        # the run before its wait, as whatever ends runs locks them
        run = await connection.fetchrow(_RUN, *place)
        if run is None or not _is_callback(msgspec.json.decode(run["document"]), token.path):
            raise _nothing()
        if run["status"] in FINISHED:
            raise RunFinishedError("What this was to be called for has ended.")
        now = datetime.now(UTC)
        outcome = json_text({"body": body, "receivedAt": moments.text(now)})
        if await connection.fetchrow(_CLOSE, *place, token.path, new_id(), outcome, now) is None:
            closed = await connection.fetchrow(_CLOSED, *place, token.path)
            if closed is None or msgspec.json.decode(closed["outcome"] or "{}").get("timedOut"):
                raise CallbackTimedOutError
            raise AlreadyCalledError
        await connection.execute(waits.WAKE, token.execution_id)


async def _opened(database: Database, text: str) -> Token:
    token = read(text)
    if token is not None:
        scope = tenancy.engine(database, token.org_id)
        row = await tenancy.fetchrow(scope, _SECRET, token.execution_id)
        if row is not None and token.opens(row["callback_secret"]):
            return token
    raise _nothing()


def _nothing() -> NotFoundError:
    return NotFoundError("Nothing waits at this address.")


def _is_callback(document: dict[str, Any], path: str) -> bool:
    key = path.rpartition(".")[2]
    return any(
        flow_sites.key_of(trail[-1].step) == key and "callback" in trail[-1].step
        for trail in flow_sites.trails(document)
    )


def _seal(secret: bytes, path: str) -> bytes:
    return hmac.digest(secret, b"callback:" + path.encode(), sha256)[:_SEAL_BYTES]
