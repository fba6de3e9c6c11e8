"""Putting a job in the queue, inside the caller's transaction."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.canonical import NotCanonical, canonical_bytes
from records.clock import as_utc
from records.errors import JobUnfit

LONGEST_TASK_NAME = 40
"""Each task has a queue of its own name, and a queue's NOTIFY channel has 63 bytes at most."""
LONGEST_KEY = 200
LARGEST_ARGS = 256 * 1024

TICK = " tick"
"""Ends the names of the library's periodic tasks; no task of ours can have a space in its name."""

_TASK = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)

_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 7741))")

_KEEP_EARLIER = text(
    """
    UPDATE procrastinate_jobs
       SET scheduled_at = CASE
               WHEN scheduled_at IS NULL OR CAST(:run_at AS timestamptz) IS NULL THEN NULL
               ELSE LEAST(scheduled_at, CAST(:run_at AS timestamptz)) END
     WHERE lock = :lock AND status = 'todo'
    RETURNING id
    """
)

_DEFER = text(
    """
    SELECT (procrastinate_defer_jobs_v1(ARRAY[ROW(
        :task, :task, :priority, :lock, NULL, CAST(:args AS jsonb), CAST(:run_at AS timestamptz)
    )]::procrastinate_job_to_defer_v1[]))[1]
    """
)

_WAKE = text(
    "SELECT pg_notify('procrastinate_queue_v1#' || :task,"
    " json_build_object('type', 'job_inserted', 'job_id', CAST(:id AS bigint))::text)"
)


def enqueue(
    session: Session,
    task: str,
    *,
    key: str,
    args: dict[str, Any],
    run_at: datetime | None = None,
    priority: int = 0,
) -> int:
    """Make ``task(**args)`` due at ``run_at`` (or at once) when the session commits.

    While a job with the same task and key is still to do, no second is made: the earlier one
    keeps its arguments and takes the earlier of both times. While it is *running*, a new one is
    made and waits for its end, since the running one may have read the state before this
    transaction changed it. Two jobs of one key never run at the same time.

    ``args`` hold strings, integers, booleans, lists and maps of them (``records.canonical``).
    Returns the job's number. Raises ``JobUnfit`` for a name, key or argument that cannot be kept.
    """
    payload = _checked(task, key, args)
    lock = lock_of(task, key)
    values = {
        "task": task,
        "lock": lock,
        "args": payload,
        "priority": priority,
        "run_at": None if run_at is None else as_utc(run_at),
    }
    session.flush()
    # Two transactions that enqueue the same key for the first time: the second waits here, then
    # sees the first one's row. (A unique index would abort the second transaction instead.)
    session.execute(_TAKE_TURN, values)
    # UPDATE rather than SELECT: it holds the row until we commit, so that no worker can take the
    # job now, read the old state and finish before our change is visible.
    waiting = session.execute(_KEEP_EARLIER, values).scalars().first()
    if waiting is not None:
        session.execute(_WAKE, {"task": task, "id": waiting})
        return int(waiting)
    return int(session.execute(_DEFER, values).scalar_one())


def lock_of(task: str, key: str) -> str:
    """Return the lock under which jobs of this task and key run one after another."""
    return f"{task} {key}"


def _checked(task: str, key: str, args: dict[str, Any]) -> str:
    if len(task) > LONGEST_TASK_NAME or not _TASK.fullmatch(task):
        raise JobUnfit(place="task", reason=task[:LONGEST_KEY], field="task")
    if not 1 <= len(key) <= LONGEST_KEY or "\x00" in key:
        raise JobUnfit(place="key", reason=f"1..{LONGEST_KEY} characters", field="key")
    try:
        key.encode()
        return canonical_bytes(args, limit=LARGEST_ARGS).decode()
    except NotCanonical as error:
        raise JobUnfit(
            place=f"args of {task}, {error.place}", reason=error.reason, field="args"
        ) from error
    except UnicodeEncodeError as error:
        raise JobUnfit(place="key", reason="lone surrogate", field="key") from error
