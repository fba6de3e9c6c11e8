"""Transactions, types, collisions, and servers that will not do."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.orm import Session

import records
from records import Database, FixedClock, SystemClock, UtcDateTime, Yen, new_id
from records.database import _check_server, libpq_url, parse_url
from records.errors import (
    DatabaseBusy,
    DatabaseEncodingUnfit,
    DatabaseTooOld,
    DatabaseUnreachable,
    RecordsError,
)

TABLE = Table(
    "typed",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("amount", Yen),
)


@pytest.fixture
def typed(database: Database) -> Database:
    with database.transaction() as session:
        TABLE.create(session.connection())
    return database


def count(database: Database) -> int:
    with database.reader() as session:
        return len(session.execute(select(TABLE.c.id)).all())


def test_a_block_that_ends_well_is_kept_and_one_that_raises_is_not(typed: Database) -> None:
    with typed.transaction() as session:
        session.execute(insert(TABLE).values(id=1))

    def failing() -> None:
        with typed.transaction() as session:
            session.execute(insert(TABLE).values(id=2))
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert count(typed) == 1


def test_a_reader_cannot_write_and_sees_one_snapshot(typed: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"), typed.reader() as session:
        session.execute(insert(TABLE).values(id=1))
    with typed.reader() as session:
        assert session.execute(select(TABLE)).all() == []
        with typed.transaction() as writer:
            writer.execute(insert(TABLE).values(id=1))
        assert session.execute(select(TABLE)).all() == []
    with typed.transaction() as session:
        session.execute(insert(TABLE).values(id=2))


def test_instants_come_back_in_utc(typed: Database) -> None:
    japan = timezone(timedelta(hours=9))
    with typed.transaction() as session:
        session.execute(
            insert(TABLE).values(id=1, at=datetime(2026, 4, 1, 0, 0, 0, 123456, tzinfo=japan))
        )
        found = session.execute(select(TABLE.c.at)).scalar_one()
    assert found == datetime(2026, 3, 31, 15, 0, 0, 123456, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_a_naive_instant_is_refused(typed: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), typed.transaction() as session:
        session.execute(insert(TABLE).values(id=1, at=datetime(2026, 4, 1)))  # noqa: DTZ001


@pytest.mark.parametrize("amount", [Decimal("999999999999999999"), 0, -1_100])
def test_yen_are_whole_decimals(typed: Database, amount: Decimal | int) -> None:
    with typed.transaction() as session:
        session.execute(insert(TABLE).values(id=1, amount=amount))
        found = session.execute(select(TABLE.c.amount)).scalar_one()
    assert isinstance(found, Decimal)
    assert found == amount


@pytest.mark.parametrize("amount", [Decimal("0.5"), 1.0, Decimal("NaN")])
def test_fractions_and_floats_of_yen_are_refused_not_rounded(typed: Database, amount: Any) -> None:
    with pytest.raises(StatementError, match="yen"), typed.transaction() as session:
        session.execute(insert(TABLE).values(id=1, amount=amount))
    assert count(typed) == 0


def test_a_deadlock_is_repeated_until_both_are_done(typed: Database) -> None:
    with typed.transaction() as session:
        session.execute(insert(TABLE), [{"id": 1, "amount": 0}, {"id": 2, "amount": 0}])
    meeting = threading.Barrier(2, timeout=10)
    tries = {1: 0, 2: 0}

    def add(first: int, second: int) -> None:
        def work(session: Session) -> None:
            tries[first] += 1
            for number, each in enumerate((first, second)):
                session.execute(
                    text("UPDATE typed SET amount = amount + 1 WHERE id = :id"), {"id": each}
                )
                if number == 0 and tries[first] == 1:
                    meeting.wait()

        typed.run(work)

    other = threading.Thread(target=add, args=(2, 1))
    other.start()
    add(1, 2)
    other.join()
    assert sum(tries.values()) == 3, "one of them was undone once"
    with typed.reader() as session:
        assert set(session.execute(select(TABLE.c.amount)).scalars()) == {Decimal(2)}


def test_collisions_without_end_are_given_up_with_nothing_changed(typed: Database) -> None:
    def work(session: Session) -> None:
        session.execute(insert(TABLE).values(id=1))
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DatabaseBusy) as caught:
        typed.run(work, attempts=2)
    assert "何も変わっていません" in caught.value.remedy_ja
    assert count(typed) == 0


def test_other_errors_are_not_repeated(typed: Database) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        session.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="division"):
        typed.run(work)
    assert len(tries) == 1


def test_a_closed_connection_is_replaced_before_it_is_used(
    database: Database, database_server: str
) -> None:
    assert database.ping()
    other = Database(database_server)
    with other.transaction() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()
    assert database.ping()


def test_a_database_that_is_away_is_said_without_its_password() -> None:
    away = Database("postgresql://warifu:secret@127.0.0.1:1/warifu")
    with pytest.raises(DatabaseUnreachable) as caught:
        away.ping()
    assert "127.0.0.1/warifu" in caught.value.message_ja
    assert "secret" not in str(caught.value)


def test_a_statement_that_fails_keeps_its_own_error(database: Database) -> None:
    statement = text("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$")
    with pytest.raises(OperationalError, match="full"), database.transaction() as session:
        session.execute(statement)


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///x.db", "mysql://x/y"])
def test_an_address_that_is_not_postgresql_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        parse_url(url)
    assert caught.value.field == "database_url"


def test_all_spellings_of_the_address_are_one() -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        assert libpq_url(f"{scheme}://u:p%40@h:1/d?host=x") == "postgresql://u:p%40@h:1/d?host=x"


def a_connection(version: int, encoding: str) -> Any:
    return SimpleNamespace(
        info=SimpleNamespace(
            server_version=version, parameter_status={"server_encoding": encoding}.get
        )
    )


def test_an_old_server_is_refused_with_its_version() -> None:
    with pytest.raises(DatabaseTooOld) as caught:
        _check_server(a_connection(140012, "UTF8"), None)
    assert "14" in caught.value.message_ja
    assert "15" in caught.value.remedy_en
    _check_server(a_connection(150000, "UTF8"), None)


def test_a_database_that_cannot_hold_japanese_is_refused() -> None:
    with pytest.raises(DatabaseEncodingUnfit, match="SQL_ASCII"):
        _check_server(a_connection(180006, "SQL_ASCII"), None)


def test_ids_are_different_and_36_long() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(each) for each in ids} == {36}


def test_clocks_are_aware_and_the_fixed_one_moves_only_when_told() -> None:
    assert SystemClock().now().tzinfo is UTC
    clock = FixedClock(datetime(2026, 4, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(hours=1)) == datetime(2026, 4, 1, 1, tzinfo=UTC)
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    assert clock.now().date() == date(2026, 5, 1)
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 4, 1))  # noqa: DTZ001


def every_error(root: type[RecordsError] = RecordsError) -> list[type[RecordsError]]:
    return [root, *(each for child in root.__subclasses__() for each in every_error(child))]


def test_errors_have_codes_of_their_own_and_stand_in_the_tree_drawn() -> None:
    import records.errors

    classes = every_error()
    assert len({each.code for each in classes}) == len(classes)
    for each in classes:
        assert each.__name__ in (records.errors.__doc__ or "")
        for words in (each.text_ja, each.text_en, each.fix_ja, each.fix_en):
            assert words


def test_the_public_names_are_these() -> None:
    assert sorted(records.__all__) == [
        "AUDIT_DDL",
        "Actor",
        "ActorKind",
        "Base",
        "Clock",
        "Database",
        "FixedClock",
        "LocalStore",
        "RecordsError",
        "S3Store",
        "Store",
        "Stored",
        "SystemClock",
        "UtcDateTime",
        "Yen",
        "audit",
        "calendar",
        "embedded",
        "jobs",
        "new_id",
    ]
    assert all(hasattr(records, name) for name in records.__all__)
