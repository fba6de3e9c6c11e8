"""Finding invoices by any part of a name in any spelling, and counting without counting all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from einvoice import queues
from einvoice.models import ReceivedInvoice, grams
from einvoice.queues import QueueFilter, Tally
from einvoice.states import State
from records import Database, FixedClock, new_id
from tests.einvoice.desk import noon

DAY = date(2026, 11, 24)


def add(database: Database, name: str, number: str = "INV-1", **changes: object) -> str:
    values: dict[str, object] = {
        "id": new_id(), "state": "at_section", "vendor_id": "v-1", "channel": "peppol",
        "original_sha256": new_id().replace("-", "").ljust(64, "0"), "original_name": "i.xml",
        "original_size": 1, "received_at": noon(DAY), "received_on": DAY, "number": number,
        "number_key": number.replace("-", ""), "seller_name": name, "payable": Decimal(1),
        "gross": Decimal(1), "contract_no": "R8-物-0007", "contract_title": "事務用品の購入",
        "section": "管財課", "due_on": DAY + timedelta(days=30), "state_since": noon(DAY),
        "attachments": [],
    }  # fmt: skip
    with database.transaction() as session:
        row = ReceivedInvoice(**(values | changes))
        session.add(row)
        return row.id


def found(database: Database, words: str) -> list[str | None]:
    with database.transaction() as session:
        return [row.seller_name for row in queues.newest(session, QueueFilter(text=words))]


@pytest.fixture
def shelf(database: Database, clock: FixedClock) -> Database:
    add(database, "株式会社髙橋建設", "INV-2026-0001")
    add(database, "（有）はごろも文具", "２０２６－０００２", number_key="20260002")
    add(database, "浜松100%電気_工事", "A-3")
    return database


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("髙橋", "株式会社髙橋建設"),
        ("高橋", "株式会社髙橋建設"),
        ("橋建", "株式会社髙橋建設"),
        ("(株)髙橋建設", "株式会社髙橋建設"),
        ("INV-2026-0001", "株式会社髙橋建設"),
        ("ｉｎｖ-2026-0001", "株式会社髙橋建設"),
        ("INV20260001", "株式会社髙橋建設"),
        ("ごろも 文具", "（有）はごろも文具"),
        ("2026-0002", "（有）はごろも文具"),
        ("100%電", "浜松100%電気_工事"),
        ("気_工", "浜松100%電気_工事"),
    ],
)
def test_a_part_in_any_spelling_finds_it(shelf: Database, words: str, name: str) -> None:
    assert found(shelf, words) == [name]


def test_every_word_must_occur(shelf: Database) -> None:
    assert len(found(shelf, "事務用品")) == 3
    assert found(shelf, "事務用品 髙橋") == ["株式会社髙橋建設"]
    assert found(shelf, "はごろも 髙橋") == []


@pytest.mark.parametrize("words", ["％％", "__", "橋高", "ない名前", "'; DROP TABLE x", "\\", "  "])
def test_what_is_not_there_is_not_found_and_nothing_breaks(shelf: Database, words: str) -> None:
    assert found(shelf, words) in ([], found(shelf, ""))


def test_one_letter_finds_too(shelf: Database) -> None:
    assert found(shelf, "髙") == ["株式会社髙橋建設"]


def test_a_changed_name_is_found_by_its_new_form_only(shelf: Database) -> None:
    with shelf.transaction() as session:
        row = session.query(ReceivedInvoice).filter_by(number="A-3").one()
        row.seller_name = "天竜電気"
    assert found(shelf, "天竜") == ["天竜電気"]
    assert found(shelf, "100%") == []


def test_pairs_do_not_cross_lines() -> None:
    assert grams("ab\ncd\ne") == ["ab", "cd"]
    assert grams("aaa") == ["aa"]
    assert grams("") == []


def test_searches_can_use_the_index_on_pairs(shelf: Database) -> None:
    with shelf.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_indexscan = off"))
        plan = session.execute(
            text("EXPLAIN SELECT id FROM received_invoices WHERE search_grams @> ARRAY['髙橋']")
        )
        assert "ix_received_invoices_search" in " ".join(row[0] for row in plan)


def test_tabs_count_up_to_a_limit_and_say_so(
    shelf: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shelf, "x", state="paid", section="道路課", vendor_id="v-2")
    with shelf.transaction() as session:
        whole = queues.tallies(session)
        assert (whole[State.AT_SECTION], whole[State.PAID]) == (Tally(3), Tally(1))
        assert queues.tallies(session, section="道路課")[State.AT_SECTION] == Tally(0)
        assert queues.tallies(session, vendor_id="v-2")[State.PAID] == Tally(1)
        monkeypatch.setattr(queues, "MOST_COUNTED", 2)
        capped = queues.tallies(session)
        assert capped[State.AT_SECTION] == Tally(2, more=True)
    assert str(capped[State.AT_SECTION]) == "2+"
    assert str(capped[State.AT_SECTION] + capped[State.PAID]) == "3+"
    assert str(Tally(1_000)) == "1,000"
