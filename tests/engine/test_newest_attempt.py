"""Which attempt is the newest, says its number: ids go by the clocks of the machines that made them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.engine.home import Home, published
from tolstoy.core.ids import new_id
from tolstoy.domain import dry_runs, execution_control, execution_views, executions
from tolstoy.domain.dry_runs import DryRunCreate
from tolstoy.domain.execution_control import ExecutionResume
from tolstoy.domain.execution_views import ExecutionViewQuery

STEPS: list[dict[str, Any]] = [
    {"key": "a", "http": {"method": "GET", "url": "https://tool.example"}},
    {"key": "b", "transform": 1},
]


async def _run(home: Home, *attempts: tuple[str, int, str]) -> UUID:
    """A failed run; the earlier an attempt is in the list, the lower is its id."""
    run = await executions.start(home.scope, await published(home.scope, steps=STEPS), {})
    assert run is not None
    await home.move(run.id, "running")
    await home.move(run.id, "failed")
    for step, attempt, status in attempts:
        await home.owner.execute(
            "INSERT INTO execution_logs (org_id, id, flow_id, execution_id, step_key, kind, attempt, inputs, outputs,"
            " status, user_id, recorded) SELECT org_id, $2, flow_id, id, $3::text,"
            " CASE $3::text WHEN 'a' THEN 'http' ELSE 'transform' END, $4, '{}',"
            " to_jsonb($4::int), $5, user_id, true FROM executions WHERE id = $1",
            run.id, new_id(), step, attempt, status,
        )  # fmt: skip
    return run.id


ATTEMPTS = (("a", 2, "completed"), ("a", 1, "failed"), ("b", 1, "failed"))


async def test_the_tree_shows_the_attempt_with_the_highest_number(home: Home) -> None:
    run = await _run(home, *ATTEMPTS)
    tree = await execution_views.get(home.scope, run, ExecutionViewQuery(include="outputs"))
    assert [(step.key, step.status, step.attempts) for step in tree.steps] == [
        ("a", "completed", 2), ("b", "failed", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(("attempts", "kept"), [(ATTEMPTS, ["a", "a"]), (ATTEMPTS[1:], [])])
async def test_a_resume_keeps_what_ended_well_in_the_end(home: Home, attempts: Any, kept: list[str]) -> None:
    run = await _run(home, *attempts)
    await execution_control.resume(home.scope, run, ExecutionResume())
    rows = await home.owner.fetch(
        "SELECT step_key FROM execution_logs WHERE execution_id = $1 AND NOT superseded", run
    )
    assert [row["step_key"] for row in rows] == kept


async def test_attempts_of_before_a_resume_do_not_count_among_those_after(home: Home) -> None:
    """They count anew then, from 1."""
    run = await _run(home, ("a", 3, "failed"))
    await execution_control.resume(home.scope, run, ExecutionResume())
    await home.owner.execute(
        "INSERT INTO execution_logs (org_id, id, flow_id, execution_id, step_key, kind, attempt, inputs, status,"
        " user_id, recorded) SELECT org_id, $2, flow_id, id, 'a', 'http', 1, '{}', 'completed', user_id, true"
        " FROM executions WHERE id = $1",
        run, new_id(),
    )  # fmt: skip
    tree = await execution_views.get(home.scope, run, ExecutionViewQuery())
    assert [(step.status, step.attempts) for step in tree.steps] == [("completed", 1), ("pending", 0)]


async def test_a_dry_run_is_given_the_attempts_in_their_order(home: Home) -> None:
    run = await _run(home, *ATTEMPTS)
    flow = await home.owner.fetchval("SELECT flow_id FROM executions WHERE id = $1", run)
    rehearsed = await dry_runs.prepare(home.scope, flow, DryRunCreate(recorded_from=run))
    assert [(one.path, one.completed) for one in rehearsed.recorded] == [("a", False), ("a", True)]
