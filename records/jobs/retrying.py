"""When a failed job is tried again, and when it is given up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from random import uniform
from typing import Any

import structlog

from records.errors import JobAbandoned

Task = Callable[..., None]
"""A job function: takes the job's arguments by keyword, returns nothing, raises to be retried."""

GiveUp = Callable[[str, dict[str, Any], Exception], None]
"""``(task, args, last error)``: called once attempts are spent; may be called again if the process
dies meanwhile."""

log = structlog.get_logger("records.jobs")


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff: ``first``, then ``factor`` times longer each time, up to ``longest``.

    The defaults reach over a day and a half, so that an outage of a time-stamping authority or of
    the mail server overnight needs nobody.
    """

    attempts: int = 12
    first: timedelta = timedelta(seconds=10)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=6)

    def is_spent(self, attempts_before: int, error: Exception) -> bool:
        """Say whether the attempt after ``attempts_before`` others was the last.

        An error with ``is_permanent = True`` (a wrong input, say) is not tried again at all.
        """
        return bool(getattr(error, "is_permanent", False)) or attempts_before + 1 >= self.attempts

    def delay(self, attempts_before: int) -> timedelta:
        """Return how long to wait after a failure, give or take a tenth so that crowds disperse."""
        seconds = min(
            self.first.total_seconds() * self.factor**attempts_before,
            self.longest.total_seconds(),
        )
        return timedelta(seconds=seconds * uniform(0.9, 1.1))  # noqa: S311 - no secret


def abandoned(task: str, attempts: int) -> JobAbandoned:
    """Return the error of a job whose worker died each time."""
    return JobAbandoned(task=task, attempts=attempts)


def call_give_up(
    give_up: GiveUp | None, task: str, job_id: int, args: dict[str, Any], error: Exception
) -> None:
    """Tell the caller that a job is given up; what that raises is logged, not passed on."""
    log.error("job.given_up", task=task, job_id=job_id, **describe(error))
    if give_up is None:
        return
    try:
        give_up(task, args, error)
    except Exception as failure:
        log.error("job.give_up_failed", task=task, job_id=job_id, **describe(failure))


def describe(error: BaseException) -> dict[str, str]:
    """Return what a log may say of an error: never its text, which may quote personal data."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = (
        f"{PurePath(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    )
    return {
        "error": type(error).__name__,
        "code": str(getattr(error, "code", "")),
        "place": place,
    }
