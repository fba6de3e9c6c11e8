"""A connection of its own for what must be counted whatever becomes of the request.

A request that already holds a connection must never wait for a second one of the same pool: enough
of them at once would wait for each other for ever. So counts (tries, codes, "seen") take a fresh
connection beside the pool, for the few milliseconds they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from records import Database
from records.database import is_lost
from records.errors import DatabaseUnreachable

_engines: WeakKeyDictionary[Database, Engine] = WeakKeyDictionary()


@contextmanager
def counting(database: Database) -> Iterator[Session]:
    """A short transaction beside the pool; committed when the block ends well.

    :raises DatabaseUnreachable: when nobody answers.
    """
    try:
        with Session(_engine(database), expire_on_commit=False) as session, session.begin():
            yield session
    except DBAPIError as error:
        if is_lost(error):
            raise DatabaseUnreachable(place=database.place) from error
        raise


def _engine(database: Database) -> Engine:
    engine = _engines.get(database)
    if engine is None:
        engine = create_engine(
            database.engine.url,
            poolclass=NullPool,
            connect_args={"connect_timeout": 10, "options": "-c timezone=UTC"},
        )
        engine = _engines.setdefault(database, engine)
    return engine
