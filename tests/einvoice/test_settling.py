"""After the bank: paid, failed, come back."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import (
    settling,
)
from einvoice.models import ReceivedInvoice
from einvoice.refusals import (
    OnHoldError,
    PaymentOrderError,
)
from einvoice.states import State
from tests.einvoice.desk import (
    PAY_ON,
    Desk,
    approved,
    ids,
    mails,
    settle,
)
from tests.einvoice.situations import goods_terms


def test_paid_is_recorded_once_and_the_vendor_is_told(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    line = f"{order},PAID,2026-11-20,"
    assert settle(desk, line) == settling.Settled(1, 0, 0)
    assert settle(desk, line) == settling.Settled(0, 0, 1)
    row = desk.row(found)
    assert (row.status, row.paid_on) == (State.PAID, PAY_ON)
    assert sum("お支払い" in mail["subject"] for mail in mails(desk)) == 1


def test_a_failed_transfer_stands_approved_again_and_held(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    line = f"{order},FAILED,2026-11-20,口座なし"
    assert settle(desk, line).failed == 1
    assert settle(desk, line).known == 1
    row = desk.row(found)
    assert row.status is State.APPROVED
    assert "口座なし" in (row.hold_reason or "")
    with pytest.raises(OnHoldError):
        desk.hand_over(found, pay_on=date(2026, 11, 24))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"order_no,result\r\nR8-1,PAID\r\n", "paid_on"),
        (b"order_no,result,paid_on\r\nR8-1,OK,2026-11-20\r\n", "2行目"),
        (b"order_no,result,paid_on\r\nR8-1,PAID,20.11.2026\r\n", "日付"),
        (b"\x80\x81\xff", "文字コード"),
    ],
)
def test_results_that_cannot_be_read_are_told_by_line(data: bytes, words: str) -> None:
    with pytest.raises(PaymentOrderError, match=words):
        settling.read_results(data)


def test_an_unknown_order_is_told_and_nothing_is_recorded(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    with pytest.raises(PaymentOrderError, match="R8-777777"):
        settle(desk, f"{order},PAID,2026-11-20,\r\nR8-777777,PAID,2026-11-20,")
    assert desk.row(found).status is State.HANDED_OVER


def test_a_paid_invoice_still_holds_its_number(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},PAID,2026-11-20,")
    desk.on(date(2026, 11, 25))
    other = desk.receive(goods_terms(note="もう一度"))
    assert "DUP-003" in ids(desk, other)
    with desk.database.transaction() as session:
        assert session.query(ReceivedInvoice).filter_by(is_live=True).count() == 2


def test_a_transfer_that_comes_back_after_it_was_paid_opens_the_payment_again(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},PAID,2026-11-20,")
    assert settle(desk, f"{order},FAILED,2026-11-24,組戻").failed == 1
    row = desk.row(found)
    assert (row.status, row.paid_on) == (State.APPROVED, None)
    assert "組戻" in (row.hold_reason or "")
