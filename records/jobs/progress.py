"""How far a long job has come, as numbers that a page can show."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records.clock import as_utc
from records.models import JobProgressRow


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` things; ``step`` is a code that the reader's language names."""

    key: str
    done: int
    total: int
    step: str
    at: datetime

    @property
    def is_complete(self) -> bool:
        return self.done >= self.total


def report_progress(
    session: Session, key: str, *, done: int, total: int, step: str = "", at: datetime
) -> Progress:
    """Record how far the work called ``key`` has come."""
    values = {"key": key, "done": done, "total": total, "step": step, "at": as_utc(at)}
    session.execute(
        insert(JobProgressRow)
        .values(**values)
        .on_conflict_do_update(index_elements=[JobProgressRow.key], set_=values)
    )
    return Progress(key, done, total, step, as_utc(at))


def progress(session: Session, key: str) -> Progress | None:
    """Return what was last reported of ``key``."""
    row = session.execute(
        select(
            JobProgressRow.key,
            JobProgressRow.done,
            JobProgressRow.total,
            JobProgressRow.step,
            JobProgressRow.at,
        ).where(JobProgressRow.key == key)
    ).one_or_none()
    return None if row is None else Progress(*row)
