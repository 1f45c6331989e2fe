"""One run does not keep the others of its worker from going on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tolstoy.engine.drive import drive
from tolstoy.engine.frame import Facts
from tolstoy.engine.journal import Record, Recorded
from tolstoy.engine.plan import compile_document
from tolstoy.engine.run import Identity, Run
from tolstoy.engine.trail import Trail

_HEAVY = "{{ inputs.l.map(a, inputs.l.filter(b, b == a).size()).size() }}"


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


def _run(step: dict[str, Any], writer: Nowhere) -> Run:
    identity = Identity(uuid4(), uuid4(), uuid4(), 0, None)
    plan = compile_document({"steps": [step]})
    facts = Facts({"l": list(range(200))}, {}, lambda path: path, plan.loops)
    trail = Trail(identity.org_id, identity.id, 1, writer)
    return Run(identity, plan, facts, {}, trail, NoEffects())  # type: ignore[arg-type]


async def test_others_get_their_turns_between_many_steps() -> None:
    writer, turns = Nowhere(), 0
    each = {"items": list(range(3000)), "steps": [{"key": "t", "transform": 1}]}

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await drive(_run({"key": "each", "forEach": each}, writer))
    beside.cancel()
    assert turns > 20, "a worker keeps 200 runs and their leases going in the same loop"
    assert writer.most <= 200, "what is recorded at once is bounded"
    assert writer.ended is not None and writer.ended.status == "succeeded"


async def test_the_expressions_of_one_step_share_what_it_may_spend() -> None:
    writer = Nowhere()
    await drive(_run({"key": "many", "transform": [_HEAVY] * 50}, writer))
    assert writer.ended is not None and writer.ended.status == "failed"
    assert "expression.limit" in (writer.ended.error or "")
