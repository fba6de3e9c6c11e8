"""Fixed-window counters in the database, so that several nodes count together.

A hit is its own short transaction: it stays counted although the request it belongs to fails and is
rolled back. The key is hashed: the table holds no name and no address.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.models import RateWindow
from portal.errors import TooManyTries
from portal.security.counting import counting
from portal.security.tokens import digest
from records import Database


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` hits in each window of ``minutes``. ``name`` keeps uses apart."""

    name: str
    count: int
    minutes: int


def hit(database: Database, limit: Limit, key: str, at: datetime) -> int:
    """Count one try and return how many are left in this window.

    :raises TooManyTries: when this one is beyond the limit; says how many minutes to wait.
    """
    start = _window_start(limit, at)
    statement = (
        insert(RateWindow)
        .values(key_hash=_key(limit, key), window_start=start, count=1)
        .on_conflict_do_update(
            index_elements=["key_hash", "window_start"], set_={"count": RateWindow.count + 1}
        )
        .returning(RateWindow.count)
    )
    with counting(database) as session:
        count = session.execute(statement).scalar_one()
    if count > limit.count:
        wait = start + timedelta(minutes=limit.minutes) - at
        raise TooManyTries(minutes=max(1, math.ceil(wait.total_seconds() / 60)))
    return limit.count - count


def forgive(database: Database, limit: Limit, key: str, at: datetime) -> None:
    """Forget this window's hits (after a right password)."""
    with counting(database) as session:
        session.execute(
            delete(RateWindow).where(
                RateWindow.key_hash == _key(limit, key),
                RateWindow.window_start == _window_start(limit, at),
            )
        )


def sweep(session: Session, at: datetime) -> None:
    """Delete windows that began more than two days ago (the longest window is one)."""
    session.execute(delete(RateWindow).where(RateWindow.window_start < at - timedelta(days=2)))


def _key(limit: Limit, key: str) -> bytes:
    return digest(f"{limit.name}\0{limit.minutes}\0{key}")


def _window_start(limit: Limit, at: datetime) -> datetime:
    seconds = limit.minutes * 60
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)
