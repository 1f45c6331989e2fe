"""What PGQueuer writes of jobs, for those alone that its worker still has.

It writes of a job by its id, whoever has it by now. A worker that lost a job to another one, having been silent too
long, would end it under the other's hands; were that one then killed, nobody would go on with the run.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pgqueuer import Job, Queries
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import JOB_STATUS, JobId

_END = (
    "WITH ended AS (DELETE FROM queue.pgqueuer WHERE id = ANY ($2::bigint[]) AND queue_manager_id = $1"
    " RETURNING id, entrypoint, priority)"
    " INSERT INTO queue.pgqueuer_log (job_id, status, entrypoint, priority)"
    " SELECT id, 'successful', entrypoint, priority FROM ended"
)
_HAND_BACK = (
    "UPDATE queue.pgqueuer SET status = 'queued', execute_after = now() + $3::interval, attempts = attempts + 1,"
    " updated = now(), queue_manager_id = NULL WHERE id = $2 AND queue_manager_id = $1"
)
_KEEP = "UPDATE queue.pgqueuer SET heartbeat = now() WHERE id = ANY ($2::bigint[]) AND queue_manager_id = $1"


class OwnJobs(Queries):
    owner: UUID

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        """Remove those whose work is done; another stays as it is, to be handed out anew when its lease is over."""
        done = [job.id for job, status, _ in job_status if status == "successful"]
        if done:
            await self.driver.execute(_END, self.owner, done)

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        await self.driver.execute(_HAND_BACK, self.owner, job.id, delay)

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        await self.driver.execute(_KEEP, self.owner, list(set(job_ids)))
