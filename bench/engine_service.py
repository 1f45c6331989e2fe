"""How soon runs begin, what waiting costs, whether tenants disturb each other, how much memory it takes."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.request import urlopen
from uuid import UUID

import aiohttp
import asyncpg
import psutil

from bench.engine_world import (
    MOST_AT_ONCE,
    Organization,
    World,
    allow,
    cpu_percent,
    enqueue,
    finished,
)
from bench.figures import Figures
from bench.servers import Server

STARTS, STARTS_FOR_THE_RATE = 1500, 1000
WAITING_RUNS = 10_000
SECONDS_OF_WAITING = 10
QUEUED_RUNS = 20_000
FAIR_RUNS, FAIR_RUNS_PER_SECOND = 200, 10
DEFAULT_MOST = 100
RUNS_AT_ONCE = 200
RUNS_OF_MEMORY = int(os.environ.get("BENCH_RUNS", "20000"))


async def latency(figures: Figures, world: World) -> None:
    """At a tenth of the maximum rate: from the 202 to the first byte at the tool, and from answer to next call."""
    async with world.connected() as connection:
        await allow(connection, world.alice, MOST_AT_ONCE)
        with world.api() as api, world.worker():
            for _ in range(2):  # the first one warms up
                runs = await enqueue(connection, world.alice, "http3", STARTS_FOR_THE_RATE)
                rate = STARTS_FOR_THE_RATE / await finished(connection, runs) / 10
            await _started(api, world.alice, "http3", STARTS // 10, rate)
            await asyncio.sleep(1)
            _times(world)
            answered = await _started(api, world.alice, "http3", STARTS, rate)
            await finished(connection, list(answered))
    calls = _times(world)
    starts = [(calls[run][0].began - at) * 1000 for run, at in answered.items()]
    between = [
        (after.began - before.ended) * 1000
        for run in answered
        for before, after in zip(calls[run], calls[run][1:], strict=False)
    ]
    figures.add("engine.start.runs_per_s", rate)
    figures.add("engine.start.p50_ms", median(starts))
    figures.add("engine.start.p99_ms", quantiles(starts, n=100)[98])
    figures.add("engine.step.p50_ms", median(between))
    figures.add("engine.step.p99_ms", quantiles(between, n=100)[98])


async def waiting(figures: Figures, world: World) -> None:
    """What worker and Postgres take while nothing is to do, without waiting runs and with many."""
    async with world.connected() as connection:
        await allow(connection, world.alice, MOST_AT_ONCE)
        with world.worker() as worker:
            await asyncio.sleep(2)
            figures.add("engine.idle.cpu_percent", cpu_percent(world, worker, SECONDS_OF_WAITING))
            began = time.perf_counter()
            runs = await enqueue(connection, world.alice, "wait", WAITING_RUNS)
            while await connection.fetchval(_NOT_WAITING, runs):
                await asyncio.sleep(0.1)
            figures.add("engine.waiting.runs_per_s", WAITING_RUNS / (time.perf_counter() - began))
            await connection.execute(
                "VACUUM ANALYZE executions"
            )  # else autovacuum would, while it is measured
            await connection.execute("VACUUM ANALYZE execution_logs")
            await asyncio.sleep(5)
            figures.add("engine.waiting.cpu_percent", cpu_percent(world, worker, SECONDS_OF_WAITING))
        await connection.execute("DELETE FROM execution_logs WHERE execution_id = ANY ($1)", runs)
        await connection.execute("DELETE FROM executions WHERE id = ANY ($1)", runs)


_NOT_WAITING = "SELECT true FROM executions WHERE id = ANY ($1) AND status <> 'waiting' LIMIT 1"


async def fair(figures: Figures, world: World) -> None:
    """Bob's runs, some each second, alone and while Alice has many more queued than she may run at once.

    Both run three calls of a tool that takes 200 ms, with the default limits.
    """
    async with world.connected() as connection:
        await allow(connection, world.alice, DEFAULT_MOST)
        with world.api() as api, world.worker():
            await _latencies(api, world, connection)
            alone = await _latencies(api, world, connection)
            await enqueue(connection, world.alice, "slow3", QUEUED_RUNS, DEFAULT_MOST)
            await asyncio.sleep(2)
            beside = await _latencies(api, world, connection)
            left = await connection.fetchval(_PARKED)
        assert left > 0, "Alice's runs were over before Bob's"
        await connection.execute("UPDATE executions SET status = 'cancelled', parked = false WHERE parked")
        await connection.execute("DELETE FROM executions WHERE status IN ('queued', 'running')")
        await allow(connection, world.alice, MOST_AT_ONCE)
    figures.add("engine.fair.alone_p95_ms", _p95(alone))
    figures.add("engine.fair.beside_p95_ms", _p95(beside))
    figures.add("engine.fair.p95_ratio", _p95(beside) / _p95(alone))


_ACTIVE = "SELECT true FROM executions WHERE id = ANY ($1) AND finished_at IS NULL LIMIT 1"
_PARKED = "SELECT count(*) FROM executions WHERE parked"
_LATENCIES = (
    "SELECT extract(epoch FROM finished_at - created_at) * 1000 AS ms FROM executions WHERE id = ANY ($1)"
)


async def _latencies(api: Server, world: World, connection: asyncpg.Connection) -> list[float]:
    runs = list(await _started(api, world.bob, "slow3", FAIR_RUNS, FAIR_RUNS_PER_SECOND))
    while await connection.fetchval(_ACTIVE, runs):
        await asyncio.sleep(0.1)
    return [float(row["ms"]) for row in await connection.fetch(_LATENCIES, runs)]


async def memory(figures: Figures, world: World) -> None:
    """Of the worker: with many runs at once in long calls, and whether it stays what it is over many more."""
    async with world.connected() as connection:
        await allow(connection, world.alice, MOST_AT_ONCE)
        with world.worker(WORKER_CONCURRENCY=str(RUNS_AT_ONCE)) as worker:
            sizes: list[float] = []
            watching = asyncio.create_task(_watch_rss(worker, sizes))
            await finished(connection, await enqueue(connection, world.alice, "slow3", 10 * RUNS_AT_ONCE))
            warm = _rss_mb(worker)
            for _ in range(max(1, RUNS_OF_MEMORY // MOST_AT_ONCE)):
                number = min(RUNS_OF_MEMORY, MOST_AT_ONCE)
                await finished(connection, await enqueue(connection, world.alice, "http3", number))
            watching.cancel()
            figures.add("engine.rss_growth_mb", _rss_mb(worker) - warm)
    figures.add("engine.rss_mb", max(sizes))


async def _watch_rss(worker: psutil.Process, sizes: list[float]) -> None:
    """All the while, since it is at its largest while it has runs in hand."""
    while True:
        sizes.append(_rss_mb(worker))
        await asyncio.sleep(0.1)


def _rss_mb(worker: psutil.Process) -> float:
    return float(worker.memory_info().rss) / 1024**2


async def _started(
    api: Server, organization: Organization, flow: str, number: int, per_second: float
) -> dict[UUID, float]:
    """Start runs over the API at even intervals; when each 202 was there."""
    answered: dict[UUID, float] = {}
    path = f"http://127.0.0.1:{api.port}/flows/{organization.flows[flow]}/executions"
    began = time.monotonic()

    async def one(session: aiohttp.ClientSession, nth: int) -> None:
        await asyncio.sleep(max(0.0, began + nth / per_second - time.monotonic()))
        async with session.post(path, json={}, headers=organization.headers) as answer:
            body = await answer.read()
            at = time.monotonic()
        if answer.status != 202:
            raise RuntimeError(f"a start was answered with {answer.status}: {body!r}")
        answered[UUID(json.loads(body)["id"])] = at

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session, nth) for nth in range(number)))
    return answered


@dataclass(frozen=True)
class Call:
    began: float
    ended: float


def _times(world: World) -> dict[UUID, list[Call]]:
    """When the tool got each run's calls and had answered them, since it was last asked."""
    calls: dict[UUID, list[Call]] = defaultdict(list)
    with urlopen(f"http://127.0.0.1:{world.tool_port}/times") as told:
        for path, began, ended in json.load(told):
            calls[UUID(path.split("/")[2])].append(Call(began, ended))
    return calls


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[18]
