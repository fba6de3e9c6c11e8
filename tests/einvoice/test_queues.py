"""Lists of invoices: order, filters, and pages that neither lose nor repeat a row."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from einvoice import queues
from einvoice.models import ReceivedInvoice
from einvoice.queues import QueueFilter
from einvoice.states import State
from records import Database, FixedClock, new_id


@pytest.fixture
def filled(database: Database, clock: FixedClock) -> Database:
    """25 invoices: every fifth without a due date, the rest due on ten different days."""
    with database.transaction() as session:
        for number in range(25):
            due = None if number % 5 == 0 else date(2026, 12, 1) + timedelta(days=number % 10)
            session.add(
                ReceivedInvoice(
                    id=new_id(),
                    channel="upload",
                    vendor_id=f"v{number % 2}",
                    original_sha256=f"{number:064d}",
                    original_name="a.xml",
                    original_size=1,
                    received_at=clock.now(),
                    received_on=date(2026, 11, 1) + timedelta(days=number),
                    state_since=clock.now(),
                    state=State.AT_SECTION.value if number < 20 else State.PAID.value,
                    due_on=due,
                    number=f"A-{number}",
                    number_key=f"A{number}",
                    seller_name="100%の会社" if number == 3 else "ふつうの会社",
                    payable=Decimal(1_000 * number),
                    section="管財課" if number % 2 else "道路課",
                    contract_no="K-1" if number < 3 else None,
                    result="MATCHED" if number < 4 else None,
                    submission="s1" if number in {1, 2} else None,
                )
            )
            session.flush()
    return database


def test_pages_by_due_date_show_each_row_once_undated_first(filled: Database) -> None:
    wanted = QueueFilter(states=(State.AT_SECTION,))
    seen: list[ReceivedInvoice] = []
    with filled.transaction() as session:
        after = None
        while rows := queues.queue(session, wanted, limit=3, after=after):
            seen += rows
            after = (rows[-1].due_on or date.min, rows[-1].serial)
    keys = [(row.due_on or date.min, row.serial) for row in seen]
    assert len(keys) == 20
    assert keys == sorted(set(keys))


def test_newest_first_in_pages(filled: Database) -> None:
    with filled.transaction() as session:
        first = queues.newest(session, QueueFilter(), limit=10)
        second = queues.newest(session, QueueFilter(), limit=20, before=first[-1].serial)
    serials = [row.serial for row in (*first, *second)]
    assert serials == sorted(serials, reverse=True)
    assert len(set(serials)) == 25


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (QueueFilter(), 25),
        (QueueFilter(states=(State.PAID,)), 5),
        (QueueFilter(section="管財課"), 12),
        (QueueFilter(vendor_id="v0"), 13),
        (QueueFilter(contract_no="K-1"), 3),
        (QueueFilter(submission="s1"), 2),
        (QueueFilter(results=("MATCHED",)), 4),
        (QueueFilter(due_until=date(2026, 12, 2)), 3),
        (QueueFilter(amount_from=Decimal(20_000)), 5),
        (QueueFilter(amount_to=Decimal(2_000)), 3),
        (QueueFilter(received_from=date(2026, 11, 24)), 2),
        (QueueFilter(received_to=date(2026, 11, 2)), 2),
        (QueueFilter(text="ふつう"), 24),
        (QueueFilter(text="100%"), 1),
        (QueueFilter(text="%"), 1),
        (QueueFilter(text="Ａ－7"), 1),
        (QueueFilter(text="26-000004"), 1),
        (QueueFilter(text="ない"), 0),
    ],
)
def test_filters(filled: Database, wanted: QueueFilter, count: int) -> None:
    with filled.transaction() as session:
        assert queues.count(session, wanted) == count
        assert sum(queues.counts(session, wanted).values()) == count
