"""One run does not keep the others of its worker from going on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tolstoy.engine.drive import drive
from tolstoy.engine.frame import Facts
from tolstoy.engine.journal import Record, Recorded
from tolstoy.engine.plan import compile_document
from tolstoy.engine.run import Identity, Run
from tolstoy.engine.trail import Trail

_HEAVY = "{{ inputs.l.map(a, inputs.l.filter(b, b == a).size()).size() }}"


class Nowhere:
    rows = 0
    most = 0

    async def record(self, _org_id: object, record: Record) -> Recorded:
        self.most = max(self.most, len(record.rows))
        await asyncio.sleep(0)
        return Recorded(record.status or "running", False)


class NoEffects:
    max_payload_bytes = 2**20


@pytest.mark.parametrize(
    "step",
    [
        {"key": "each", "forEach": {"items": list(range(3000)), "steps": [{"key": "t", "transform": 1}]}},
        {"key": "many", "transform": [_HEAVY] * 50},
    ],
    ids=["many steps", "many expressions"],
)
async def test_others_get_their_turns(step: dict[str, Any]) -> None:
    identity, writer = Identity(uuid4(), uuid4(), uuid4(), 0, None), Nowhere()
    plan = compile_document({"steps": [step]})
    facts = Facts({"l": list(range(200))}, {}, lambda path: path, plan.loops)
    trail = Trail(identity.org_id, identity.id, 1, writer)
    run = Run(identity, plan, facts, {}, trail, NoEffects())  # type: ignore[arg-type]
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await drive(run)
    beside.cancel()
    assert turns > 20, "a worker keeps 200 runs and their leases going in the same loop"
    assert writer.most <= 200, "what is recorded at once is bounded"
