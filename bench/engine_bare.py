"""What the engine is measured against: a loop written by hand that makes the same calls and writes, and nothing else.

The same client with the same settings, a pool of the same size, as many runs at once, and single-row INSERTs, each
committed on its own: as many as the engine writes rows and versions of rows for a run. It has no queue, no leases, no
tenants, no expressions, validates nothing and could not go on after a crash.

`python -m bench.engine_bare ADDRESS TOOL_PORT RUNS CALLS WRITES` prints the seconds that all runs took.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator

import aiohttp
import asyncpg
import msgspec
import uvloop
from uuid_utils.compat import uuid7

from tolstoy.core.settings import Settings
from tolstoy.db.database import PlainConnection
from tolstoy.engine.guard import CONNECTIONS_PER_HOST, KEEP_ALIVE_SECONDS

WARM_UP_RUNS = 200
# As execution_logs has it, but for row-level security: the loop's rows cost Postgres what the engine's do.
TABLE = """
CREATE TABLE IF NOT EXISTS bench_rows (
    id uuid NOT NULL PRIMARY KEY, org_id uuid NOT NULL, execution_id uuid NOT NULL, step_key varchar(500) NOT NULL,
    kind varchar(20), attempt int NOT NULL, status varchar(20) NOT NULL, inputs jsonb NOT NULL, outputs jsonb,
    details jsonb, started_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz
);
CREATE INDEX IF NOT EXISTS bench_rows_of_run ON bench_rows (org_id, execution_id, id);
"""
_INSERT = (
    "INSERT INTO bench_rows (id, org_id, execution_id, step_key, kind, attempt, status, inputs, outputs, details)"
    " VALUES ($1, $2, $3, $4, 'action', 1, $5, $6, $7, $8)"
)
ORG = uuid7()


async def run(session: aiohttp.ClientSession, pool: asyncpg.Pool, port: int, calls: int, writes: int) -> None:
    """The writes are spread evenly over the calls; the last one of each has the answer."""
    execution = uuid7()
    before = writes
    for number in range(calls):
        step, rest = "abc"[number % 3], calls - number - 1
        here = before - (before * rest) // (rest + 1)
        before -= here
        sent = {"order": "ord_1042", "amount": 1999}
        inputs = msgspec.json.encode(sent).decode()
        for _ in range(here - 1):
            await pool.execute(_INSERT, uuid7(), ORG, execution, step, "started", inputs, None, None)
        async with session.post(
            f"http://127.0.0.1:{port}/bare/{execution}/{step}",
            data=msgspec.json.encode(sent),
            headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid7())},
        ) as answer:
            body = msgspec.json.decode(await answer.read())
            output = {"status": answer.status, "headers": dict(answer.headers), "body": body}
        text = msgspec.json.encode(output).decode()
        await pool.execute(_INSERT, uuid7(), ORG, execution, step, "completed", inputs, text, None)


async def insert(pool: asyncpg.Pool, writes: int) -> None:
    execution = uuid7()
    for _ in range(writes):
        await pool.execute(
            _INSERT, uuid7(), ORG, execution, "shape", "completed", "{}", '{"total": 1999}', None
        )


async def measure(address: str, port: int, runs: int, calls: int, writes: int) -> float:
    settings = Settings()
    connector = aiohttp.TCPConnector(
        limit=0, limit_per_host=CONNECTIONS_PER_HOST, keepalive_timeout=KEEP_ALIVE_SECONDS
    )
    async with (
        asyncpg.create_pool(
            address, min_size=0, max_size=settings.pool_size, connection_class=PlainConnection
        ) as pool,
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        await pool.execute(TABLE)

        async def work(numbers: Iterator[int]) -> None:
            for _ in numbers:
                if calls:
                    await run(session, pool, port, calls, writes)
                else:
                    await insert(pool, writes)

        async def all_of(number: int) -> float:
            numbers, began = iter(range(number)), time.perf_counter()
            await asyncio.gather(*(work(numbers) for _ in range(settings.worker_concurrency)))
            return time.perf_counter() - began

        await all_of(WARM_UP_RUNS)
        return await all_of(runs)


if __name__ == "__main__":
    print(uvloop.run(measure(sys.argv[1], *map(int, sys.argv[2:]))))
