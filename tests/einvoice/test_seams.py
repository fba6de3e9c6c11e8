"""What an enemy or an accident does between two acts: replays, contradictions, stale pages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from einvoice import approving, preparing, receiving, taking_back
from einvoice.compose import compose
from einvoice.errors import EInvoiceError
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.receiving import Channel
from einvoice.refusals import DecidedMeanwhileError, MessageReusedError, MoveNotAllowedError
from einvoice.states import State, Step
from einvoice.writing import write
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    OTHER_CLERK,
    PAY_ON,
    Desk,
    approved,
    matched,
    settle,
)
from tests.einvoice.situations import D, goods_terms, milk_terms


def test_a_batch_whose_payment_came_back_and_left_again_cannot_be_taken_back(desk: Desk) -> None:
    found = approved(desk)
    first = desk.hand_over(found, pay_on=PAY_ON)
    settle(desk, f"{first.orders[0].order_no},FAILED,2026-11-20,口座なし")
    with desk.database.transaction() as session:
        approving.lift_hold(
            session,
            invoice_id=found.invoice_id,
            actor=ACCOUNTANT,
            at=desk.at,
            reason="口座を確認",
            desk=Step.ACCOUNTING,
        )
    desk.hand_over(found, pay_on=date(2026, 11, 30))
    with desk.database.transaction() as session, pytest.raises(MoveNotAllowedError):
        taking_back.ask(
            session, batch_id=first.batch.id, actor=ACCOUNTANT, at=desk.at, reason="古い引渡し"
        )
    assert desk.row(found).status is State.HANDED_OVER


def test_paid_after_failed_for_one_order_is_an_alarm_not_known(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},FAILED,2026-11-20,口座なし")
    with pytest.raises(EInvoiceError, match="振込不能"):
        settle(desk, f"{order},PAID,2026-11-20,")


def test_a_message_number_used_for_another_invoice_is_refused_not_swallowed(desk: Desk) -> None:
    def take(data: bytes) -> receiving.Receipt:
        return desk.take_in(data, None, channel=Channel.PEPPOL, message_id="1")

    first = write(compose(goods_terms()))
    known = take(first)
    assert take(first).receipt_no == known.receipt_no
    with pytest.raises(MessageReusedError):
        take(write(compose(milk_terms())))


def test_an_amount_beyond_what_is_kept_does_not_stop_the_examination(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    paid = 10**25
    data = write(compose(goods_terms())).replace(
        b'<cbc:PayableAmount currencyID="JPY">1178006<',
        b'<cbc:PrepaidAmount currencyID="JPY">-%d</cbc:PrepaidAmount>'
        b'<cbc:PayableAmount currencyID="JPY">%d<' % (paid, 1178006 + paid),
    )
    found = desk.receive(data)
    row = desk.row(found)
    assert (row.status, row.verdict, row.payable) == (State.AT_SECTION, "valid", None)


def test_an_approval_on_a_page_without_the_new_deduction_is_refused(desk: Desk) -> None:
    found = matched(desk)
    seen = desk.row(found).version
    with desk.database.transaction() as session:
        preparing.set_deductions(
            session,
            desk.deps,
            invoice_id=found.invoice_id,
            deductions=[Deduction(kind=DeductionKind.OTHER, base=D(0), amount=D(1000))],
            actor=OTHER_CLERK,
            at=desk.at,
            reason="遅延",
        )
    with pytest.raises(DecidedMeanwhileError):
        desk.approve(found, Step.SECTION, CLERK, seen=seen)


def test_a_transfer_cannot_be_dated_before_today(desk: Desk) -> None:
    found = approved(desk)
    desk.on(PAY_ON + timedelta(days=4))
    with pytest.raises(EInvoiceError, match="2026-11-20"):
        desk.hand_over(found, pay_on=PAY_ON)
    assert desk.row(found).status is State.APPROVED
