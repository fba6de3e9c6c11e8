"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import migrations
from records import Actor, Database, FixedClock, audit, embedded, jobs
from records.database import libpq_url


@pytest.fixture
def empty(database_server: str) -> Iterator[Database]:
    """A database without any table."""
    name = f"empty_{os.urandom(6).hex()}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database = Database(database_server.replace(f"/{embedded.DATABASE}?", f"/{name}?"))
    yield database
    database.dispose()
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def differences(database: Database) -> list[object]:
    def ours(_object, name, kind, _reflected, _compare) -> bool:
        return not (kind == "table" and name.startswith(("procrastinate_", "alembic_")))

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True}
        )
        return compare_metadata(context, migrations.METADATA)


def test_the_schema_is_what_the_models_say(empty: Database) -> None:
    assert migrations.current(empty) is None
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()
    assert differences(empty) == []


def test_two_nodes_that_start_at_once_migrate_once(empty: Database) -> None:
    with ThreadPoolExecutor(2) as nodes:
        list(nodes.map(lambda _: migrations.upgrade(Database(empty.url)), range(2)))
    assert migrations.current(empty) == migrations.head()


def test_the_migrated_database_guards_the_trail_and_has_the_queue(
    empty: Database, clock: FixedClock
) -> None:
    migrations.upgrade(empty)
    with empty.transaction() as session:
        actor = Actor("system", "test", "試験")
        audit.append(session, actor, "test.act", "test:1", {}, clock.now())
        jobs.enqueue(session, "portal.mail", key="once", args={})
    with pytest.raises(DBAPIError, match="append"), empty.transaction() as session:
        session.execute(text("UPDATE audit_entries SET action = 'other'"))
    with empty.reader() as session:
        assert audit.verify(session).is_whole
