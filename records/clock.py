"""The time of day, passed in rather than looked up, so that rules about time can be tested.

Instants are aware ``datetime`` values in UTC everywhere; ``records.calendar`` turns them into
days of the city.
"""

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved. Safe to share between threads."""

    def __init__(self, at: datetime) -> None:
        self._at = as_utc(at)
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move the clock by ``by`` and return the new instant."""
        with self._lock:
            self._at += by
            return self._at

    def set(self, at: datetime) -> None:
        """Put the clock to another instant."""
        with self._lock:
            self._at = as_utc(at)


def as_utc(at: datetime) -> datetime:
    """Return ``at`` in UTC. A naive value raises ``ValueError``: its zone would be a guess."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)
