"""Plans of statements, and what they may read before the scope is set."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import asyncpg

from tolstoy.core.ids import new_id
from tolstoy.db.tenancy import Door, Statement

# Settings by which a planner may come to other plans; the service's role, like any, may change them.
ADVERSE = {
    "as configured": {},
    "no nested loops": {"enable_nestloop": "off"},
    "nested loops only": {"enable_hashjoin": "off", "enable_mergejoin": "off"},
    "joins as written": {"join_collapse_limit": "1", "from_collapse_limit": "1"},
    "generic plans": {"plan_cache_mode": "force_generic_plan"},
    "custom plans": {"plan_cache_mode": "force_custom_plan"},
    "no indexes": {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_indexonlyscan": "off"},
    "no materialisation": {"enable_material": "off", "enable_memoize": "off"},
    "eager to work in parallel": {
        "parallel_setup_cost": "0",
        "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0",
        "max_parallel_workers_per_gather": "4",
    },
    "rows cost nothing": {"cpu_tuple_cost": "0", "cpu_operator_cost": "1000", "seq_page_cost": "0"},
}

# For the plans made for their arguments. With NULL some conditions can never hold, and the planner would take out of
# the plan what is to be looked at: a subquery that depends on no row any more is no subplan, though it reads nothing.
_SAMPLES = {
    "uuid": f"'{new_id()}'",
    "text": "'x'",
    "varchar": "'x'",
    "jsonb": "'{}'",
    "timestamptz": "now()",
    "int4": "1",
    "int2": "1",
    "int8": "1",
    "float8": "1",
    "bool": "true",
    "bytea": "'x'",
    "text[]": "'{x}'",
    "uuid[]": f"'{{{new_id()}}}'",
}


def _nodes(plan: dict[str, Any], inside: tuple[dict[str, Any], ...] = ()) -> Iterator[tuple[Any, Any]]:
    yield plan, inside
    for part in plan.get("Plans", []):
        yield from _nodes(part, (*inside, plan))


def reads_s(plan: dict[str, Any]) -> bool:
    return any(node.get("CTE Name") == "s" for node, _ in _nodes(plan))


def _part(node: dict[str, Any], relationship: str) -> dict[str, Any]:
    return next(part for part in node["Plans"] if part["Parent Relationship"] == relationship)


def read_too_early(plan: dict[str, Any]) -> list[str]:
    """The tables that this plan may read, or write, before the row of `s` is there.

    Early is what is neither the inner side of a nested loop whose outer side reads `s` (a hash join may fill its hash
    table first), nor fed by rows that come from `s`, nor a subplan (which is asked once for each row that has already
    been found).
    """
    early = []
    for node, inside in _nodes(plan):
        if "Relation Name" not in node:
            continue
        path = (*inside, node)
        late = any(
            above["Node Type"] == "Nested Loop"
            and below["Parent Relationship"] == "Inner"
            and reads_s(_part(above, "Outer"))
            for above, below in itertools.pairwise(path)
        )
        late |= any(above.get("Parent Relationship") == "SubPlan" for above in path)
        late |= node["Node Type"] == "ModifyTable" and _fed(node, plan)
        if not late:
            early.append(node["Relation Name"])
    return early


def _fed(write: dict[str, Any], plan: dict[str, Any]) -> bool:
    """Whether a write takes its rows from `s`, perhaps by way of another write that does."""
    sources = {node["CTE Name"] for node, _ in _nodes(write) if "CTE Name" in node}
    if "s" in sources:
        return True
    others = {
        node.get("Subplan Name", "").removeprefix("CTE "): node
        for node, _ in _nodes(plan)
        if node["Node Type"] == "ModifyTable"
    }
    return any(name in others and _fed(others[name], plan) for name in sources)


async def plan_of(connection: asyncpg.Connection, statement: Statement, door: Door) -> dict[str, Any]:
    text = statement.text(door)
    prepared = await connection.prepare(text)
    types = [f"{parameter.schema}.{parameter.name}" for parameter in prepared.get_parameters()]
    await connection.execute(f"PREPARE explained ({', '.join(types)}) AS {text}")
    try:
        values = ", ".join(_SAMPLES[parameter.name] for parameter in prepared.get_parameters())
        answer = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE explained ({values})")
    finally:
        await connection.execute("DEALLOCATE explained")
    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    return plan
