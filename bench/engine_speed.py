"""How many runs and steps a worker gets through, beside a loop written by hand, and with much behind it."""

from __future__ import annotations

from statistics import median

import asyncpg

from bench import servers
from bench.engine_world import EMPTY, MOST_AT_ONCE, World, allow, enqueue, finished
from bench.figures import Figures

ROUNDS = 3
RUNS = 2000
WARM_UP_RUNS = 300
FEW_ROWS, MANY_ROWS = 1000, 1_000_000
_WRITES = "SELECT sum(n_tup_ins + n_tup_upd)::bigint FROM pg_stat_user_tables WHERE schemaname IN ('public', 'queue')"


async def http3(figures: Figures, world: World) -> None:
    """Three calls, against a loop that makes the same three and as many writes."""
    writes = await _writes_of_a_run(world, "http3")
    figures.add("engine.http3.writes", writes)
    engine, bare, few = [], [], []
    with world.worker():
        async with world.connected() as connection:
            await _took(connection, world, "http3", WARM_UP_RUNS)
            for _ in range(ROUNDS):
                engine.append(RUNS / await _took(connection, world, "http3", RUNS))
                bare.append(RUNS / _bare(world, RUNS, calls=3, writes=round(writes)))
                few.append(RUNS / _bare(world, RUNS, calls=3, writes=4))
    figures.add("engine.http3.runs_per_s", median(engine))
    figures.add("engine.bare3.runs_per_s", median(bare))
    figures.add("engine.http3.ratio", _ratio(engine, bare))
    figures.add("engine.http3.ratio_to_4_inserts", _ratio(engine, few))


async def transform3(figures: Figures, world: World) -> None:
    """Three steps without calls, against the rate of single-row INSERTs of the same three rows."""
    figures.add("engine.transform3.writes", await _writes_of_a_run(world, "transform3"))
    engine, rows = [], []
    with world.worker():
        async with world.connected() as connection:
            await _took(connection, world, "transform3", WARM_UP_RUNS)
            for _ in range(ROUNDS):
                engine.append(3 * RUNS / await _took(connection, world, "transform3", RUNS))
                rows.append(3 * RUNS / _bare(world, RUNS, calls=0, writes=3))
    figures.add("engine.transform3.steps_per_s", median(engine))
    figures.add("engine.inserts_per_s", median(rows))
    figures.add("engine.transform3.ratio", _ratio(engine, rows))


async def steps(figures: Figures, world: World) -> None:
    """Whether a run's cost grows faster than its steps: the same number of steps in few long runs, in many short."""
    short, long = [], []
    with world.worker():
        async with world.connected() as connection:
            for _ in range(ROUNDS + 1):
                short.append(10_000 / await _took(connection, world, "transform10", 1000))
                long.append(10_000 / await _took(connection, world, "transform1000", 10))
    figures.add("engine.steps10.steps_per_s", median(short[1:]))
    figures.add("engine.steps1000.steps_per_s", median(long[1:]))
    figures.add("engine.steps.ratio", _ratio(long[1:], short[1:]))


async def history(figures: Figures, world: World) -> None:
    """The same flow in a database with few rows of finished runs and in one with many, in turn."""
    few, many = world.in_database("bench_few"), world.in_database("bench_many")
    async with world.connected() as connection:
        for copy in (few, many):
            await connection.execute(f"CREATE DATABASE {copy.database} TEMPLATE {EMPTY}")
    for copy, rows in ((few, FEW_ROWS), (many, MANY_ROWS)):
        async with copy.connected() as connection:
            await _age(connection, copy, rows)
    rates: tuple[list[float], list[float]] = ([], [])
    with few.worker(), many.worker():
        async with few.connected() as one, many.connected() as other:
            sides = ((one, few, rates[0]), (other, many, rates[1]))
            for number in range(ROUNDS + 1):
                for connection, copy, taken in sides if number % 2 else reversed(sides):
                    taken.append(3 * RUNS / await _took(connection, copy, "http3", RUNS))
    figures.add("engine.history.steps_per_s", median(rates[1][1:]))
    figures.add("engine.history.ratio", _ratio(rates[1][1:], rates[0][1:]))


async def _age(connection: asyncpg.Connection, world: World, rows: int) -> None:
    organization = world.alice
    await allow(connection, organization, MOST_AT_ONCE)
    await connection.execute(_AGE.format(org=organization.id, user=organization.user_id,
                                         flow=organization.flows["http3"], runs=rows // 3))  # fmt: skip
    await connection.execute("VACUUM ANALYZE")


_AGE = """
CREATE TABLE aged AS SELECT gen_random_uuid() AS id FROM generate_series(1, {runs});
INSERT INTO executions (id, org_id, user_id, flow_id, version, trigger, inputs, output, status, callback_secret,
                        started_at, finished_at, epoch, seq, status_seq, created_at)
SELECT id, '{org}', '{user}', '{flow}', 1, 'manual', '{{}}', '{{}}', 'succeeded', '\\x0011223344556677',
       now(), now(), 1, 8, 8, now() - interval '1 day' FROM aged;
INSERT INTO execution_logs (id, org_id, flow_id, execution_id, user_id, recorded, step_key, kind, attempt, status,
                            inputs, outputs, started_at, finished_at, started_seq, finished_seq)
SELECT gen_random_uuid(), '{org}', '{flow}', aged.id, '{user}', true, step, 'action', 1, 'completed',
       '{{"order": "ord_1042", "amount": 1999}}', '{{"status": 200, "body": {{"id": "ord_1042"}}}}', now(), now(), 1, 2
FROM aged, unnest(ARRAY['a', 'b', 'c']) step;
DROP TABLE aged;
"""


async def _took(connection: asyncpg.Connection, world: World, flow: str, runs: int) -> float:
    return await finished(connection, await enqueue(connection, world.alice, flow, runs))


async def _writes_of_a_run(world: World, flow: str) -> float:
    """Rows inserted and new versions of rows, from its claim to its end, as Postgres counts them."""
    async with world.connected() as connection:
        await allow(connection, world.alice, MOST_AT_ONCE)
        queued = await enqueue(connection, world.alice, flow, WARM_UP_RUNS)
        await connection.fetchval("SELECT pg_stat_force_next_flush()")
    async with world.connected() as connection:
        before = await connection.fetchval(_WRITES)
        with world.worker():
            await finished(connection, queued)
    async with world.connected() as connection:  # its backends have ended, so all is counted
        return float(await connection.fetchval(_WRITES) - before) / WARM_UP_RUNS


def _bare(world: World, runs: int, *, calls: int, writes: int) -> float:
    numbers = (world.tool_port, runs, calls, writes)
    return float(servers.script("bench.engine_bare", world.address, *map(str, numbers)))


def _ratio(numerators: list[float], denominators: list[float]) -> float:
    return median(a / b for a, b in zip(numerators, denominators, strict=True))
