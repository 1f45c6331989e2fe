"""The attempts of an outside call: begun on record, tried again where that may help, with one key for all of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import UNSET

from tolstoy.core import moments
from tolstoy.domain.action_request import Request, RequestError
from tolstoy.domain.flow_step import MAX_DELAY_SECONDS, Retry
from tolstoy.engine import retry_after
from tolstoy.engine.credential import Credential
from tolstoy.engine.failures import AbandonedError, StepError
from tolstoy.engine.outbound import CallError, Response, decoded
from tolstoy.engine.step import Step
from tolstoy.engine.values import shown, told

TIMEOUT_SECONDS = 30.0
# By RFC 9110 these may be sent again whatever became of them.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_MOST_OF_BODY = 16 * 1024
_CODES = {"timeout": "timeout", "connection": "connection", "protocol": "connection"}
_INTERRUPTED = {
    "code": "interrupted",
    "message": "The worker ended before an answer was recorded; whether the call arrived is not known.",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    request: Request
    inputs: Any
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed. `unknown`: nobody knows whether the call had its effect."""

    error: StepError
    code: str  # as `retry.on` names it
    unknown: bool = False
    retry_after: float | None = None


async def call(step: Step, prepare: Callable[[], Prepared], *, on_unknown: str) -> Any:
    """The decoded answer; raises StepError when no attempt is left."""
    retry = step.node.step.retry if isinstance(step.node.step.retry, Retry) else Retry()
    timeout = step.node.step.timeout_seconds
    seconds = TIMEOUT_SECONDS if timeout is UNSET else float(timeout)
    try:
        prepared = prepare()
    except RequestError as exc:
        findings = [msgspec.to_builtins(finding) for finding in exc.findings]
        raise StepError("invalid_inputs", str(exc), errors=findings) from exc
    key = step.run.trail.key_of(step.path)
    _mark(prepared.request, key)
    await _take_up(step, prepared.request, on_unknown)
    while True:
        if step.frame.given_up():
            raise AbandonedError
        failure = await _attempt(step, prepared, key, seconds)
        if not isinstance(failure, Failure):
            return failure
        tries = step.attempt - step.run.trail.recalled[step.path].interrupted
        if failure.unknown and on_unknown == "fail" and prepared.request.method not in _IDEMPOTENT:
            raise StepError(
                "unknown_outcome", f"the call was sent: {failure.error.message}", cause=failure.code
            )
        if not _again(failure, retry, tries):
            raise failure.error
        await _retry_later(step, failure, delay_seconds(retry, tries, failure.retry_after))


def _mark(request: Request, key: str) -> None:
    if not any(name.lower() == "idempotency-key" for name in request.headers):
        request.headers["Idempotency-Key"] = key


async def _take_up(step: Step, request: Request, on_unknown: str) -> None:
    """Go on from what an earlier claim recorded of this call."""
    recall = step.recall
    if recall is None:
        return
    step.attempt = recall.row.attempt + 1
    if recall.row.status == "started":
        recall.interrupted += 1
        step.run.trail.end(recall.row, "failed", error=msgspec.json.encode(_INTERRUPTED).decode())
        if on_unknown == "fail" and request.method not in _IDEMPOTENT:
            step.row = recall.row
            raise StepError("unknown_outcome", _INTERRUPTED["message"])
    elif (due := recall.retry_at) is not None:
        while step.run.now() < due:
            await step.pause(due, "retry")


async def _attempt(step: Step, prepared: Prepared, key: str, seconds: float) -> Any:
    """The output, or why there is none."""
    request = prepared.request
    step.row = step.run.trail.begin(
        step.path,
        step.node.kind,
        attempt=step.attempt,
        inputs=shown(prepared.inputs, step.run.effects.max_payload_bytes),
        details=msgspec.json.encode(
            {"request": {"method": request.method, "url": request.target}, "idempotencyKey": key}
        ).decode(),
    )
    await step.run.trail.flush()
    try:
        response = await step.run.effects.send(step.path, request, seconds, prepared.credential)
        if response.status >= 300:
            return _refused(response)
        return {"status": response.status, "headers": response.headers, "body": decoded(response)}
    except CallError as exc:
        unknown = exc.sent and exc.kind in _CODES
        return Failure(StepError(_code(exc.kind), exc.detail), _code(exc.kind), unknown)


def _code(kind: str) -> str:
    return _CODES.get(kind, kind)


def _refused(response: Response) -> Failure:
    """An answer that is none of success, with what it said as far as that can be read."""
    if len(response.body) > _MOST_OF_BODY:
        said: Any = {"truncated": True, "bytes": len(response.body)}
    else:
        try:
            said = decoded(response)
        except CallError as exc:
            said = {"unreadable": exc.detail}
    code = f"http.{response.status}"
    error = StepError(
        code,
        f"the tool answered {response.status}",
        status=response.status,
        headers=response.headers,
        body=said,
    )
    return Failure(error, code, retry_after=retry_after.seconds(response.headers))


def _again(failure: Failure, retry: Retry, tries: int) -> bool:
    classes = {failure.code, f"{failure.code[:6]}xx"} if failure.code.startswith("http.") else {failure.code}
    return tries < retry.max_attempts and not classes.isdisjoint(retry.on)


def delay_seconds(retry: Retry, tries: int, retry_after: float | None) -> float:
    """How long to wait after the attempt number `tries`: at least what the tool asked for."""
    delay = min(retry.interval_seconds * retry.backoff_rate ** (tries - 1), retry.max_delay_seconds)
    if retry.jitter == "full":
        delay = random.uniform(0, delay)  # noqa: S311 - a delay, not a secret
    return min(max(delay, retry_after or 0.0), MAX_DELAY_SECONDS)


async def _retry_later(step: Step, failure: Failure, seconds: float) -> None:
    due = step.run.now() + timedelta(seconds=seconds)
    row = step.row
    if row is None:
        raise RuntimeError("an attempt that failed has its row")
    details = {**msgspec.json.decode(row.details or "{}"), "retryAt": moments.text(due)}
    step.run.trail.end(
        row,
        "failed",
        error=msgspec.json.encode(told(failure.error.value, step.run.effects.max_payload_bytes)).decode(),
        details=msgspec.json.encode(details).decode(),
    )
    step.attempt += 1
    step.row = None
    while step.run.now() < due:
        await step.pause(due, "retry")
