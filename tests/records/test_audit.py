"""The audit chain in a real database: appended, refused, broken on purpose, anchored."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from records import AUDIT_DDL, Actor, Base, Database, FixedClock, audit
from records.canonical import canonical_bytes
from records.errors import AuditDetailsUnfit, AuditNotInstalled

CLERK = Actor("staff", "u-17", "調達 花子")
SUBJECT = "contract:1"


def stamp(digest: bytes) -> bytes:
    """Stand in for a time-stamping authority: what matters here is which hash it is given."""
    return b"token:" + digest


def is_token_over(token: bytes, digest: bytes) -> bool:
    return token == b"token:" + digest


def append_many(database: Database, count: int, at: datetime) -> None:
    with database.transaction() as session:
        for number in range(count):
            audit.append(
                session, CLERK, "contract.viewed", f"contract:{number % 3}", {"n": number}, at
            )


@pytest.fixture
def five(database: Database, clock: FixedClock) -> Database:
    append_many(database, 5, clock.now())
    return database


@pytest.fixture
def tamper(five: Database) -> Callable[[str], None]:
    """Change tables as someone could who owns the database: triggers switched off first."""

    def run(statement: str) -> None:
        with five.transaction() as session:
            for table in ("audit_entries", "audit_head", "audit_anchors"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            session.execute(text(statement))
            for table in ("audit_entries", "audit_head", "audit_anchors"):
                session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

    return run


def verified(database: Database) -> audit.AuditReport:
    with database.reader() as session:
        return audit.verify(session, check_token=is_token_over)


def test_an_empty_trail_is_whole(database: Database) -> None:
    report = verified(database)
    assert report.is_whole
    assert (report.entries, report.last_hash) == (0, "0" * 64)


def test_acts_follow_one_another_and_read_back_as_written(
    database: Database, clock: FixedClock
) -> None:
    details: dict[str, Any] = {
        "amount": 1_100_000,
        "names": ["髙橋", "𠮷田"],
        "ok": True,
        "x": None,
    }
    with database.transaction() as session:
        first = audit.append(session, CLERK, "contract.drafted", SUBJECT, details, clock.now())
        second = audit.append(session, CLERK, "contract.approved", SUBJECT, {}, clock.now())
    assert (first.seq, second.seq) == (1, 2)
    assert second.prev == first.hash
    with database.reader() as session:
        assert audit.history(session, SUBJECT) == [first, second]
        assert audit.history(session, "contract:2") == []
        assert audit.head(session) == (2, second.hash)
    assert verified(database).is_whole


def test_many_acts_in_one_go_are_links_of_the_same_chain(
    database: Database, clock: FixedClock
) -> None:
    acts = [("invoice.hand_over", f"invoice:{n}", {"n": n}) for n in range(5)]
    with database.transaction() as session:
        audit.append(session, CLERK, "handover.begun", "handover:1", {}, clock.now())
        made = audit.append_all(session, CLERK, acts, clock.now())
        assert audit.append_all(session, CLERK, [], clock.now()) == []
        last = audit.append(session, CLERK, "handover.made", "handover:1", {}, clock.now())
    assert [entry.seq for entry in made] == [2, 3, 4, 5, 6]
    assert last.prev == made[-1].hash
    with database.reader() as session:
        assert audit.history(session, "invoice:3") == [made[3]]
    report = verified(database)
    assert report.is_whole
    assert report.entries == 7


def test_the_hash_of_a_known_entry_never_changes() -> None:
    """Whoever reimplements the format can check against this value."""
    entry = audit.AuditEntry(
        seq=1,
        at=datetime(2026, 11, 23, 15, 0, 0, 1, tzinfo=UTC),
        actor=CLERK,
        action="contract.approved",
        subject="contract:1",
        details={"b": [1, "二"], "a": True},
        prev="0" * 64,
        hash="",
    )
    content = (
        '{"action":"contract.approved","actor":{"id":"u-17","kind":"staff","name":"調達 花子"},'
        '"at":"2026-11-23T15:00:00.000001Z","details":{"a":true,"b":[1,"二"]},"seq":1,'
        '"subject":"contract:1"}'
    )
    from hashlib import sha256

    from records.audit.chain import link

    digest = sha256(content.encode()).hexdigest()
    assert entry.digest() == digest
    expected = sha256(f"warifu-audit-1\n{'0' * 64}\n{digest}\n".encode()).hexdigest()
    assert link("0" * 64, digest) == expected


def test_a_rolled_back_act_leaves_no_gap(database: Database, clock: FixedClock) -> None:
    append_many(database, 2, clock.now())

    def failing() -> None:
        with database.transaction() as session:
            audit.append(session, CLERK, "contract.sent", SUBJECT, {}, clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    append_many(database, 1, clock.now())
    assert verified(database).entries == 3


def test_writers_at_once_make_one_chain(database: Database, clock: FixedClock) -> None:
    def write(_: int) -> None:
        with database.transaction() as session:
            audit.append(session, CLERK, "contract.viewed", SUBJECT, {}, clock.now())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    report = verified(database)
    assert report.is_whole
    assert report.entries == 40


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x' WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 2",
        "TRUNCATE audit_entries",
        "UPDATE audit_anchors SET seq = 1",
        "DELETE FROM audit_anchors",
        "TRUNCATE audit_anchors",
        "UPDATE audit_head SET seq = 3",
        "UPDATE audit_head SET id = 2, seq = seq + 1",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
    ],
)
def test_the_database_refuses_to_change_what_was_written(
    five: Database, clock: FixedClock, statement: str
) -> None:
    with five.transaction() as session:
        audit.anchor(session, stamp, clock.now())
    with pytest.raises(DBAPIError, match=r"append-only|forward"), five.transaction() as session:
        session.execute(text(statement))
    assert verified(five).is_whole


@pytest.mark.parametrize(
    ("statement", "seq", "fault"),
    [
        ("UPDATE audit_entries SET details = '{\"n\": 9}' WHERE seq = 3", 3, "content"),
        ("UPDATE audit_entries SET at = at + interval '1 us' WHERE seq = 2", 2, "content"),
        ("UPDATE audit_entries SET actor_name = '別人' WHERE seq = 5", 5, "content"),
        ("UPDATE audit_entries SET action = 'x' WHERE seq = 1", 1, "content"),
        ("UPDATE audit_entries SET subject = 'x' WHERE seq = 1", 1, "content"),
        ("UPDATE audit_entries SET details = '{\"n\": 1.5}' WHERE seq = 2", 2, "content"),
        ("UPDATE audit_entries SET hash = repeat('a', 64) WHERE seq = 4", 4, "content"),
        ("UPDATE audit_entries SET prev = repeat('a', 64) WHERE seq = 4", 4, "link"),
        ("DELETE FROM audit_entries WHERE seq = 3", 4, "gap"),
        ("DELETE FROM audit_entries WHERE seq = 1", 2, "gap"),
        ("DELETE FROM audit_entries WHERE seq = 5", 5, "head"),
        ("UPDATE audit_entries SET seq = CASE seq WHEN 2 THEN 30 WHEN 3 THEN 2 END"
         " WHERE seq IN (2, 3)", 2, "link"),
        ("INSERT INTO audit_entries SELECT 6, at, actor_kind, actor_id, actor_name, action,"
         " subject, details, prev, hash FROM audit_entries WHERE seq = 5", 6, "link"),
        ("UPDATE audit_head SET hash = repeat('b', 64)", 6, "head"),
        ("DELETE FROM audit_entries", 1, "head"),
    ],
)  # fmt: skip
def test_verify_names_the_first_broken_row(
    five: Database, tamper: Callable[[str], None], statement: str, seq: int, fault: str
) -> None:
    tamper(statement)
    broken = verified(five).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (seq, fault)
    assert broken.message_ja.startswith(f"{seq} 番")
    assert broken.message_en.startswith(f"entry {seq}")


def test_reordered_rows_are_found(five: Database, tamper: Callable[[str], None]) -> None:
    tamper("UPDATE audit_entries SET seq = -seq WHERE seq IN (2, 3)")
    tamper("UPDATE audit_entries SET seq = 5 + seq WHERE seq < 0")
    broken = verified(five).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (2, "link")


def test_a_tail_cut_together_with_its_head_is_found_by_the_anchor(
    five: Database, tamper: Callable[[str], None], clock: FixedClock
) -> None:
    with five.transaction() as session:
        audit.anchor(session, stamp, clock.now())
    tamper("DELETE FROM audit_entries WHERE seq > 3")
    tamper(
        "UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_entries WHERE seq = 3)"
    )
    broken = verified(five).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (4, "anchor_tail")
    assert "末尾" in broken.message_ja


def rewrite(session: Session, seq: int) -> None:
    """Recompute the chain from ``seq`` on after a change, as a thoughtful forger would."""
    from records.audit.chain import link

    prev = audit.head(session)[1] if seq == 0 else None
    for entry in list(audit.entries(session)):
        if entry.seq < seq:
            prev = entry.hash
            continue
        hash_ = link(prev or "0" * 64, entry.digest())
        session.execute(
            text("UPDATE audit_entries SET prev = :prev, hash = :hash WHERE seq = :seq"),
            {"prev": prev or "0" * 64, "hash": hash_, "seq": entry.seq},
        )
        prev = hash_
    session.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": prev})


def test_a_chain_recomputed_after_a_change_is_found_by_the_anchor(
    five: Database, tamper: Callable[[str], None], clock: FixedClock
) -> None:
    with five.transaction() as session:
        audit.anchor(session, stamp, clock.now())
    tamper("UPDATE audit_entries SET details = '{\"n\": 100}' WHERE seq = 3")
    with five.transaction() as session:
        for table in ("audit_entries", "audit_head"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        rewrite(session, 3)
    broken = verified(five).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (5, "anchor_hash")


def test_a_forged_token_is_found(five: Database, tamper: Callable[[str], None]) -> None:
    with five.transaction() as session:
        audit.anchor(session, stamp, datetime(2026, 11, 24, tzinfo=UTC))
    tamper("UPDATE audit_anchors SET token = 'forged'")
    broken = verified(five).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (5, "token")


def test_one_anchor_a_day_in_japan_and_none_without_news(five: Database, clock: FixedClock) -> None:
    stamped: list[bytes] = []

    def counting(digest: bytes) -> bytes:
        stamped.append(digest)
        return stamp(digest)

    def anchored() -> audit.AuditAnchor | None:
        with five.transaction() as session:
            return audit.anchor(session, counting, clock.now())

    first = anchored()
    assert first is not None
    assert (first.day.isoformat(), first.seq) == ("2026-11-24", 5)
    append_many(five, 1, clock.now())
    assert anchored() is None, "the day has its anchor"
    clock.advance(timedelta(hours=12))  # 00:00 in Japan, the same day in UTC
    second = anchored()
    assert second is not None
    assert (second.day.isoformat(), second.seq) == ("2026-11-25", 6)
    clock.advance(timedelta(days=1))
    assert anchored() is None, "nothing was added since"
    assert len(stamped) == 2, "the authority is not asked in vain"
    report = verified(five)
    assert (report.anchors, report.anchored_through, report.tokens_checked) == (2, 6, 2)


def test_an_empty_trail_is_not_anchored(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        assert audit.anchor(session, stamp, clock.now()) is None


def test_an_outage_of_the_authority_leaves_nothing(five: Database, clock: FixedClock) -> None:
    def away(_: bytes) -> bytes:
        raise TimeoutError

    with pytest.raises(TimeoutError), five.transaction() as session:
        audit.anchor(session, away, clock.now())
    with five.reader() as session:
        assert audit.anchors(session) == []


@pytest.mark.parametrize(
    ("details", "place"),
    [
        ({"x": 1.0}, "$.details.x"),
        ({"x": Decimal(1)}, "$.details.x"),
        ({"x": [1, {"y": float("nan")}]}, "$.details.x[1].y"),
        ({"x": datetime(2026, 1, 1, tzinfo=UTC)}, "$.details.x"),
        ({"x": b"bytes"}, "$.details.x"),
        ({1: "x"}, "$.details"),
        ({"x": "\x00"}, "$.details.x"),
        ({"x": "\ud800"}, "$.details.x"),
        ({"x": 2**53}, "$.details.x"),
        ({"x": "長" * 30_000}, "$"),
        ({"x": [[[[[[[[[[[[["deep"]]]]]]]]]]]]]}, "$.details.x" + "[0]" * 11),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(
    database: Database, clock: FixedClock, details: dict[str, Any], place: str
) -> None:
    with pytest.raises(AuditDetailsUnfit) as caught, database.transaction() as session:
        audit.append(session, CLERK, "contract.sent", SUBJECT, details, clock.now())
    assert f"（{place}）" in caught.value.message_ja
    assert verified(database).entries == 0


@pytest.mark.parametrize(
    ("actor", "action", "subject", "field"),
    [
        (Actor("staff", "", "x"), "a.b", "s:1", "id"),
        (Actor("staff", "1", "x" * 401), "a.b", "s:1", "name"),
        (CLERK, "", "s:1", "action"),
        (CLERK, "a.b", "s" * 201, "subject"),
    ],
)
def test_empty_and_endless_names_are_refused(
    database: Database, clock: FixedClock, actor: Actor, action: str, subject: str, field: str
) -> None:
    with pytest.raises(AuditDetailsUnfit) as caught, database.transaction() as session:
        audit.append(session, actor, action, subject, {}, clock.now())
    assert caught.value.field == field


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="time zone"), database.transaction() as session:
        audit.append(session, CLERK, "a.b", SUBJECT, {}, datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_database_without_the_head_row_says_so(
    five: Database, tamper: Callable[[str], None], clock: FixedClock
) -> None:
    tamper("DELETE FROM audit_head")
    with pytest.raises(AuditNotInstalled), five.transaction() as session:
        audit.append(session, CLERK, "a.b", SUBJECT, {}, clock.now())
    with pytest.raises(AuditNotInstalled):
        verified(five)


def test_the_ddl_can_be_run_again_by_a_migration(five: Database) -> None:
    with five.transaction() as session:
        for statements in AUDIT_DDL.values():
            for statement in statements:
                session.execute(text(statement))
    assert verified(five).entries == 5


def test_a_bare_run_of_entries_is_verified_too(five: Database) -> None:
    with five.reader() as session:
        run = list(audit.entries(session))
        backwards = list(audit.entries(session, newest_first=True, last=4))
    assert audit.verify(run).is_whole
    assert [entry.seq for entry in backwards] == [4, 3, 2, 1]
    broken = audit.verify(run[:2] + run[3:]).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (4, "gap")
    repeated = audit.verify([run[0], run[0]]).broken
    assert repeated is not None
    assert repeated.fault == "order"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab髙", max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("xyz", max_size=2), JSON, max_size=4))
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    turned = dict(reversed(list(value.items())))
    assert canonical_bytes(value) == canonical_bytes(turned)


@pytest.mark.slow
def test_any_details_survive_the_database_unchanged(database: Database, clock: FixedClock) -> None:
    @given(st.lists(st.dictionaries(st.text("xyz", max_size=2), JSON, max_size=3), max_size=3))
    def run(many: list[dict[str, Any]]) -> None:
        with database.transaction() as session:
            for details in many:
                audit.append(session, CLERK, "a.b", SUBJECT, details, clock.now())

    run()
    assert verified(database).is_whole


def test_all_tables_are_in_the_ddl() -> None:
    tables = {name for name in Base.metadata.tables if name.startswith("audit_")}
    assert tables == set(AUDIT_DDL)
