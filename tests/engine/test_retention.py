"""What is kept long enough goes, a batch at a time, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.conftest import Databases
from tests.engine.home import Home
from tolstoy.db.database import Connector
from tolstoy.domain import execution_logs, executions
from tolstoy.domain.execution_logs import ExecutionLogCreate
from tolstoy.engine import retention


async def _ended(home: Home, days_ago: float) -> str:
    run = await executions.start(home.scope, home.flow_id, {})
    assert run is not None
    await home.move(run.id, "running")
    await home.move(run.id, "succeeded", finished_at=datetime.now(UTC) - timedelta(days=days_ago))
    await home.owner.execute(
        "INSERT INTO execution_logs (org_id, id, flow_id, execution_id, step_key, inputs, status, user_id, recorded)"
        " SELECT org_id, gen_random_uuid(), flow_id, id, 'greet', '{}', 'completed', user_id, true"
        " FROM executions WHERE id = $1",
        run.id,
    )
    return str(run.id)


async def _kept(home: Home) -> tuple[set[str], int]:
    runs = await home.owner.fetch("SELECT id FROM executions")
    logs = await home.owner.fetchval("SELECT count(*) FROM execution_logs")
    return {str(row["id"]) for row in runs}, int(logs)


async def _forbid(home: Home, run: str) -> None:
    """Let the batch fail that this run is in."""
    await home.owner.execute(
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$"
    )
    await home.owner.execute(
        "CREATE TRIGGER breaks BEFORE DELETE ON executions FOR EACH ROW"
        f" WHEN (OLD.id = '{run}') EXECUTE FUNCTION breaks()"
    )


async def test_ended_runs_go_with_their_logs_after_their_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    old = [await _ended(home, 31) for _ in range(5)]
    young = await _ended(home, 29)
    open_run = await executions.start(home.scope, home.flow_id, {})
    assert open_run is not None
    theirs = ExecutionLogCreate(flow_id=home.flow_id, step_key="mine", inputs={}, status="completed")
    await execution_logs.create(home.scope, theirs)
    await _forbid(home, old[3])
    with pytest.raises(asyncpg.RaiseError):
        await retention.prune(home.database, 30)
    assert await _kept(home) == ({*old[2:], young, str(open_run.id)}, 5), "what the batch before took is gone"
    await home.owner.execute("DROP TRIGGER breaks ON executions")
    await retention.prune(home.database, 30)
    runs, logs = await _kept(home)
    assert runs == {young, str(open_run.id)}
    assert logs == 2, "the young run's, and the one that a client wrote"


async def test_nothing_goes_where_everything_is_kept(home: Home) -> None:
    old = await _ended(home, 10_000)
    await retention.prune(home.database, 0)
    assert (await _kept(home))[0] == {old}


async def test_the_queues_log_goes_after_a_day(home: Home, database: Databases) -> None:
    await home.owner.execute(
        "INSERT INTO queue.pgqueuer_log (job_id, status, priority, entrypoint, created)"
        " SELECT n, 'successful', 0, 'run', now() - n * interval '1 hour' FROM generate_series(1, 48) n"
    )
    await retention.prune_queue_log(Connector(database.direct, None))
    assert await home.owner.fetchval("SELECT count(*) FROM queue.pgqueuer_log") == 23
