"""What waits, runs and failed: for health pages, operators, and pages that say what is next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.jobs.queueing import lock_of

State = Literal["waiting", "retrying", "running", "failed"]

_COLUMNS = """
    SELECT id, task_name, status::text AS status, attempts, scheduled_at, args
      FROM procrastinate_jobs
"""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as it stands. Jobs that ended well are gone: their result is in the domain's tables."""

    id: int
    task: str
    state: State
    attempts: int
    due_at: datetime | None
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of a task are in a state, and since when the oldest due one waits."""

    task: str
    state: State
    count: int
    oldest_due: datetime | None


def status(session: Session, task: str, *, key: str) -> JobStatus | None:
    """Return the newest job of this task and key, or ``None`` when none is left to do."""
    row = session.execute(
        text(_COLUMNS + " WHERE lock = :lock ORDER BY id DESC LIMIT 1"),
        {"lock": lock_of(task, key)},
    ).one_or_none()
    return None if row is None else _status_of(row)


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A job that was tried in vain: again at ``next_at``, or given up (``state`` "failed")."""

    task: str
    state: State
    attempts: int
    since: datetime
    next_at: datetime | None
    args: dict[str, Any]


def held_up(session: Session, arg: str, values: Collection[str]) -> list[HeldUp]:
    """Return the jobs tried in vain whose argument ``arg`` is one of ``values``, oldest first."""
    rows = session.execute(
        text(
            """
            SELECT job.id, task_name, status::text AS status, attempts, scheduled_at, args,
                   (SELECT min(event.at) FROM procrastinate_events AS event
                     WHERE event.job_id = job.id) AS since
              FROM procrastinate_jobs AS job
             WHERE (status = 'failed' OR (status IN ('todo', 'doing') AND attempts > 0))
               AND args ->> :arg = ANY(:values)
             ORDER BY job.id
            """
        ),
        {"arg": arg, "values": list(values)},
    )
    found = ((_status_of(row), row.since) for row in rows)
    return [
        HeldUp(job.task, job.state, job.attempts, since, job.due_at, job.args)
        for job, since in found
    ]


def failed(session: Session, *, limit: int = 200) -> list[JobStatus]:
    """Return jobs that were given up, newest first."""
    rows = session.execute(
        text(_COLUMNS + " WHERE status = 'failed' ORDER BY id DESC LIMIT :limit"),
        {"limit": limit},
    )
    return [_status_of(row) for row in rows]


def retry(session: Session, job_id: int) -> bool:
    """Put a failed job back in the queue with all its attempts; say whether there was one."""
    row = session.execute(
        text(
            "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL"
            " WHERE id = :id AND status = 'failed' RETURNING queue_name"
        ),
        {"id": job_id},
    ).one_or_none()
    if row is None:
        return False
    session.execute(
        text(
            "SELECT pg_notify('procrastinate_queue_v1#' || :queue,"
            " json_build_object('type', 'job_inserted', 'job_id', CAST(:id AS bigint))::text)"
        ),
        {"queue": row.queue_name, "id": job_id},
    )
    return True


def counts(session: Session) -> list[JobCount]:
    """Return the number of jobs by task and state."""
    rows = session.execute(
        text(
            """
            SELECT task_name,
                   CASE WHEN status = 'doing' THEN 'running'
                        WHEN status = 'failed' THEN 'failed'
                        WHEN attempts > 0 THEN 'retrying'
                        ELSE 'waiting' END AS state,
                   count(*) AS number,
                   min(scheduled_at) FILTER (WHERE status = 'todo') AS oldest_due
              FROM procrastinate_jobs
             WHERE status IN ('todo', 'doing', 'failed')
             GROUP BY 1, 2 ORDER BY 1, 2
            """
        )
    )
    return [JobCount(row.task_name, row.state, row.number, row.oldest_due) for row in rows]


def _status_of(row: Any) -> JobStatus:
    state: State = "waiting"
    if row.status == "doing":
        state = "running"
    elif row.status != "todo":
        state = "failed"
    elif row.attempts:
        state = "retrying"
    return JobStatus(row.id, row.task_name, state, row.attempts, row.scheduled_at, row.args)
