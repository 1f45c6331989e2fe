"""A worker: takes runs from the queue, and does its share of the rounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

from tolstoy.core import log
from tolstoy.core.database_urls import parse
from tolstoy.core.settings import Settings
from tolstoy.db.database import Renew, open_database
from tolstoy.engine import deliveries, retention, rounds, scheduler
from tolstoy.engine.egress import Policy
from tolstoy.engine.outbound import Outbound
from tolstoy.engine.queue import Queue
from tolstoy.engine.runner import Runner

SECONDS_TO_HAND_BACK = 5.0
SECONDS_BETWEEN_LOOKS = 5.0


async def work(
    settings: Settings,
    stop: asyncio.Event,
    *,
    ready: Callable[[], None] = lambda: None,
    renew: Renew | None = None,
) -> None:
    """Until `stop` is set: then in two phases, as SIGTERM asks for it.

    1. No more jobs are taken; what is under way gets `shutdown_timeout_seconds` to end.
    2. What has not ended is handed back, for another worker to go on with.
    """
    if settings.database_url is None or settings.direct_url is None:
        raise RuntimeError("the command that works knows the database's addresses")
    direct = parse(settings.direct_url)
    database = await open_database(
        parse(settings.database_url),
        size=settings.pool_size,
        waiters=max(settings.pool_waiters, 2 * settings.worker_concurrency),
        timeout_seconds=max(settings.pool_timeout_seconds, 10.0),
        statement_cache_size=settings.statement_cache_size,
        renew=renew,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        outbound = await stack.enter_async_context(
            Outbound(Policy.allowing(settings.egress_allow), max_response_bytes=settings.max_response_bytes)
        )
        runner = Runner(
            database,
            outbound,
            max_payload_bytes=settings.max_payload_bytes,
            public_url=settings.public_url,
        )

        async def deliver(org_id: UUID, delivery_id: UUID, _job: int) -> None:
            await deliveries.deliver(database, outbound, org_id, delivery_id)

        queue = Queue(
            direct,
            {"run": runner.work, "deliver": deliver},
            concurrency=settings.worker_concurrency,
            lease_seconds=settings.lease_seconds,
            on_signal=runner.signal,
        )

        async def look() -> float:
            await runner.look()
            return SECONDS_BETWEEN_LOOKS

        chores = [
            rounds.repeat("waking", lambda: rounds.wake_due(database)),
            rounds.repeat("admission", lambda: rounds.admit(database), longest=2.0),
            rounds.repeat(
                "requeueing", lambda: rounds.requeue(database), longest=rounds.SECONDS_BETWEEN_COUNTS
            ),
            rounds.repeat("schedules", lambda: scheduler.tick(database)),
            rounds.repeat("signals", look, longest=SECONDS_BETWEEN_LOOKS),
            rounds.repeat(
                "retention",
                lambda: retention.prune(database, settings.retention_days),
                longest=retention.SECONDS_BETWEEN,
                patience=retention.SECONDS_BETWEEN,
            ),
            rounds.repeat(
                "queue log",
                lambda: retention.prune_queue_log(direct),
                longest=retention.SECONDS_BETWEEN,
                patience=retention.SECONDS_BETWEEN,
            ),
        ]
        tasks = [asyncio.create_task(chore) for chore in chores]
        serving = asyncio.create_task(queue.serve())
        try:
            if await _connected(queue, stop):
                log.get().info(
                    "a worker works", action="worker_works", concurrency=settings.worker_concurrency
                )
                ready()
                await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _end(queue, runner, serving, settings.shutdown_timeout_seconds)


async def _connected(queue: Queue, stop: asyncio.Event) -> bool:
    """Waits for the queue, and not for ever: a worker may be told to stop before the database is there."""
    either = [asyncio.create_task(event.wait()) for event in (queue.connected, stop)]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in either:
            task.cancel()
    return not stop.is_set()


async def _end(queue: Queue, runner: Runner, serving: asyncio.Task[None], seconds: float) -> None:
    queue.stop()
    await asyncio.wait({serving}, timeout=seconds)
    if not serving.done():
        log.get().info(
            f"handing {len(runner.running)} runs back", action="handing_back", runs=len(runner.running)
        )
        runner.hand_back()
        await asyncio.wait({serving}, timeout=SECONDS_TO_HAND_BACK)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
