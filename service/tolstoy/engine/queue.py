"""The consumer of the job queue: PGQueuer, kept going through lost connections and restarts of the database.

A job is a hint that something may go on; what is true stands in the rows that it names. So a job may be handed out
twice, and one whose work was done already does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer import AsyncpgDriver, Job, QueueManager
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.errors import PgqException, RetryRequested

from tolstoy.core import log
from tolstoy.core.errors import UnavailableError
from tolstoy.db.database import Connector
from tolstoy.db.turns import DRIVER_ERRORS
from tolstoy.engine.failures import HandedBackError
from tolstoy.engine.outage import Outage
from tolstoy.engine.own_jobs import OwnJobs

# Works on (organization, subject, job); an error is a reason to try again.
Handler = Callable[[UUID, UUID, int], Coroutine[Any, Any, None]]

SIGNALS = "tolstoy_signal"
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_PINGS = 1.0
SECONDS_OF_HEALTH = 10.0  # after which a lost connection is a new misfortune, not the old one
_BATCH = 50
_WHO = "the queue"
# Nobody waits for this lock: tolstoy.queue_state counts its holders, which are the workers there are.
_PRESENT = "SELECT pg_advisory_lock_shared(1953459315, 1)"
# All of them said: it would read what is left out from environment variables, some of whose names are anybody's.
_SETTINGS = DBSettings(
    prefix="",
    db_schema="queue",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    trigger="tg_pgqueuer_changed",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    statistics_table="pgqueuer_statistics",
    schedules_table="pgqueuer_schedules",
)


class Queue:
    def __init__(
        self,
        connect: Connector,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int,
        lease_seconds: int,
        on_signal: Callable[[UUID], Awaitable[None]],
        outage: Outage,
        beat: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._handlers = handlers
        self._concurrency = concurrency
        self._lease = timedelta(seconds=lease_seconds)
        self._on_signal = on_signal
        self._outage = outage
        self._beat = beat
        self._live: dict[tuple[str, UUID], asyncio.Task[None]] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._manager: QueueManager | None = None
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()

    async def serve(self) -> None:
        """Until `stop`; ends when what was under way then has ended."""
        delay = 0.1
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            begun = loop.time()
            try:
                async with self._connection() as (connection, lost):
                    await self._consume(connection, lost)
            except (*DRIVER_ERRORS, PgqException, RuntimeError) as exc:
                self._outage.begun(_WHO, self._connect.options, exc)
            self.connected.clear()
            if loop.time() - begun > SECONDS_OF_HEALTH:
                delay = 0.1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(2.0, delay * 2)

    def stop(self) -> None:
        """Take no more jobs."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncpg.Connection, asyncio.Future[None]]]:
        connection = await self._connect()
        lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection.add_termination_listener(lambda _: _resolve(lost))
        try:
            await connection.execute(_PRESENT)
            await connection.add_listener(SIGNALS, self._signalled)
            yield connection, lost
        finally:
            _resolve(lost)
            with contextlib.suppress(*DRIVER_ERRORS):
                await connection.close(timeout=2)

    async def _consume(self, connection: asyncpg.Connection, lost: asyncio.Future[None]) -> None:
        driver = AsyncpgDriver(connection)
        queries = OwnJobs(
            driver,
            qbe=QueryBuilderEnvironment(settings=_SETTINGS),
            qbq=QueryQueueBuilder(settings=_SETTINGS),
        )
        manager = self._manager = QueueManager(queries)
        queries.owner = manager.queue_manager_id
        for name, handler in self._handlers.items():
            manager.entrypoint(name, accepts_context=False)(self._executor(name, handler, lost))
        if self._stopping.is_set():
            return
        self.connected.set()
        batch = min(_BATCH, self._concurrency // 2)
        watching = asyncio.create_task(self._watch(driver, connection, lost))
        try:
            await manager.run(
                dequeue_timeout=timedelta(seconds=SECONDS_BETWEEN_LOOKS),
                batch_size=batch,
                max_concurrent_tasks=self._concurrency,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=self._lease,
                log_aggregation_interval=timedelta(0),
            )
        finally:
            watching.cancel()

    async def _watch(
        self, driver: AsyncpgDriver, connection: asyncpg.Connection, lost: asyncio.Future[None]
    ) -> None:
        """Give up a connection that has ended, or on which no answer comes for as long as a lease lasts.

        asyncpg does not tell its listener of every end, and one that something between here and the database has
        forgotten does not end at all; by then others have the jobs.
        """
        try:
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_PINGS)
                async with asyncio.timeout(self._lease.total_seconds()):
                    await driver.fetch("SELECT 1")
                self._outage.over(_WHO)
                self._beat()
        except DRIVER_ERRORS as exc:
            self._outage.begun(
                _WHO, self._connect.options, exc if str(exc) else TimeoutError("no answer comes")
            )
            connection.terminate()
            _resolve(lost)

    def _executor(
        self, name: str, handler: Handler, lost: asyncio.Future[None]
    ) -> Callable[[Job], Awaitable[None]]:
        async def execute(job: Job) -> None:
            org_id, subject = UUID(bytes=(job.payload or b"")[:16]), UUID(bytes=(job.payload or b"")[16:32])
            key = (name, subject)
            # Work that outlived its connection goes on; its job, handed out anew, keeps its lease and then looks again
            before = self._live.get(key)
            if before is not None:
                await _either(before, lost)
            task = asyncio.create_task(handler(org_id, subject, int(job.id)))
            self._live[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
            await _either(task, lost)

        return execute

    def _forget(self, key: tuple[str, UUID], done: asyncio.Task[None]) -> None:
        if self._live.get(key) is done:
            del self._live[key]

    def _signalled(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        task = asyncio.create_task(self._tell(UUID(str(payload))))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def _tell(self, subject: UUID) -> None:
        with contextlib.suppress(UnavailableError):  # the periodic look finds it
            await self._on_signal(subject)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _either(task: asyncio.Task[None], lost: asyncio.Future[None]) -> None:
    """Wait for the task as long as the queue's connection lasts; raises RetryRequested where the job is not done."""
    await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        raise RetryRequested(timedelta(0), "the connection of the queue was lost")
    if task.cancelled():
        raise RetryRequested(timedelta(0), "stopped")
    match task.exception():
        case None:
            return
        case HandedBackError():
            raise RetryRequested(timedelta(0), "handed back")
        case exc:
            log.get().error("a job failed; it is tried again", action="job_failed", exc_info=exc)
            raise RetryRequested(timedelta(seconds=2), str(exc))
