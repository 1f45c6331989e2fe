"""Whether runs became what they had to: nothing lost, nothing done twice, nothing without a record."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from tests.acceptance.flows import KINDS

_RUNS = "SELECT id, status, output, error, parent_id, inputs FROM executions"
_LOGS = (
    "SELECT execution_id, step_key, attempt, status, finished_at, error ->> 'code' AS code,"
    " details ->> 'idempotencyKey' AS key FROM execution_logs WHERE recorded ORDER BY execution_id, id"
)


async def check_runs(owner: asyncpg.Connection, started: Mapping[str, tuple[str, str, float]]) -> None:
    """`started` has for each execution its kind, the name its calls carry, and its seconds."""
    runs = {str(row["id"]): row for row in await owner.fetch(_RUNS)}
    logs: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in await owner.fetch(_LOGS):
        logs[str(row["execution_id"])].append(row)
    assert started.keys() <= runs.keys(), "runs that were answered 202 are gone"
    for run, (kind, name, seconds) in started.items():
        _check_run(kind, name, seconds, runs[run], logs[run])
    children = Counter(str(row["parent_id"]) for row in runs.values() if row["parent_id"])
    parents = [run for run, (kind, *_) in started.items() if kind == "parent"]
    of_started = {run: number for run, number in children.items() if run in started}
    assert of_started == dict.fromkeys(parents, 1), "a flow step starts its run exactly once"
    # a start may be committed whose 202 was lost with the database
    assert set(children.values()) <= {1}, children
    for row in runs.values():
        if row["parent_id"]:
            _check_run("chain", json.loads(row["inputs"])["run"], 0, row, logs[str(row["id"])])


def _check_run(
    name: str, marker: str, seconds: float, run: asyncpg.Record, logs: Sequence[asyncpg.Record]
) -> None:
    kind = KINDS[name]
    where = f"{marker} {run['id']}"
    assert run["status"] == kind.status, f"{where}: {run['status']} {run['error']}"
    output = None if run["output"] is None else json.loads(run["output"])
    assert output == kind.output(marker, seconds), where
    for status, expected in (("completed", kind.completed), ("skipped", kind.skipped)):
        found = Counter(row["step_key"] for row in logs if row["status"] == status)
        assert found == Counter(expected), f"{where} {status}: {found - Counter(expected)}"
    last: dict[str, asyncpg.Record] = {}
    attempts: dict[str, list[int]] = defaultdict(list)
    for row in logs:
        last[row["step_key"]] = row
        attempts[row["step_key"]].append(row["attempt"])
        assert row["status"] != "started" and row["finished_at"] is not None, f"{where} {row['step_key']}"
    assert {path for path, row in last.items() if row["status"] == "failed"} == kind.failed, where
    for path, numbers in attempts.items():
        assert numbers == list(range(1, len(numbers) + 1)), f"{where} {path}: attempts {numbers}"


async def check_calls(owner: asyncpg.Connection, asked: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Reads the tool's record against the logs; returns how often each key was seen."""
    keys_of: dict[tuple[str, str], set[str]] = defaultdict(set)
    for request in asked:
        body = json.loads(request["body"])
        keys_of[body["run"], body["step"]].add(request["headers"]["idempotency-key"])
    assert {call: keys for call, keys in keys_of.items() if len(keys) > 1} == {}, "one key for each call"
    seen = Counter(key for keys in keys_of.values() for key in keys)
    assert max(seen.values()) == 1, "no two calls share a key"
    counts = Counter(str(request["headers"]["idempotency-key"]) for request in asked)
    attempts: Counter[str] = Counter()
    for row in await owner.fetch(_LOGS):
        if row["key"] is not None:
            attempts[row["key"]] += 1
            assert row["key"] == str(uuid5(UUID(str(row["execution_id"])), f"{row['step_key']}#0"))
            assert row["status"] != "completed" or counts[row["key"]] >= 1, "recorded, and never made"
    assert counts.keys() <= attempts.keys(), "a call without a record"
    # an attempt is on record before its call is made
    assert counts <= attempts, {key: (counts[key], attempts[key]) for key in counts - attempts}
    return counts
