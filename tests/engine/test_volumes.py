"""How much an organization stores, and what begins no more when that is too much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.engine.home import Home
from tolstoy.core.errors import StorageFullError
from tolstoy.db import tenancy
from tolstoy.domain import execution_logs, executions, organizations
from tolstoy.domain.execution_logs import ExecutionLogCreate
from tolstoy.domain.executions import Execution
from tolstoy.domain.organizations import OrganizationChange
from tolstoy.engine import volumes

# No compression makes it much smaller than this many bytes.
TEXT = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(2_000))


async def _start(home: Home, **inputs: Any) -> Execution:
    return await executions.start(home.scope, home.flow_id, inputs)


async def _limit(home: Home, most: int | None) -> None:
    change = OrganizationChange(max_stored_bytes=most)
    await organizations.change(tenancy.platform(home.database), home.scope.org_id, change, None)


async def _measured(home: Home, most: int = 0) -> int | None:
    """Measured now, however lately it was before."""
    await home.owner.execute("UPDATE stored_volumes SET measured_at = measured_at - interval '1 hour'")
    await volumes.measure(home.database, most)
    return await home.owner.fetchval("SELECT bytes FROM stored_volumes WHERE org_id = $1", home.scope.org_id)


async def test_runs_and_logs_are_measured_as_they_are_stored(home: Home) -> None:
    await _limit(home, 1 << 40)
    assert await _measured(home) == 0
    await _start(home)
    one = await _measured(home)
    assert one is not None and 200 < one < 300
    await _start(home, text=TEXT)
    two = await _measured(home)
    assert two is not None and 4_000 < two - one < 8_000
    sent = ExecutionLogCreate(
        flow_id=home.flow_id, step_key="mine", inputs={}, outputs={"text": TEXT}, status="completed"
    )
    await execution_logs.create(home.scope, sent)
    three = await _measured(home)
    assert three is not None and 4_000 < three - two < 8_000
    await home.owner.execute("DELETE FROM execution_logs")
    assert await _measured(home) == two


async def test_nothing_is_measured_where_nothing_is_limited(home: Home) -> None:
    await _start(home)
    assert await _measured(home) is None
    assert await _measured(home, most=1000) is not None
    assert await _measured(home) is None


async def test_it_is_measured_a_hundred_times_as_long_apart_as_it_takes(home: Home) -> None:
    await volumes.measure(home.database, 1000)
    first = await home.owner.fetchval("SELECT measured_at FROM stored_volumes")
    await volumes.measure(home.database, 1000)
    assert await home.owner.fetchval("SELECT measured_at FROM stored_volumes") == first
    back = "UPDATE stored_volumes SET seconds = $1, measured_at = measured_at - $2::interval RETURNING measured_at"
    for seconds, ago, again in ((60.0, timedelta(minutes=90), False), (60.0, timedelta(minutes=20), True)):
        moved = await home.owner.fetchval(back, seconds, ago)
        await volumes.measure(home.database, 1000)
        assert (await home.owner.fetchval("SELECT measured_at FROM stored_volumes") != moved) is again
    moved = await home.owner.fetchval("SELECT measured_at FROM stored_volumes")
    await volumes.measure(home.database, 2000)
    assert await home.owner.fetchval("SELECT measured_at FROM stored_volumes") != moved, (
        "another limit counts at once"
    )


async def test_above_the_limit_nothing_new_begins(home: Home) -> None:
    parent = await _start(home, text=TEXT)
    await _measured(home, most=1000)
    with pytest.raises(StorageFullError, match="may take 1000: delete some"):
        await _start(home)
    mine = ExecutionLogCreate(flow_id=home.flow_id, step_key="mine", inputs={}, status="completed")
    with pytest.raises(StorageFullError):
        await execution_logs.create(home.scope, mine)
    # what has begun goes on
    await home.move(parent.id, "running")
    await home.owner.execute("SELECT set_config('app.org_id', $1, false)", str(home.scope.org_id))
    await home.owner.execute(
        "INSERT INTO execution_logs (org_id, id, flow_id, execution_id, step_key, inputs, status, user_id, recorded)"
        " SELECT org_id, gen_random_uuid(), flow_id, id, 'greet', '{}', 'completed', user_id, true FROM executions"
    )
    await home.owner.execute(
        "INSERT INTO executions (org_id, id, flow_id, version, user_id, trigger, inputs, callback_secret, parent_id)"
        " SELECT org_id, gen_random_uuid(), flow_id, version, user_id, 'flow', '{}', callback_secret, id"
        " FROM executions WHERE id = $1",
        parent.id,
    )
    await _limit(home, 1 << 40)
    assert (await _start(home)).status == "queued"
    await _limit(home, 1)
    with pytest.raises(StorageFullError):
        await _start(home)
    await home.owner.execute("DELETE FROM executions")
    await home.owner.execute("DELETE FROM execution_logs")
    await _measured(home)
    assert (await _start(home)).status == "queued"
