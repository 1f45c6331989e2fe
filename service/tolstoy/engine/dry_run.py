"""Dry runs: the engine's own steps, in a thread of their own, with no outside and no database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import cast

import msgspec
from msgspec import Raw

from tolstoy.core import moments
from tolstoy.core.errors import Finding, OverloadedError
from tolstoy.core.ids import new_id
from tolstoy.core.strict_json import pointer
from tolstoy.domain.dry_runs import DryRun, DryStep, DryWait, Ending, Rehearsed
from tolstoy.domain.execution_logs import Status
from tolstoy.domain.execution_steps import WAITS
from tolstoy.domain.expressions import ExpressionError
from tolstoy.engine import credential
from tolstoy.engine.actions import compiled
from tolstoy.engine.drive import drive
from tolstoy.engine.failures import EndRunError
from tolstoy.engine.frame import Facts
from tolstoy.engine.given import Given
from tolstoy.engine.journal import LogRow
from tolstoy.engine.plan import Plan, compile_document
from tolstoy.engine.rehearsal import DryEffects, Meter, Notebook, Rehearsal
from tolstoy.engine.run import Identity
from tolstoy.engine.values import shown

AT_ONCE = 2
MOST_WAITING = 16

_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dry-run")
_places = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)
_encode = msgspec.json.Encoder().encode


async def run(subject: Rehearsed, *, max_payload_bytes: int) -> DryRun:
    """What expressions cost is bounded, but not small: the loop that serves requests shall not wait for it."""
    if not _places.acquire(blocking=False):
        raise OverloadedError("Too many dry runs at once; try again shortly.")
    stop = threading.Event()
    done = _pool.submit(lambda: asyncio.run(_rehearsed(subject, max_payload_bytes, stop)))
    done.add_done_callback(lambda _: _places.release())
    try:
        return await asyncio.wrap_future(done)
    finally:
        stop.set()


async def _rehearsed(subject: Rehearsed, max_payload_bytes: int, stop: threading.Event) -> DryRun:
    user_id = subject.scope.user_id
    meter = Meter(stop)
    given = Given(subject.given, subject.recorded, user_id)
    effects = DryEffects(given, meter, user_id=user_id, max_payload_bytes=max_payload_bytes)
    identity = Identity(subject.scope.org_id, new_id(), user_id, 0, None)
    trail = Notebook(identity.id, meter)
    ended: tuple[str | None, str | None, str | None]
    try:
        plan = compile_document(subject.document)
        actions = {row["key"]: compiled(row) for row in subject.actions}
        facts, named = _facts(subject, identity, plan), credential.by_id(subject.credentials)
        await drive(Rehearsal(identity, plan, facts, actions, trail, effects, named))
        closing = trail.closing
        if closing is None:
            raise RuntimeError("a run that was driven has ended")
        ended = closing.status, closing.output, closing.error
    except (ExpressionError, msgspec.ValidationError) as exc:
        ended = "failed", None, _error("invalid_flow", str(exc))
    except EndRunError as exc:
        ended = exc.status, None, shown(exc.error, max_payload_bytes)
    status, output, error = ended
    return DryRun(
        cast("Ending", status),
        subject.version,
        _raw(output),
        _raw(error),
        effects.requests,
        list(_steps(trail.rows)),
        list(_waits(trail.rows, effects.assumed)),
        [*subject.warnings, *_warnings(given, trail.rows)],
    )


def _facts(subject: Rehearsed, identity: Identity, plan: Plan) -> Facts:
    execution = {
        "id": str(identity.id),
        "flowId": str(subject.flow_id),
        "version": subject.version,
        "trigger": "manual",
        "createdAt": moments.text(datetime.now(UTC)),
    }
    return Facts(
        subject.given.inputs, execution, partial(str.format, "https://callbacks.invalid/{}"), plan.loops
    )


def _steps(rows: list[LogRow]) -> Iterator[DryStep]:
    """The newest attempt of each step."""
    attempts: dict[str, list[LogRow]] = {}
    for row in rows:
        attempts.setdefault(row.path, []).append(row)
    for path, tries in attempts.items():
        last = tries[-1]
        inputs, output, error = map(_raw, (last.inputs, last.outputs, last.error))
        yield DryStep(path, last.kind, cast("Status", last.status), len(tries), inputs, output, error)


def _waits(rows: list[LogRow], assumed: set[str]) -> Iterator[DryWait]:
    for row in rows:
        details = {} if row.details is None else msgspec.json.decode(row.details)
        if "retryAt" in details:
            yield DryWait(row.path, "retry", datetime.fromisoformat(details["retryAt"]), False)
        elif row.kind in WAITS and row.status != "skipped":
            due = details.get("dueAt")
            until = None if due is None else datetime.fromisoformat(due)
            yield DryWait(row.path, WAITS[row.kind], until, row.path in assumed)


def _warnings(given: Given, rows: list[LogRow]) -> Iterator[Finding]:
    for field, name in given.unused():
        yield Finding("unused", "no step asked for this", pointer(f"/{field}", name))
    for path in dict.fromkeys(row.path for row in rows if row.kind == "flow" and row.status != "skipped"):
        detail = f"{path} starts another flow, which was not gone through: give its output in responses"
        yield Finding("flow_not_run", detail)


def _error(code: str, message: str) -> str:
    return _encode({"code": code, "message": message}).decode()


def _raw(text: str | None) -> Raw | None:
    return None if text is None else Raw(text.encode())
