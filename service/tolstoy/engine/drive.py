"""Drives one run as far as it goes now, and writes how it then stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from tolstoy.domain.execution_steps import CUT_OFF
from tolstoy.domain.expressions import EvaluationError
from tolstoy.engine.failures import EndRunError, StepError, StepFailedError
from tolstoy.engine.frame import Frame
from tolstoy.engine.run import Run
from tolstoy.engine.stepper import run_list
from tolstoy.engine.trail import cancelled
from tolstoy.engine.values import encoded, told


@dataclass(frozen=True, slots=True)
class Outcome:
    status: str
    output: str | None = None
    error: dict[str, Any] | None = None


async def drive(run: Run) -> None:
    """Raises LostLeaseError and HandedBackError, with nothing more written."""
    while True:
        outcome = await _outcome(run)
        if outcome is None:
            if await _left_waiting(run):
                return
            continue
        most = run.effects.max_payload_bytes
        run.trail.close_open(outcome.error or CUT_OFF, most)
        error = None if outcome.error is None else msgspec.json.encode(told(outcome.error, most)).decode()
        await run.trail.close(outcome.status, output=outcome.output, error=error)
        return


async def _left_waiting(run: Run) -> bool:
    """Whether the run has left this worker; not where it was signalled or cancelled in that very moment."""
    pause = run.suspended
    if pause is None:
        raise RuntimeError("a run without an outcome is one that waits")
    run.suspended = None
    deadline = run.identity.deadline
    wake_at = min((at for at in (pause.due, deadline) if at is not None), default=None)
    done = await run.trail.close("waiting", wake_at=wake_at, waiting_for=pause.reason)
    if done.cancelled:
        run.stop(cancelled())
    return done.status == "waiting"


async def _outcome(run: Run) -> Outcome | None:
    """How the run ended; None where it waits."""
    if isinstance(run.stopping, EndRunError):
        return _ended(run, run.stopping)
    work = run.begin(_document(run))
    left = None
    if run.identity.deadline is not None:
        left = (run.identity.deadline - datetime.now(UTC)).total_seconds()
    try:
        done, _ = await asyncio.wait({work}, timeout=left)
    except asyncio.CancelledError:
        work.cancel()
        await asyncio.wait({work})
        raise
    if not done:
        run.stop(_timed_out())
        await asyncio.wait({work})
    try:
        await run.trail.settle()
    except EndRunError as exc:
        run.stop(exc)
    if not work.cancelled() and isinstance(ending := work.exception(), EndRunError):
        run.stop(ending)  # a step has learned of it before the worker was told
    if run.stopping is not None and not _finished(work):
        if isinstance(run.stopping, EndRunError):
            return _ended(run, run.stopping)
        raise run.stopping
    if work.cancelled() and run.suspended is not None:
        return None
    return work.result()


def _ended(run: Run, ending: EndRunError) -> Outcome:
    """What had failed the run stays its error, also when its onFailure steps are cut off."""
    if run.failure is not None:
        return Outcome("failed", error={**run.failure, "onFailure": ending.error})
    return Outcome(ending.status, error=ending.error)


def _finished(work: asyncio.Task[Outcome]) -> bool:
    return not work.cancelled() and work.exception() is None


async def _document(run: Run) -> Outcome:
    frame = Frame(run.facts)
    try:
        await run_list(run, frame, run.plan.steps)
        output = encoded(frame.render(run.plan.output), "the run's output", run.effects.max_payload_bytes)
        return Outcome("succeeded", output)
    except StepFailedError as exc:
        error = exc.value
    except EvaluationError as exc:
        error = {"code": f"expression.{exc.code}", "message": f"output: {exc}"}
    except StepError as exc:
        error = exc.value
    if run.plan.on_failure:
        run.failure = error
        try:
            await run_list(run, Frame(run.facts, frame, error=error), run.plan.on_failure)
        except StepFailedError as exc:
            error = {**error, "onFailure": exc.value}
    return Outcome("failed", error=error)


def _timed_out() -> EndRunError:
    return EndRunError("failed", {"code": "run_timed_out", "message": "The run took longer than it may."})
