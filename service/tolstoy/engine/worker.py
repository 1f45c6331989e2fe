"""A worker: takes runs from the queue, and does its share of the rounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from tolstoy.core import log
from tolstoy.core.settings import Settings
from tolstoy.db import renewal
from tolstoy.db.database import Database, open_database
from tolstoy.domain import key_rotation
from tolstoy.domain.egress import Policy
from tolstoy.engine import deliveries, retention, rounds, scheduler, volumes
from tolstoy.engine.outage import Outage
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.queue import Queue
from tolstoy.engine.runner import Runner

SECONDS_TO_HAND_BACK = 5.0
SECONDS_BETWEEN_LOOKS = 5.0


async def work(
    settings: Settings,
    stop: asyncio.Event,
    *,
    outage: Outage,
    beat: Callable[[], None],
) -> None:
    """Until `stop` is set, with a `beat` in each second in which it can work; then in two phases, as SIGTERM asks.

    1. No more jobs are taken; what is under way gets `shutdown_timeout_seconds` to end.
    2. What has not ended is handed back, for another worker to go on with.
    """
    connect = renewal.connector(settings, renewal.direct)
    service = renewal.connector(settings, renewal.service).options
    database = await open_database(
        service,
        size=settings.pool_size,
        waiters=max(settings.pool_waiters, 2 * settings.worker_concurrency),
        timeout_seconds=max(settings.pool_timeout_seconds, 10.0),
        statement_cache_size=settings.statement_cache_size,
        renew=renewal.renewal(settings),
        keys=settings.keys,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        outbounds = await stack.enter_async_context(
            Outbounds(
                Policy.of(settings),
                max_response_bytes=settings.max_response_bytes,
            )
        )
        runner = Runner(
            database,
            outbounds,
            max_payload_bytes=settings.max_payload_bytes,
            public_url=settings.public_url,
        )

        async def deliver(org_id: UUID, delivery_id: UUID, _job: int) -> None:
            await deliveries.deliver(database, outbounds, org_id, delivery_id)

        queue = Queue(
            connect,
            {"run": runner.work, "deliver": deliver},
            concurrency=settings.worker_concurrency,
            lease_seconds=settings.lease_seconds,
            on_signal=runner.signal,
            outage=outage,
            beat=beat,
        )

        async def look() -> float:
            await runner.look()
            return SECONDS_BETWEEN_LOOKS

        repeat = partial(rounds.repeat, outage=outage)
        pruning: dict[str, Callable[[Database], Awaitable[float]]] = {
            "retention": partial(retention.prune, days=settings.retention_days),
            "kept answers": retention.prune_answers,
            "allowances": retention.prune_allowances,
            "authorizations": retention.prune_authorizations,
        }
        chores = [
            repeat("waking", lambda: rounds.wake_due(database), where=service),
            repeat("admission", lambda: rounds.admit(database), where=service, longest=2.0),
            repeat(
                "requeueing",
                lambda: rounds.requeue(database),
                where=service,
                longest=rounds.SECONDS_BETWEEN_COUNTS,
            ),
            repeat("schedules", lambda: scheduler.tick(database), where=service),
            repeat("signals", look, where=service, longest=SECONDS_BETWEEN_LOOKS),
            *(
                repeat(
                    name,
                    partial(prune, database),
                    where=service,
                    longest=retention.SECONDS_BETWEEN,
                    patience=retention.SECONDS_BETWEEN,
                )
                for name, prune in pruning.items()
            ),
            repeat(
                "keys",
                lambda: key_rotation.round_(database),
                where=service,
                longest=key_rotation.SECONDS_BETWEEN,
                patience=key_rotation.SECONDS_BETWEEN,
            ),
            repeat(
                "volumes",
                lambda: volumes.measure(database, settings.max_stored_bytes),
                where=service,
                longest=volumes.SECONDS_BETWEEN,
                patience=retention.SECONDS_BETWEEN,
            ),
            repeat(
                "queue log",
                lambda: retention.prune_queue_log(connect),
                where=connect.options,
                longest=retention.SECONDS_BETWEEN,
                patience=retention.SECONDS_BETWEEN,
            ),
        ]
        if settings.log_format == "json":  # it is for alarms to read, not for people
            chores.append(
                repeat(
                    "queue state",
                    lambda: rounds.tell(database),
                    where=service,
                    longest=rounds.SECONDS_BETWEEN_LINES,
                )
            )
        tasks = [asyncio.create_task(chore) for chore in chores]
        serving = asyncio.create_task(queue.serve())
        try:
            if await _connected(queue, stop):
                log.get().info(
                    "a worker works", action="worker_works", concurrency=settings.worker_concurrency
                )
                await stop.wait()
        finally:
            queue.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _end(runner, serving, settings.shutdown_timeout_seconds)


async def _connected(queue: Queue, stop: asyncio.Event) -> bool:
    """Waits for the queue, and not for ever: a worker may be told to stop before the database is there."""
    either = [asyncio.create_task(event.wait()) for event in (queue.connected, stop)]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in either:
            task.cancel()
    return not stop.is_set()


async def _end(runner: Runner, serving: asyncio.Task[None], seconds: float) -> None:
    log.get().info(
        f"stopping: {_runs(len(runner.running))} under way", action="stopping", runs=len(runner.running)
    )
    await asyncio.wait({serving}, timeout=seconds)
    left = 0 if serving.done() else len(runner.running)
    if not serving.done():
        log.get().info(f"handing {_runs(left)} back", action="handing_back", runs=left)
        runner.hand_back()
        await asyncio.wait({serving}, timeout=SECONDS_TO_HAND_BACK)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    log.get().info(f"ended; {_runs(left)} handed back", action="stopped", handed_back=left)


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"
