"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import migrations
from portal.errors import SchemaNotCurrent
from records import Actor, Database, FixedClock, audit, jobs


def differences(database: Database) -> list[object]:
    def ours(_object, name, kind, _reflected, _compare) -> bool:
        return not (kind == "table" and name.startswith(("procrastinate_", "alembic_")))

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True}
        )
        return compare_metadata(context, migrations.METADATA)


def test_the_schema_is_what_the_models_say(empty_database: Database) -> None:
    assert migrations.current(empty_database) is None
    migrations.upgrade(empty_database)
    assert migrations.current(empty_database) == migrations.head()
    assert differences(empty_database) == []


def test_two_nodes_that_start_at_once_migrate_once(empty_database: Database) -> None:
    with ThreadPoolExecutor(2) as nodes:
        list(nodes.map(lambda _: migrations.upgrade(Database(empty_database.url)), range(2)))
    assert migrations.current(empty_database) == migrations.head()


def test_the_migrated_database_guards_the_trail_and_has_the_queue(
    empty_database: Database, clock: FixedClock
) -> None:
    migrations.upgrade(empty_database)
    with empty_database.transaction() as session:
        actor = Actor("system", "test", "試験")
        audit.append(session, actor, "test.act", "test:1", {}, clock.now())
        jobs.enqueue(session, "portal.mail", key="once", args={})
    with pytest.raises(DBAPIError, match="append"), empty_database.transaction() as session:
        session.execute(text("UPDATE audit_entries SET action = 'other'"))
    with empty_database.reader() as session:
        assert audit.verify(session).is_whole


def test_a_database_without_our_tables_is_told_with_the_command_that_makes_them(
    empty_database: Database,
) -> None:
    with pytest.raises(SchemaNotCurrent) as refused:
        migrations.require_head(empty_database)
    assert "warifu database migrate" in refused.value.remedy_ja
    migrations.upgrade(empty_database)
    migrations.require_head(empty_database)
