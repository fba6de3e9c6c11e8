"""PostgreSQL through SQLAlchemy (sync, psycopg 3): engine, transactions, the base of all tables.

One dialect from the laptop to the cluster: the embedded server and any PostgreSQL 15+ by URL are
the same to everything above this file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from random import uniform
from time import sleep
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, Numeric, create_engine, event
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from records.clock import as_utc
from records.errors import (
    DatabaseBusy,
    DatabaseEncodingUnfit,
    DatabaseTooOld,
    DatabaseUnreachable,
)

T = TypeVar("T")

OLDEST_POSTGRESQL = 15
"""Oldest major version supported: the oldest that the PostgreSQL project itself maintains."""

RETRIED_SQLSTATES = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected: the server rolled back, a second try is safe."""

_LOST_EARLIER = "8s2b"
"""SQLAlchemy's mark on whatever is asked of a transaction whose connection was lost before."""

_ATTEMPTS = 5
_CONNECT_TIMEOUT_SECONDS = 10


class Base(DeclarativeBase):
    """Base of every table. Constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware values only and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)


class Yen(TypeDecorator[Decimal]):
    """A whole amount of yen, up to 18 digits. A fraction or a float is refused, not rounded."""

    impl = Numeric(18, 0)
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("yen amounts are Decimal or int, never float")
        amount = Decimal(value)
        if amount != amount.to_integral_value():
            raise ValueError(f"not a whole amount of yen: {amount}")
        return amount


class Database:
    """The database of one service. Threads may share it."""

    def __init__(self, url: str, *, pool_size: int = 10, application_name: str = "warifu") -> None:
        """``url`` is ``postgresql://…``; nothing is connected before the first use."""
        self.url = url
        self._parsed = parse_url(url)
        self.engine: Engine = create_engine(
            self._parsed,
            pool_size=pool_size,
            max_overflow=10,
            pool_pre_ping=True,  # a restarted server costs one ping, not one failed request
            connect_args={
                "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
                "application_name": application_name,
                "options": "-c timezone=UTC",
            },
        )
        event.listen(self.engine, "connect", _check_server)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session; commit when the block ends well, roll back when it raises."""
        with (
            self._reachable(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """Yield a session that sees one snapshot and that the server keeps from writing."""
        with (
            self._reachable(),
            self.engine.connect() as connection,
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as snapshot,
            Session(snapshot, expire_on_commit=False) as session,
        ):
            yield session

    def run(self, work: Callable[[Session], T], *, attempts: int = _ATTEMPTS) -> T:
        """Run ``work`` in a transaction; repeat it when the server undid it for a collision.

        Only SQLSTATE 40001 and 40P01 are repeated: there the server has rolled back for sure. A
        lost connection is not, since its commit may have happened. ``work`` must have no effect
        outside the database. Raises ``DatabaseBusy`` after ``attempts`` collisions.
        """
        for attempt in range(attempts):
            try:
                with self.transaction() as session:
                    return work(session)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in RETRIED_SQLSTATES:
                    raise
                sleep(uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise DatabaseBusy(attempts=attempts)

    def ping(self) -> str:
        """Return the server's version ("18.6"); raises ``DatabaseUnreachable`` when it is away."""
        with self.reader() as session:
            version: str = session.connection().exec_driver_sql("SHOW server_version").scalar_one()
        return version.split()[0]

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PendingRollbackError) as error:
            if is_lost(error):
                raise DatabaseUnreachable(place=self.place) from error
            raise

    @property
    def place(self) -> str:
        """Where the database is, without user name and password."""
        host = self._parsed.host or self._parsed.query.get("host") or "localhost"
        return f"{host}/{self._parsed.database or ''}"


def is_lost(error: BaseException) -> bool:
    """Whether this says that the server is away: not reached, or gone in the middle of our work.

    What was asked last may have been committed or not; nothing of it is half done.
    """
    if isinstance(error, PendingRollbackError):
        return error.code == _LOST_EARLIER
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError):
        return False
    # A failure to connect has no statement; a failed commit has none either, but says why.
    state = getattr(error.orig, "sqlstate", None) or ("08000" if error.statement is None else "")
    return state.startswith(("08", "57P"))


def parse_url(url: str) -> URL:
    """Return ``url`` for SQLAlchemy with psycopg 3, or raise ``DatabaseUnreachable``."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnreachable(place="URL?", field="database_url") from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnreachable(place=parsed.drivername, field="database_url")
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """Return ``url`` in the form libpq takes (no driver name), password included."""
    return parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _check_server(connection: Any, _record: object) -> None:
    """Refuse a server on which our SQL or our text would not work."""
    major = connection.info.server_version // 10000
    if major < OLDEST_POSTGRESQL:
        raise DatabaseTooOld(found=major, needed=OLDEST_POSTGRESQL)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseEncodingUnfit(found=encoding)
