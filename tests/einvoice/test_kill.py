"""The process killed (SIGKILL) in every step of an invoice, from the door to the bank's answer.

Right before the commit nothing has happened, right after it everything has; in both cases the same
act done again ends the step, and at the end each thing was done once.
"""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from einvoice.receiving import Receipt
from einvoice.refusals import AlreadyHandedOverError, DeskError
from einvoice.states import State
from records import audit
from tests.einvoice.desk import Desk
from tests.einvoice.mortal import WHEN, act, killed_in

STEPS = {
    "door": State.RECEIVED,
    "check and match": State.AT_SECTION,
    "section": State.AT_ACCOUNTING,
    "accounting": State.AT_TREASURER,
    "treasurer": State.APPROVED,
    "hand over": State.HANDED_OVER,
    "bank": State.PAID,
}
TRAIL = [
    "inspection.passed",
    "invoice.received",
    "invoice.examine",
    *["invoice.approve"] * 3,
    "invoice.hand_over",
    "handover.made",
    "invoice.settle",
]


@pytest.mark.parametrize("when", WHEN)
def test_a_process_killed_in_any_step_of_an_invoice_loses_and_doubles_nothing(
    desk: Desk, when: str
) -> None:
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    found: Receipt | None = None
    before: State | None = None
    for name, after in STEPS.items():
        killed_in(desk, name, found, when)
        if found is not None:
            stands = desk.row(found).status
            assert stands is (before if when == "before the commit" else after), name
        if name == "door" or when == "before the commit":
            found = act(desk, name, found)
        else:
            assert found is not None
            again(desk, name, found)
        assert desk.row(found).status is after, name
        before = after
    assert found is not None
    with desk.database.reader() as session:
        assert audit.verify(session).is_whole
        acts = [entry.action for entry in audit.entries(session)]
        counted = {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in (
                "received_invoices",
                "invoice_decisions",
                "handover_batches",
                "handover_items",
            )
        }
    assert counted == {
        "received_invoices": 1, "invoice_decisions": 3, "handover_batches": 1, "handover_items": 1
    }  # fmt: skip
    assert acts == TRAIL
    assert desk.store.read(desk.row(found).original_sha256)


def again(desk: Desk, name: str, found: Receipt) -> None:
    """The same act once more, by whoever saw no answer: told so, or answered like the first."""
    try:
        act(desk, name, found)
    except (AlreadyHandedOverError, DeskError):
        return
