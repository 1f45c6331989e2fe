"""One run does not keep the others of its worker from going on."""

from __future__ import annotations

import asyncio
import math
from typing import Any
from uuid import uuid4

import pytest

from tolstoy.engine import run
from tolstoy.engine.drive import drive
from tolstoy.engine.frame import Facts
from tolstoy.engine.journal import Record, Recorded
from tolstoy.engine.plan import compile_document
from tolstoy.engine.run import Identity, Run
from tolstoy.engine.trail import Trail

_HEAVY = "{{ inputs.l.map(a, inputs.l.filter(b, b == a).size()).size() }}"
_MANY = list(range(200))


class Nowhere:
    most = 0
    ended: Record | None = None

    async def record(self, _org_id: object, record: Record) -> Recorded:
        self.most = max(self.most, len(record.rows))
        self.ended = record if record.status else self.ended
        await asyncio.sleep(0)
        return Recorded(record.status or "running", False)


class NoEffects:
    max_payload_bytes = 2**20


def run_of(*steps: dict[str, Any], writer: Nowhere, **inputs: Any) -> Run:
    """A run in no database, whose record goes nowhere."""
    identity = Identity(uuid4(), uuid4(), uuid4(), 0, None)
    plan = compile_document({"steps": list(steps)})
    facts = Facts(inputs, {}, lambda path: path, plan.loops)
    trail = Trail(identity.org_id, identity.id, 1, writer)
    return Run(identity, plan, facts, {}, trail, NoEffects())  # type: ignore[arg-type]


async def test_others_get_their_turns_between_slow_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few for their records to give others a turn: it is the clock that does, here of any time at all."""
    monkeypatch.setattr(run, "SECONDS_AT_A_STRETCH", 0.0)
    writer, turns, steps = Nowhere(), 0, 20
    each = {"items": list(range(steps)), "steps": [{"key": "t", "transform": [_HEAVY] * 4}]}

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await drive(run_of({"key": "each", "forEach": each}, writer=writer, l=_MANY))
    beside.cancel()
    assert writer.ended is not None and writer.ended.status == "succeeded"
    assert turns >= steps, "a worker keeps 200 runs and their leases going in the same loop"


async def test_what_is_recorded_of_many_steps_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By their number, however fast they are."""
    monkeypatch.setattr(run, "SECONDS_AT_A_STRETCH", math.inf)
    writer = Nowhere()
    each = {"items": list(range(3000)), "steps": [{"key": "t", "transform": 1}]}
    await drive(run_of({"key": "each", "forEach": each}, writer=writer))
    assert writer.ended is not None and writer.ended.status == "succeeded"
    assert 100 <= writer.most <= 200


async def test_the_expressions_of_one_step_share_what_it_may_spend() -> None:
    writer = Nowhere()
    await drive(run_of({"key": "many", "transform": [_HEAVY] * 50}, writer=writer, l=_MANY))
    assert writer.ended is not None and writer.ended.status == "failed"
    assert "expression.limit" in (writer.ended.error or "")
