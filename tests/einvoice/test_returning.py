"""返戻 and what a live invoice holds: one inspection line, one invoice."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from einvoice import (
    queries,
    returning,
)
from einvoice.claiming import hold_claims
from einvoice.due_dates import Fault
from einvoice.models import ClaimedItem
from einvoice.refusals import (
    InvoiceNotFoundError,
    OpenFindingsError,
    ReasonMissingError,
)
from einvoice.states import State, Step
from records import new_id
from tests.einvoice.desk import (
    CLERK,
    VENDOR,
    Desk,
    ids,
    mails,
    matched,
)
from tests.einvoice.situations import goods_situation, goods_terms


def test_the_database_itself_lets_one_inspection_line_feed_one_live_invoice(desk: Desk) -> None:
    found = matched(desk)
    other = desk.receive(goods_terms(number="INV-2"))
    with desk.database.transaction() as session:
        taken = session.query(ClaimedItem).filter_by(invoice_id=found.invoice_id).first()
        assert taken is not None
        item = taken.item
    with pytest.raises(IntegrityError), desk.database.transaction() as session:
        session.add(ClaimedItem(id=new_id(), invoice_id=other.invoice_id, item=item))


CLAIM = text(
    "INSERT INTO claimed_items (id, invoice_id, item, released)"
    " VALUES (gen_random_uuid()::text, :invoice, :item, :released)"
)


@pytest.mark.parametrize(
    "item",
    [
        "inspection-line:00000000-0000-4000-8000-000000000001",
        "period:2025K-I-00012:2026-03-01",
        "advance:2026K-K-00210:advance",
    ],
)
def test_the_index_itself_refuses_a_second_live_invoice_for_one_piece_of_work(
    desk: Desk, item: str
) -> None:
    """Plain SQL, past every check: a line, a month or an advance feeds one live invoice."""
    first = desk.take_in(goods_terms(number="A")).invoice_id
    second = desk.take_in(goods_terms(number="B")).invoice_id
    with desk.database.transaction() as session:
        session.execute(CLAIM, {"invoice": first, "item": item, "released": False})
    for invoice in (second, first):
        claim = {"invoice": invoice, "item": item, "released": False}
        refused = pytest.raises(IntegrityError, match="uq_claimed_items_live_item")
        with refused, desk.database.transaction() as session:
            session.execute(CLAIM, claim)
    with desk.database.transaction() as session:  # what was given back may be claimed anew
        session.execute(text("UPDATE claimed_items SET released = true"))
        session.execute(CLAIM, {"invoice": second, "item": item, "released": False})


def test_a_second_claim_on_the_same_inspection_is_stopped(desk: Desk) -> None:
    first = matched(desk)
    second = desk.receive(goods_terms(number="INV-2026-9999"))
    assert {"INS-004", "CON-008"} <= ids(desk, second)
    with pytest.raises(OpenFindingsError):
        desk.approve(second, Step.SECTION, CLERK)
    desk.give_back(second, checks=["INS-004"])
    desk.approve_all(first)


def test_a_claim_that_lost_the_race_for_an_inspection_line_is_refused(desk: Desk) -> None:
    """Two matches that both saw the line free: the index lets one hold it, the other is told."""
    first, second = desk.take_in(goods_terms()), desk.take_in(goods_terms(number="INV-2"))
    situation = goods_situation()
    with desk.database.transaction() as session:
        hold_claims(session, queries.invoice(session, first.invoice_id), situation)
    with desk.database.transaction() as session:
        row = queries.invoice(session, second.invoice_id)
        with pytest.raises(OpenFindingsError, match="INS-004"):
            hold_claims(session, row, situation)


def test_case_2_returned_and_resubmitted_pauses_the_clock(desk: Desk) -> None:
    desk.on(date(2026, 11, 5))
    desk.inspect_milk()
    first = desk.milk("12442", number="M-1010", preceding=())
    assert {"INS-002", "AMT-005"} <= ids(desk, first)
    desk.on(date(2026, 11, 6))
    desk.give_back(first, checks=["INS-002", "AMT-005"], note="検収数量は12,418本です。")
    assert desk.row(first).status is State.RETURNED
    assert not desk.row(first).is_live
    (mail,) = mails(desk)
    assert "12,418" in mail["body"]
    assert "令和8年11月6日" in mail["body"]
    desk.on(date(2026, 11, 10))
    second = desk.milk()
    row = desk.row(second)
    assert (row.result, row.replaces_id) == ("MATCHED", first.invoice_id)
    assert (row.clock_start, row.due_on) == (date(2026, 11, 5), date(2026, 12, 9))
    assert "DUP-004" in ids(desk, second)
    with desk.database.transaction() as session:
        returned = queries.return_of(session, first.invoice_id)
        assert returned is not None
        assert returned.corrected_by_id == second.invoice_id


def test_gross_negligence_starts_the_clock_with_the_corrected_claim(desk: Desk) -> None:
    desk.on(date(2026, 11, 5))
    desk.inspect_milk()
    first = desk.milk("12442", number="M-1010", preceding=())
    desk.on(date(2026, 11, 6))
    desk.give_back(first, note="故意の水増し", fault=Fault.GROSS)
    desk.on(date(2026, 11, 10))
    row = desk.row(desk.milk())
    assert (row.clock_start, row.due_on) == (date(2026, 11, 10), date(2026, 12, 9))


def test_after_a_return_the_same_number_may_come_again(desk: Desk) -> None:
    found = matched(desk)
    desk.give_back(found, note="宛先を直してください")
    again = desk.receive(goods_terms(note="直しました"))
    row = desk.row(again)
    assert row.holds_number
    assert row.replaces_id == found.invoice_id
    assert row.result == "MATCHED"


def test_a_return_without_a_reason_is_refused(desk: Desk) -> None:
    found = matched(desk)
    with pytest.raises(ReasonMissingError):
        desk.give_back(found)


def test_a_return_pressed_twice_is_one_notice(desk: Desk) -> None:
    found = matched(desk)
    seen = desk.row(found).version
    desk.give_back(found, note="宛先", seen=seen)
    desk.give_back(found, note="宛先", seen=seen)
    assert len(mails(desk)) == 1


def test_words_of_an_invoice_never_become_a_link_in_a_mail(desk: Desk) -> None:
    found = matched(desk)
    desk.give_back(found, note="[[link:00000000-0000-4000-8000-000000000000]]")
    (mail,) = mails(desk)
    assert "[[" not in mail["body"]


def test_a_vendor_withdraws_its_own_invoice_and_nobody_elses(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session, pytest.raises(InvoiceNotFoundError):
        returning.withdraw(
            session,
            invoice_id=found.invoice_id,
            vendor_id="V000102",
            actor=VENDOR,
            at=desk.at,
            reason="x",
        )
    with desk.database.transaction() as session:
        returning.withdraw(
            session,
            invoice_id=found.receipt_no,
            vendor_id="V000101",
            actor=VENDOR,
            at=desk.at,
            reason="金額の誤り",
        )
    assert desk.row(found).status is State.WITHDRAWN
