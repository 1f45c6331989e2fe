"""Runs lists of steps: looks up what is recorded, runs what is not, records how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from tolstoy.domain.canonical import canonical
from tolstoy.domain.expressions import EvaluationError
from tolstoy.engine.failures import AbandonedError, EndRunError, StepError, StepFailedError
from tolstoy.engine.frame import SKIPPED, Frame
from tolstoy.engine.plan import Node, inside
from tolstoy.engine.run import Run
from tolstoy.engine.step import Step
from tolstoy.engine.steps import RUNNERS
from tolstoy.engine.trail import Recall
from tolstoy.engine.values import encoded, told

MOST_STEPS = 100_000
MOST_KEPT_BYTES = 32 << 20
ABANDONED = "abandoned"


async def run_list(run: Run, frame: Frame, nodes: Sequence[Node]) -> Any:
    """The output of the last of them; raises StepFailedError, AbandonedError."""
    output = None
    for node in nodes:
        if frame.given_up():
            raise AbandonedError
        path = frame.path(node.key)
        recall = run.trail.recalled.get(path)
        value = None if recall is None else _recalled(recall)
        if value is not None and value["status"] == "failed" and value["error"].get("code") == ABANDONED:
            raise AbandonedError
        if value is None:
            if run.trail.recovers:  # let the siblings come to what is recorded of them first
                await asyncio.sleep(0)
                if frame.given_up():
                    raise AbandonedError
            value = await _run(run, frame, node, path)
            if value["status"] == "failed":
                _recall_inside(run, frame, node)
        else:
            _recall_inside(run, frame, node)
        frame.values[node.key] = value
        await run.breathe()
        if value["status"] == "failed" and node.step.on_error == "fail":
            raise StepFailedError(path, value["error"])
        output = value["output"]
    return output


def _recall_inside(run: Run, frame: Frame, node: Node) -> None:
    """The steps inside a switch or a parallel that is done can be referred to behind it."""
    for inner in inside(node):
        recall = run.trail.recalled.get(frame.path(inner.key))
        value = None if recall is None else _recalled(recall)
        frame.values.setdefault(inner.key, SKIPPED if value is None else value)


def _recalled(recall: Recall) -> dict[str, Any] | None:
    row = recall.row
    if row.status == "started" or recall.retry_at is not None:
        return None
    return {
        "status": row.status,
        "output": None if row.outputs is None else canonical(msgspec.json.decode(row.outputs)),
        "error": None if row.error is None else canonical(msgspec.json.decode(row.error)),
    }


async def _run(run: Run, frame: Frame, node: Node, path: str) -> dict[str, Any]:
    step = Step(run, frame, node, path, run_list)
    if len(run.trail.recalled) >= MOST_STEPS:
        raise _too_much("too_many_steps", f"A run goes through at most {MOST_STEPS} steps.")
    try:
        if step.recall is None and node.execute_if is not None and not frame.truth(node.execute_if):
            return _skip(step, "executeIf")
        if step.recall is None and await step.is_skipped_by_action():
            return _skip(step, "the action's executeIf")
        # as it will be read back: a run that is taken over must see what this one sees
        output = canonical(await RUNNERS[node.kind](step))
        text = encoded(output, "the step's output", run.effects.max_payload_bytes)
    except EvaluationError as exc:
        return _fail(step, StepError(f"expression.{exc.code}", str(exc)))
    except StepFailedError as exc:  # of a step inside it
        inner = {"step": exc.path, **exc.error}
        return _fail(step, StepError(inner.pop("code"), inner.pop("message"), **inner))
    except StepError as exc:
        return _fail(step, exc)
    except AbandonedError:
        await _abandon(step)
        raise
    if run.trail.kept + len(text) > MOST_KEPT_BYTES:
        raise _too_much(
            "run_too_large", f"The outputs of a run's steps have at most {MOST_KEPT_BYTES} bytes."
        )
    if step.row is None:
        run.trail.begin(path, node.kind, status="completed", outputs=text)
    else:
        run.trail.end(step.row, "completed", outputs=text)
    return {"status": "completed", "output": output, "error": None}


def _too_much(code: str, message: str) -> EndRunError:
    return EndRunError("failed", {"code": code, "message": message})


async def _abandon(step: Step) -> None:
    """What a sibling's failure ended is over, and nobody is asked for it any more."""
    if step.row is not None and step.row.status == "started":
        error = {"code": ABANDONED, "message": "A step beside this one has failed."}
        step.run.trail.cut_off(step.row, error)
    if step.node.kind in ("approval", "callback"):
        await step.run.effects.forgotten(step.path, step.round)


def _skip(step: Step, reason: str) -> dict[str, Any]:
    details = msgspec.json.encode({"skippedBy": reason}).decode()
    step.run.trail.begin(step.path, step.node.kind, status="skipped", details=details)
    for inner in inside(step.node):
        step.frame.values[inner.key] = SKIPPED
    return SKIPPED


def _fail(step: Step, error: StepError) -> dict[str, Any]:
    value = told(error.value, step.run.effects.max_payload_bytes)
    text = msgspec.json.encode(value).decode()
    if step.row is None and step.recall is not None and step.recall.row.status == "started":
        step.row = step.recall.row  # what an earlier claim had open
    if step.row is None:
        attempt = step.attempt if step.recall is None else step.recall.row.attempt + 1
        step.run.trail.begin(step.path, step.node.kind, status="failed", error=text, attempt=attempt)
    else:
        step.run.trail.end(step.row, "failed", error=text)
    return {"status": "failed", "output": None, "error": value}
