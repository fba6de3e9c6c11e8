"""Running what is due in the calling thread: tests and the headless demo, without a worker."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

from sqlalchemy import text

from records.database import Database
from records.errors import JobUnknown
from records.jobs.retrying import GiveUp, Retry, Task, call_give_up, describe, log
from records.jobs.stalled import rescue_stalled

_HEARTBEAT_SECONDS = 10.0

# procrastinate_fetch_job_v2 with the time as a parameter, so that a test's clock decides.
_FETCH = text(
    """
    WITH candidate AS (
        SELECT job.id FROM procrastinate_jobs AS job
         WHERE job.status = 'todo' AND job.task_name NOT LIKE '% tick'
           AND (job.scheduled_at IS NULL
                OR job.scheduled_at <= COALESCE(CAST(:at AS timestamptz), now()))
           AND NOT EXISTS (
               SELECT 1 FROM procrastinate_jobs AS other
                WHERE other.lock = job.lock
                  AND (other.status = 'doing' OR (other.status = 'todo' AND (
                      other.priority > job.priority
                      OR (other.priority = job.priority AND other.id < job.id)))))
         ORDER BY job.priority DESC, job.id LIMIT 1
           FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker
      FROM candidate WHERE procrastinate_jobs.id = candidate.id
    RETURNING procrastinate_jobs.id, task_name, args, attempts
    """
)
_FINISH = text(
    "SELECT procrastinate_finish_job_v1(:id, CAST(:status AS procrastinate_job_status), :delete)"
)
_RETRY = text("SELECT procrastinate_retry_job_v1(:id, :at, NULL, NULL, NULL)")
_REGISTER = text("SELECT worker_id FROM procrastinate_register_worker_v1()")
_UNREGISTER = text("SELECT procrastinate_unregister_worker_v1(:worker)")
_BEAT = text("SELECT procrastinate_update_heartbeat_v1(:worker)")


@dataclass(frozen=True, slots=True)
class _Job:
    id: int
    task: str
    args: dict[str, Any]
    attempts: int


def run_due(
    database: Database,
    tasks: Mapping[str, Task],
    *,
    at: datetime | None = None,
    limit: int = 10_000,
    retry: Retry | None = None,
    give_up: GiveUp | None = None,
    stop_at_error: bool = True,
) -> int:
    """Run every job due at ``at`` (default: the server's now), and those they make due.

    A failing job is put back with its backoff as a worker would; then its error is raised, or
    with ``stop_at_error=False`` the next job runs. Returns how many jobs ran well. Other workers
    may run at the same time: each job is taken by one. Jobs of dead workers are brought back first.
    """
    retry = retry or Retry()
    rescue_stalled(database, sorted(tasks), retry=retry, give_up=give_up)
    done = 0
    with _registered(database) as worker:
        for _ in range(limit):
            job = _fetch(database, worker, at)
            if job is None:
                return done
            try:
                _run(tasks, job)
            except Exception as error:
                _put_back(database, job, error, at, retry, give_up)
                if stop_at_error:
                    raise
            else:
                with database.transaction() as session:
                    session.execute(_FINISH, {"id": job.id, "status": "succeeded", "delete": True})
                done += 1
    return done


def _run(tasks: Mapping[str, Task], job: _Job) -> None:
    task = tasks.get(job.task)
    if task is None:
        raise JobUnknown(task=job.task)
    task(**job.args)


def _fetch(database: Database, worker: int, at: datetime | None) -> _Job | None:
    with database.transaction() as session:
        row = session.execute(_FETCH, {"worker": worker, "at": at}).one_or_none()
    return None if row is None else _Job(row.id, row.task_name, row.args, row.attempts)


def _put_back(
    database: Database,
    job: _Job,
    error: Exception,
    at: datetime | None,
    retry: Retry,
    give_up: GiveUp | None,
) -> None:
    spent = retry.is_spent(job.attempts, error)
    log.warning(
        "job.failed", task=job.task, job_id=job.id, attempt=job.attempts + 1, **describe(error)
    )
    if spent:
        call_give_up(give_up, job.task, job.id, job.args, error)
    with database.transaction() as session:
        if spent:
            session.execute(_FINISH, {"id": job.id, "status": "failed", "delete": False})
        else:
            again = (at or datetime.now(UTC)) + retry.delay(job.attempts)
            session.execute(_RETRY, {"id": job.id, "at": again})


@contextmanager
def _registered(database: Database) -> Iterator[int]:
    """Register as a worker and keep the heart beating, so that nobody takes us for dead."""
    with database.transaction() as session:
        worker: int = session.execute(_REGISTER).scalar_one()
    over = Event()

    def beat() -> None:
        while not over.wait(_HEARTBEAT_SECONDS):
            with database.transaction() as session:
                session.execute(_BEAT, {"worker": worker})

    heart = Thread(target=beat, name="run-due-heartbeat", daemon=True)
    heart.start()
    try:
        yield worker
    finally:
        over.set()
        heart.join(timeout=timedelta(seconds=5).total_seconds())
        with database.transaction() as session:
            session.execute(_UNREGISTER, {"worker": worker})
