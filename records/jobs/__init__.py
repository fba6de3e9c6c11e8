"""Durable jobs on the same database, by procrastinate.

A job is enqueued in the transaction that makes it due and runs at least once: an effect outside
the database may happen twice, so it carries a key of its own (a store name, a message id), and its
result is applied in one transaction that compares the state it started from. What waits for
people is a state in a domain's tables, never a waiting job.
"""

from records.jobs.due import run_due
from records.jobs.progress import Progress, progress, report_progress
from records.jobs.queueing import LONGEST_KEY, LONGEST_TASK_NAME, enqueue
from records.jobs.retrying import GiveUp, Retry, Task
from records.jobs.schema import install, is_installed, missing_functions, schema_sql
from records.jobs.stalled import rescue_stalled
from records.jobs.status import (
    HeldUp,
    JobCount,
    JobStatus,
    counts,
    failed,
    held_up,
    retry,
    status,
)
from records.jobs.worker import Periodic, Worker

__all__ = [
    "LONGEST_KEY",
    "LONGEST_TASK_NAME",
    "GiveUp",
    "HeldUp",
    "JobCount",
    "JobStatus",
    "Periodic",
    "Progress",
    "Retry",
    "Task",
    "Worker",
    "counts",
    "enqueue",
    "failed",
    "held_up",
    "install",
    "is_installed",
    "missing_functions",
    "progress",
    "report_progress",
    "rescue_stalled",
    "retry",
    "run_due",
    "schema_sql",
    "status",
]
