"""Bringing back the jobs of workers that died, which procrastinate leaves to its user.

A worker beats its heart in the database. When it is silent for too long its jobs are put back in
the queue. It may only have been frozen: then the job runs twice, which effects must bear.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from records.database import Database
from records.jobs.retrying import GiveUp, Retry, abandoned, call_give_up, log

STALLED_AFTER_SECONDS = 30.0

_STALLED = text(
    """
    SELECT job.id, job.task_name, job.args, job.attempts
      FROM procrastinate_jobs job
      LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
     WHERE job.status = 'doing' AND job.queue_name = ANY(:queues)
       AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :timeout))
     ORDER BY job.id
       FOR UPDATE OF job SKIP LOCKED
    """
)
_RETRY = text("SELECT procrastinate_retry_job_v1(:id, NULL, NULL, NULL, NULL)")
_FAIL = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")
_OWN = text("SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = :worker")
_PUT_BACK = text(
    "SELECT procrastinate_retry_job_v1(id, NULL, NULL, NULL, NULL) FROM procrastinate_jobs"
    " WHERE status = 'doing' AND id = ANY(:ids)"
)


def rescue_stalled(
    database: Database,
    tasks: Sequence[str],
    *,
    stalled_after: float = STALLED_AFTER_SECONDS,
    retry: Retry | None = None,
    give_up: GiveUp | None = None,
) -> int:
    """Put jobs back whose worker's heart stopped ``stalled_after`` seconds ago; return how many.

    A death counts as an attempt: a job that kills its worker each time is given up like any other.
    """
    retry = retry or Retry()
    lost: list[Any] = []
    with database.transaction() as session:
        rows = session.execute(_STALLED, {"queues": list(tasks), "timeout": stalled_after}).all()
        for row in rows:
            log.warning("job.stalled", task=row.task_name, job_id=row.id, attempt=row.attempts + 1)
            if row.attempts + 1 >= retry.attempts:
                lost.append(row)
            else:
                session.execute(_RETRY, {"id": row.id})
    for row in lost:
        # First the callback, then the mark: whoever dies in between leaves it to the next rescuer.
        error = abandoned(row.task_name, row.attempts + 1)
        call_give_up(give_up, row.task_name, row.id, row.args, error)
        with database.transaction() as session:
            session.execute(_FAIL, {"id": row.id})
    return len(rows)


def jobs_of(database: Database, worker: int) -> set[int]:
    """Return the jobs that the database says ``worker`` is running."""
    with database.transaction() as session:
        return set(session.execute(_OWN, {"worker": worker}).scalars())


def put_back(database: Database, ids: set[int]) -> None:
    """Make jobs due again that ended without their end being written down."""
    if not ids:
        return
    log.warning("job.orphaned", job_ids=sorted(ids))
    with database.transaction() as session:
        session.execute(_PUT_BACK, {"ids": list(ids)})
