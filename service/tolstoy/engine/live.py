"""What steps do when they are meant: calls, waits kept in the database, runs of other flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Scope, Statement
from tolstoy.domain import executions
from tolstoy.domain.action_request import Request
from tolstoy.domain.executions import Origin
from tolstoy.engine.authority import Authority
from tolstoy.engine.credential import Credential
from tolstoy.engine.effects import Ended
from tolstoy.engine.journal import outlasting
from tolstoy.engine.outbound import Response
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.run import Identity

_OPEN = Statement(
    "INSERT INTO waits (org_id, id, execution_id, step_key, round, kind, due_at, needed, decisions)"
    " SELECT $1, $3, $4, $5, $6, $7, $8, $9, '[]' FROM s"
    " ON CONFLICT (org_id, execution_id, step_key, round) DO NOTHING"
)
_LOOK = tenancy.reading(
    "SELECT id, outcome, closed_at, due_at FROM waits"
    " WHERE org_id = $1 AND execution_id = $3 AND step_key = $4 AND round = $5"
)
_TIME_OUT = (
    "UPDATE waits SET closed_at = clock_timestamp(), outcome = '{\"timedOut\": true}'"
    " WHERE org_id = $1 AND id = $2 AND closed_at IS NULL"
)
_FORGET = (
    "UPDATE waits SET closed_at = clock_timestamp()"
    " WHERE org_id = $1 AND execution_id = $2 AND step_key = $3 AND round = $4 AND closed_at IS NULL"
)
_CHILD = tenancy.reading(
    "SELECT id, status, output, error FROM executions WHERE org_id = $1 AND dedupe_key = $3"
)


class LiveEffects:
    def __init__(
        self,
        database: Database,
        outbounds: Outbounds,
        authority: Authority,
        identity: Identity,
        *,
        max_payload_bytes: int,
    ) -> None:
        self.max_payload_bytes = max_payload_bytes
        self._outbounds = outbounds
        self._authority = authority
        self._identity = identity
        self._scope: Scope = tenancy.engine(database, identity.org_id, identity.user_id)

    async def send(
        self, path: str, request: Request, timeout_seconds: float, credential: Credential | None
    ) -> Response:
        if credential is not None:
            return await self._authority.send(self._identity.org_id, credential, request, timeout_seconds)
        return await self._outbounds.send(self._identity.org_id, request, timeout_seconds=timeout_seconds)

    async def decided(
        self, path: str, kind: str, *, round_: int, needed: int, due: datetime
    ) -> dict[str, Any] | None:
        run = self._identity.id
        row = await self._fetchrow(_LOOK, run, path, round_)
        if row is None:
            await self._fetchrow(_OPEN, new_id(), run, path, round_, kind, due, needed)
            row = await self._fetchrow(_LOOK, run, path, round_)
        if row["closed_at"] is None and datetime.now(UTC) >= due:
            await outlasting(lambda: self._close(_TIME_OUT, row["id"]))
            row = await self._fetchrow(_LOOK, run, path, round_)
        outcome: dict[str, Any] | None = None
        if row["outcome"] is not None:
            outcome = msgspec.json.decode(row["outcome"])
        return outcome

    async def forgotten(self, path: str, round_: int) -> None:
        await outlasting(lambda: self._close(_FORGET, self._identity.id, path, round_))

    async def child(
        self, path: str, flow_id: UUID, version: int | None, inputs: dict[str, Any], round_: int
    ) -> Ended | None:
        identity = self._identity
        key = f"flow:{identity.id}:{round_}:{path}"
        row = await self._fetchrow(_CHILD, key)
        if row is None:
            origin = Origin(
                trigger="flow",
                parent_id=identity.id,
                parent_path=path,
                depth=identity.depth + 1,
                dedupe_key=key,
            )
            await outlasting(
                lambda: executions.start_once(self._scope, flow_id, inputs, version=version, origin=origin)
            )
            return None
        if row["status"] not in executions.FINISHED:
            return None
        output, error = (None if text is None else msgspec.json.decode(text) for text in row[2:])
        return Ended(row["id"], row["status"], output, error)

    async def _close(self, text: str, *args: object) -> None:
        async with tenancy.transaction(self._scope) as inner:
            await inner.open_connection.execute(text, inner.org_id, *args)

    async def _fetchrow(self, statement: Statement, *args: object) -> Any:
        fetch: Callable[[], Awaitable[Any]] = lambda: tenancy.fetchrow(self._scope, statement, *args)  # noqa: E731
        return await outlasting(fetch)
