"""Handing over: once, whole or not at all."""

from __future__ import annotations

import csv
import io
import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from einvoice import (
    approving,
    handover,
    handover_queries,
    taking_back,
    zengin_reading,
)
from einvoice.handover import ORDERS, TRANSFERS
from einvoice.inspection import InspectionForm
from einvoice.models import HandoverItem, ReceivedInvoice
from einvoice.refusals import (
    AlreadyHandedOverError,
    MoveNotAllowedError,
    NothingToHandOverError,
    OnHoldError,
    ReasonMissingError,
    RecallError,
    RunRefusedError,
    SamePersonError,
    TransferFileError,
)
from einvoice.states import State
from records import audit, new_id
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    OTHER_ACCOUNTANT,
    PAY_ON,
    TREASURER,
    Desk,
    approved,
    matched,
)
from tests.einvoice.late_situations import cleaning_contract
from tests.einvoice.worked_cases import ROWS


def test_case_1_leaves_as_the_published_row_and_record(desk: Desk) -> None:
    found = approved(desk)
    handed = desk.hand_over(found, pay_on=PAY_ON)
    assert desk.row(found).status is State.HANDED_OVER
    with desk.database.transaction() as session:
        files = {
            name: handover.file_of(session, desk.deps, batch_id=handed.batch.id, name=name)
            for name in (ORDERS, TRANSFERS)
        }
    (header, row) = list(csv.reader(io.StringIO(files[ORDERS].decode())))
    expected = next(csv.reader([ROWS["case 1"][1]]))
    # Numbers given by this system and the door it came by are all that may differ.
    own = {"order_no", "edi", "channel"}
    assert {k for k, a, b in zip(header, row, expected, strict=True) if a != b} <= own
    read = zengin_reading.read(files[TRANSFERS])
    assert (read.faults, read.count, read.total) == ((), 1, Decimal(1_178_006))
    assert handed.control is not None
    assert handed.control.total == Decimal(1_178_006)


def test_second_export_of_the_same_payment_is_refused(desk: Desk) -> None:
    found = approved(desk)
    handed = desk.hand_over(found, pay_on=PAY_ON)
    with pytest.raises(AlreadyHandedOverError, match=handed.batch.number):
        desk.hand_over(found, pay_on=PAY_ON)


def test_the_database_itself_lets_an_invoice_leave_once(desk: Desk) -> None:
    found = approved(desk)
    handed = desk.hand_over(found, pay_on=PAY_ON)
    with pytest.raises(IntegrityError), desk.database.transaction() as session:
        session.add(
            HandoverItem(
                id=new_id(),
                batch_id=handed.batch.id,
                invoice_id=found.invoice_id,
                order_no="R8-999999",
                payable=Decimal(1),
                net=Decimal(1),
            )
        )


def test_two_hand_overs_at_once_pay_once(desk: Desk) -> None:
    found = approved(desk)
    outcome: list[object] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait()
        try:
            outcome.append(desk.hand_over(found, pay_on=PAY_ON))
        except AlreadyHandedOverError as told:
            outcome.append(told)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(item, AlreadyHandedOverError) for item in outcome) == 1
    with desk.database.transaction() as session:
        assert session.query(HandoverItem).count() == 1


