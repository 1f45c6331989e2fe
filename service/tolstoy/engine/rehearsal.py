"""A run that has no effect: its steps meet given answers, its time goes on by itself, its trail stays in memory."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from tolstoy.core.ids import new_id
from tolstoy.domain.action_request import Request
from tolstoy.domain.dry_runs import GivenAnswer, PlannedRequest
from tolstoy.engine.answer import Response, decoded
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential, shown
from tolstoy.engine.effects import Ended
from tolstoy.engine.failures import AbandonedError, EndRunError
from tolstoy.engine.frame import Frame
from tolstoy.engine.given import Given, received
from tolstoy.engine.journal import LogRow, Record, Recorded
from tolstoy.engine.run import Run
from tolstoy.engine.trail import Trail

MOST_REQUESTS = 1000
MOST_ATTEMPTS = 5000
MOST_BYTES = 16 * 1024 * 1024
CPU_SECONDS = 10.0
_JSON = "application/json"
# Of these a tool may have heard nothing; of the others it has.
_NOT_SENT = frozenset({"connection", "refused_address"})

_encode = msgspec.json.Encoder().encode


class Meter:
    """What a dry run may use up; `stop` is set when nobody waits for it any more."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._cpu = time.thread_time()
        self._used: Counter[str] = Counter()

    def count(self, what: str, number: int, most: int) -> None:
        self._used[what] += number
        if self._used[what] > most:
            raise _incomplete(f"A dry run goes on to {most} {what} only.")
        if time.thread_time() - self._cpu > CPU_SECONDS:
            raise _incomplete(f"A dry run takes {CPU_SECONDS:g} seconds only.")
        if self._stop.is_set():
            raise _incomplete("Nobody waits for this.")


def _incomplete(message: str) -> EndRunError:
    return EndRunError("incomplete", {"code": "dry_run_limit", "message": message})


class Notebook(Trail):
    """The trail, whose rows nobody else gets to see; `closing` is how the run ended."""

    def __init__(self, run: UUID, meter: Meter) -> None:
        super().__init__(run, run, 1, self, forgets=False)
        self.rows: list[LogRow] = []
        self.closing: Record | None = None
        self._meter = meter

    def begin(self, path: str, kind: str, *, status: str = "started", **fields: Any) -> LogRow:
        self._meter.count("attempts", 1, MOST_ATTEMPTS)
        self._weigh(fields)
        row = super().begin(path, kind, status=status, **fields)
        self.rows.append(row)
        return row

    def end(self, row: LogRow, status: str, **fields: Any) -> None:
        self._weigh(fields)
        super().end(row, status, **fields)

    def _weigh(self, fields: dict[str, Any]) -> None:
        size = sum(len(value) for value in fields.values() if isinstance(value, str))
        self._meter.count("bytes", size, MOST_BYTES)

    async def record(self, org_id: UUID, record: Record) -> Recorded:
        if record.status is not None:
            self.closing = record
        return Recorded(record.status or "running", cancelled=False)


class Rehearsal(Run):
    """Its clock goes to the end of each wait at once."""

    _clock: datetime | None = None

    def now(self) -> datetime:
        return self._clock or datetime.now(UTC)

    async def pause(
        self, frame: Frame, due: datetime | None, reason: str, *, since: int | None = None
    ) -> None:
        if frame.given_up():
            raise AbandonedError
        if due is not None:
            self._clock = max(self.now(), due)
        await asyncio.sleep(0)


class DryEffects:
    """Keeps what would be sent in `requests`, and the paths for which something was `assumed`."""

    def __init__(self, given: Given, meter: Meter, *, user_id: UUID, max_payload_bytes: int) -> None:
        self.max_payload_bytes = max_payload_bytes
        self.requests: list[PlannedRequest] = []
        self.assumed: set[str] = set()
        self._given = given
        self._meter = meter
        self._user_id = user_id
        self._attempts: Counter[str] = Counter()

    async def send(
        self, path: str, request: Request, timeout_seconds: float, credential: Credential | None
    ) -> Response:
        if credential is not None:
            request = shown(credential, request)
        self._meter.count("requests", 1, MOST_REQUESTS)
        self._meter.count("bytes", len(request.body or b""), MOST_BYTES)
        self._attempts[path] += 1
        answer = self._given.answer(path, self._attempts[path])
        if answer is None:
            self.assumed.add(path)
        self.requests.append(_planned(path, self._attempts[path], request, answer is None))
        await asyncio.sleep(0)
        return _response(request, answer or GivenAnswer())

    async def decided(
        self, path: str, kind: str, *, round_: int, needed: int, due: datetime
    ) -> dict[str, Any] | None:
        outcome = self._given.outcome(path, kind)
        if outcome is not None:
            return outcome
        self.assumed.add(path)
        if kind == "callback":
            return received(None)
        return {"approved": True, "decisions": [self._given.decision(self._user_id, True)] * needed}

    async def forgotten(self, path: str, round_: int) -> None:
        pass  # there is no wait to close

    async def child(
        self, path: str, flow_id: UUID, version: int | None, inputs: dict[str, Any], round_: int
    ) -> Ended | None:
        answer = self._given.answer(path, 1)
        if answer is None:
            self.assumed.add(path)
            return Ended(new_id(), "succeeded", None, None)
        if isinstance(answer.error, msgspec.Struct):
            error = {"code": answer.error.kind, "message": "given for the dry run"}
            return Ended(new_id(), "failed", None, error)
        return Ended(new_id(), "succeeded", answer.body, None)


def _planned(path: str, attempt: int, request: Request, assumed: bool) -> PlannedRequest:
    headers = {name.lower(): text for name, text in request.headers.items()}
    body: Any = None
    if request.body is not None:
        sent = Response(
            status=200,
            headers={"content-type": headers.get("content-type", _JSON)},
            body=request.body,
            elapsed_seconds=0,
            url=request.url,
        )
        try:
            body = decoded(sent)
        except CallError:  # it need not be what it says it is
            body = request.body.decode(errors="replace")
    key = headers.get("idempotency-key")
    return PlannedRequest(path, attempt, request.method, request.target, request.headers, body, key, assumed)


def _response(request: Request, answer: GivenAnswer) -> Response:
    """As the outbound client would give it; a text is the body as it is where its type says so, all else JSON."""
    if isinstance(answer.error, msgspec.Struct):
        kind = answer.error.kind
        raise CallError(kind, "given for the dry run", sent=kind not in _NOT_SENT)
    headers = {name.lower(): text for name, text in answer.headers.items()}
    kind_of_body = headers.get("content-type", _JSON)
    if answer.body is None:
        body = b""
    elif isinstance(answer.body, str) and not kind_of_body.startswith(_JSON):
        body = answer.body.encode()
    else:
        body = _encode(answer.body)
        headers["content-type"] = _JSON
    return Response(status=answer.status, headers=headers, body=body, elapsed_seconds=0, url=request.target)