def test_a_failure_on_the_way_leaves_nothing_handed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = approved(desk)

    def die(*args: object, **more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(handover.audit, "append", die)
        with pytest.raises(SystemExit):
            desk.hand_over(found, pay_on=PAY_ON)
    assert desk.row(found).status is State.APPROVED
    with desk.database.transaction() as session:
        assert handover_queries.batches(session) == []
    assert desk.hand_over(found, pay_on=PAY_ON).batch.count == 1


def test_a_bank_holiday_writes_nothing(desk: Desk) -> None:
    found = approved(desk)
    with pytest.raises(TransferFileError, match="銀行休業日"):
        desk.hand_over(found, pay_on=date(2026, 11, 23))
    assert desk.row(found).status is State.APPROVED


def test_what_is_not_approved_does_not_leave(desk: Desk) -> None:
    found = matched(desk)
    with pytest.raises(MoveNotAllowedError, match="引き渡し"):
        desk.hand_over(found, pay_on=PAY_ON)
    with pytest.raises(NothingToHandOverError):
        desk.hand_over(pay_on=PAY_ON)


def test_an_invoice_held_by_hand_does_not_leave(desk: Desk) -> None:
    found = approved(desk)
    with desk.database.transaction() as session:
        approving.hold(
            session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at, reason="照会中"
        )
    with pytest.raises(OnHoldError):
        desk.hand_over(found, pay_on=PAY_ON)


def test_a_batch_is_asked_back_by_one_and_taken_back_by_another(desk: Desk) -> None:
    found = approved(desk)
    handed = desk.hand_over(found, pay_on=PAY_ON)

    def act(what, actor, **more):
        with desk.database.transaction() as session:
            return what(session, batch_id=handed.batch.id, actor=actor, at=desk.at, **more)

    with pytest.raises(RecallError):
        act(taking_back.approve, TREASURER)
    with pytest.raises(ReasonMissingError):
        act(taking_back.ask, OTHER_ACCOUNTANT, reason=" ")
    act(taking_back.ask, OTHER_ACCOUNTANT, reason="日付の誤り")
    act(taking_back.ask, ACCOUNTANT, reason="あとの理由")  # asked already: the first one stands
    for same in (OTHER_ACCOUNTANT, ACCOUNTANT):
        with pytest.raises(SamePersonError):
            act(taking_back.approve, same)
    assert desk.row(found).status is State.HANDED_OVER
    done = act(taking_back.approve, TREASURER)
    assert act(taking_back.approve, TREASURER).taken_back_at == done.taken_back_at
    assert (done.taken_back_by, done.taken_back_reason) == (TREASURER.name, "日付の誤り")
    assert desk.row(found).status is State.APPROVED
    with desk.database.reader() as session:
        trail = [e.action for e in audit.history(session, f"handover:{handed.batch.id}")]
    assert trail == ["handover.made", "handover.recall_asked", "handover.taken_back"]
    again = desk.hand_over(found, pay_on=date(2026, 11, 24))
    assert again.batch.number != handed.batch.number
    assert again.orders[0].order_no != handed.orders[0].order_no


def test_a_declined_request_leaves_the_batch_and_can_be_asked_again(desk: Desk) -> None:
    found = approved(desk)
    batch = desk.hand_over(found, pay_on=PAY_ON).batch.id
    with desk.database.transaction() as session:
        taking_back.ask(session, batch_id=batch, actor=ACCOUNTANT, at=desk.at, reason="誤り")
    with desk.database.transaction() as session:
        assert [row.id for row in handover_queries.asked_back(session)] == [batch]
        for _ in range(2):
            taking_back.decline(
                session, batch_id=batch, actor=TREASURER, at=desk.at, reason="そのまま支払う"
            )
        assert handover_queries.asked_back(session) == []
        with pytest.raises(RecallError):
            taking_back.approve(session, batch_id=batch, actor=TREASURER, at=desk.at)
    assert desk.row(found).status is State.HANDED_OVER
    desk.take_back(batch)
    assert desk.row(found).status is State.APPROVED


def test_a_run_past_the_banks_cut_off_is_refused_with_the_earliest_day(desk: Desk) -> None:
    found = approved(desk)  # 2026-10-27
    with pytest.raises(RunRefusedError) as refused:
        desk.hand_over(found, pay_on=date(2026, 10, 27))
    assert "2026-10-28" in refused.value.message_ja
    assert desk.row(found).status is State.APPROVED
    assert desk.hand_over(found, pay_on=date(2026, 10, 28)).batch.count == 1


def test_the_same_account_and_amount_twice_in_a_run_needs_a_reason(desk: Desk) -> None:
    desk.on(date(2026, 5, 1))
    found = []
    for month, last in ((3, 31), (4, 30)):
        period = (date(2026, month, 1), date(2026, month, last))
        desk.book.contracts["2025K-I-00012"] = cleaning_contract(ends_on=date(2026, 4, 30))
        form = InspectionForm(
            passed=True, notified_on=period[1], inspected_on=period[1], period=period
        )
        desk.inspect("2025K-I-00012", form)
        invoice = desk.cleaning(
            number=f"2026-{month}", issue_date=date(2026, 5, 1), start=period[0], end=period[1]
        )
        with desk.database.transaction() as session:
            row = session.get(ReceivedInvoice, invoice.invoice_id)
            row.state, row.hold_reason = State.APPROVED.value, None
        found.append(invoice)
    with pytest.raises(RunRefusedError) as refused:
        desk.hand_over(*found, pay_on=date(2026, 5, 20))
    assert refused.value.field == "accept_repeated"
    assert found[0].receipt_no in refused.value.message_ja
    with desk.database.transaction() as session:
        done = handover.hand_over(
            session,
            desk.deps,
            invoice_ids=[item.invoice_id for item in found],
            pay_on=date(2026, 5, 20),
            actor=ACCOUNTANT,
            at=desk.at,
            accept_repeated="3月分と4月分",
        )
        assert done.batch.count == 2
