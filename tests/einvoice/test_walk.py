"""The invoice's walk on a real database: examine, inspect, approve, return, hand over, settle."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from einvoice import (
    approving,
    examining,
    handover,
    handover_queries,
    queries,
    returning,
    settling,
    zengin_reading,
)
from einvoice.claiming import hold_claims
from einvoice.compose import compose
from einvoice.deps import Route
from einvoice.due_dates import Fault
from einvoice.examining import examine
from einvoice.handover import DEDUCTIONS, ORDERS, TRANSFERS
from einvoice.inspection import InspectionForm
from einvoice.jobs import renew
from einvoice.models import ClaimedItem, Decision, HandoverItem, ReceivedInvoice
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.refusals import (
    AlreadyHandedOverError,
    DecidedMeanwhileError,
    InspectionError,
    InvoiceNotFoundError,
    MoveNotAllowedError,
    NothingToHandOverError,
    NotReleasableError,
    OnHoldError,
    OpenFindingsError,
    PaymentOrderError,
    ReasonMissingError,
    SamePersonError,
    TransferFileError,
)
from einvoice.states import State, Step
from einvoice.writing import write
from records import Database, FixedClock, LocalStore, audit, new_id
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    OTHER_ACCOUNTANT,
    OTHER_CLERK,
    TREASURER,
    VENDOR,
    Desk,
)
from tests.einvoice.situations import goods_situation, goods_terms, works_invoice
from tests.einvoice.worked_cases import ROWS

PAY_ON = date(2026, 11, 20)


def ids(desk: Desk, found) -> set[str]:
    with desk.database.transaction() as session:
        return {f.check_id for f in queries.findings(session, found.invoice_id)}


def mails(desk: Desk) -> list[dict]:
    with desk.database.transaction() as session:
        rows = session.execute(
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'portal.mail' ORDER BY id")
        )
        return [row[0] for row in rows]


# --- examine -------------------------------------------------------------------------------------


def test_a_claim_before_its_inspection_waits_and_is_matched_when_it_is_recorded(
    desk: Desk,
) -> None:
    found = desk.goods()
    row = desk.row(found)
    assert (row.status, row.result) == (State.AT_SECTION, "WAITING")
    assert "INS-001" in ids(desk, found)
    assert row.due_on is None
    desk.inspect_goods()
    row = desk.row(found)
    assert (row.result, row.due_on, row.inspection_no) == (
        "MATCHED",
        date(2026, 11, 25),
        "K8-00456",
    )


def test_an_invalid_document_is_refused_at_once_and_the_vendor_is_told_why(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    data = write(compose(goods_terms())).replace(b">1081821<", b">1081822<", 1)
    found = desk.receive(data)
    row = desk.row(found)
    assert (row.status, row.is_live, row.verdict) == (State.REFUSED, False, "invalid")
    (mail,) = mails(desk)
    assert mail["to"] == "v000101@vendor.example"
    assert found.receipt_no in mail["subject"]


def test_bytes_that_are_no_xml_after_all_are_refused_as_unreadable(desk: Desk) -> None:
    found = desk.receive(b"<Invoice><unclosed>")
    assert (desk.row(found).status, desk.row(found).verdict) == (State.REFUSED, "unreadable")


def test_a_refused_document_can_be_sent_again_corrected(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    bad = write(compose(goods_terms())).replace(b">1081821<", b">1081822<", 1)
    desk.receive(bad)
    good = desk.receive(goods_terms())
    assert desk.row(good).status is State.AT_SECTION
    assert desk.row(good).holds_number


def test_examining_twice_does_it_once(desk: Desk) -> None:
    found = desk.goods()
    version = desk.row(found).version
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).version == version


def test_a_worker_killed_before_its_commit_leaves_the_receipt_to_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk.take_in(goods_terms())

    def die(*args: object, **more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(examining.audit, "append", die)
        with pytest.raises(SystemExit):
            examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.RECEIVED
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.AT_SECTION


def test_a_contract_is_found_without_its_number_only_when_it_is_certain(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    found = desk.receive(goods_terms(contract=None))
    assert desk.row(found).contract_no == "2026K-B-00123"
    assert desk.row(found).result == "MATCHED"


def test_a_clerk_chooses_the_contract_where_none_is_named(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    found = desk.receive(goods_terms(contract="番号なし"))
    assert desk.row(found).result == "UNMATCHED"
    with desk.database.transaction() as session:
        approving.choose_contract(
            session,
            desk.deps,
            invoice_id=found.invoice_id,
            contract_no="2026K-B-00123",
            actor=CLERK,
            at=desk.at,
        )
    assert desk.row(found).contract_no == "2026K-B-00123"
    assert "CON-001" not in ids(desk, found)


def test_naming_another_vendors_contract_leads_nowhere(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    found = desk.receive(goods_terms(contract="2026K-K-00210"))
    assert desk.row(found).contract_no is None


# --- inspection ----------------------------------------------------------------------------------


def test_the_same_inspection_recorded_twice_is_one(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    assert desk.inspect_goods() == desk.inspect_goods() == "K8-00456"
    form = InspectionForm(
        passed=True,
        notified_on=date(2026, 10, 20),
        inspected_on=date(2026, 10, 26),
        number="K8-00456",
    )
    with pytest.raises(InspectionError, match="別の検収"):
        desk.inspect("2026K-B-00123", form)


DAY = {"notified_on": date(2026, 10, 21), "inspected_on": date(2026, 10, 26)}


@pytest.mark.parametrize(
    ("contract", "form", "words"),
    [
        ("2026K-B-00123", InspectionForm(passed=False, **DAY), "理由"),
        (
            "2026K-B-00123",
            InspectionForm(
                passed=True, notified_on=date(2026, 10, 26), inspected_on=date(2026, 10, 21)
            ),
            "より前",
        ),
        (
            "2026K-B-00123",
            InspectionForm(
                passed=True, notified_on=date(2026, 10, 26), inspected_on=date(2026, 10, 28)
            ),
            "未来",
        ),
        ("2026K-T-00045", InspectionForm(passed=True, **DAY), "品目ごと"),
        ("2025K-I-00012", InspectionForm(passed=True, **DAY), "対象期間"),
    ],
)
def test_an_inspection_that_contradicts_itself_is_refused(
    desk: Desk, contract: str, form: InspectionForm, words: str
) -> None:
    desk.on(date(2026, 10, 27))
    with pytest.raises(InspectionError, match=words):
        desk.inspect(contract, form)


def test_inspections_get_numbers_of_their_own(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    form = InspectionForm(passed=False, note="傷あり", **DAY)
    assert desk.inspect("2026K-B-00123", form).startswith("K8-")
    found = desk.goods()
    assert "INS-003" in ids(desk, found)


# --- approve -------------------------------------------------------------------------------------


def matched(desk: Desk):
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    return desk.goods()


def test_three_people_approve_and_each_step_is_kept(desk: Desk) -> None:
    found = matched(desk)
    row = desk.approve_all(found)
    assert row.status is State.APPROVED
    with desk.database.transaction() as session:
        taken = queries.decisions(session, found.invoice_id)
        trail = audit.history(session, f"invoice:{found.invoice_id}")
    assert [(d.step, d.actor_name) for d in taken] == [
        ("section", CLERK.name),
        ("accounting", ACCOUNTANT.name),
        ("treasurer", TREASURER.name),
    ]
    assert {d.original_sha256 for d in taken} == {found.sha256}
    assert [entry.action for entry in trail].count("invoice.approve") == 3


def test_one_person_cannot_take_two_steps(desk: Desk) -> None:
    found = matched(desk)
    desk.approve(found, Step.SECTION, CLERK)
    with pytest.raises(SamePersonError, match=CLERK.name):
        desk.approve(found, Step.ACCOUNTING, CLERK)


def test_below_the_routes_amount_the_treasurer_is_not_asked(
    database: Database, store: LocalStore, clock: FixedClock
) -> None:
    desk = Desk(database, store, clock, route=Route(treasurer_from=Decimal(2_000_000)))
    found = matched(desk)
    desk.approve(found, Step.SECTION, CLERK)
    assert desk.approve(found, Step.ACCOUNTING, ACCOUNTANT).status is State.APPROVED


def test_two_clerks_approving_at_once_one_wins_and_the_other_is_told(desk: Desk) -> None:
    found = matched(desk)
    seen = desk.row(found).version
    outcome: list[object] = []
    start = threading.Barrier(2)

    def press(actor) -> None:
        start.wait()
        try:
            outcome.append(desk.approve(found, Step.SECTION, actor, seen=seen).status)
        except DecidedMeanwhileError as told:
            outcome.append(told)

    threads = [threading.Thread(target=press, args=(who,)) for who in (CLERK, OTHER_CLERK)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [item for item in outcome if isinstance(item, DecidedMeanwhileError)]
    assert len(told) == 1
    assert "会計課で審査中" in told[0].message_ja
    with desk.database.transaction() as session:
        assert session.query(Decision).count() == 1


def test_double_click_on_approve_approves_once_and_answers_alike(desk: Desk) -> None:
    found = matched(desk)
    seen = desk.row(found).version
    first = desk.approve(found, Step.SECTION, CLERK, seen=seen)
    again = desk.approve(found, Step.SECTION, CLERK, seen=seen)
    assert first.status is again.status is State.AT_ACCOUNTING
    with desk.database.transaction() as session:
        assert session.query(Decision).count() == 1


def test_a_step_out_of_turn_is_refused(desk: Desk) -> None:
    found = matched(desk)
    with pytest.raises(MoveNotAllowedError, match="担当課で確認中"):
        desk.approve(found, Step.TREASURER, TREASURER)


def test_what_stops_cannot_be_approved_nor_released(desk: Desk) -> None:
    found = desk.goods()
    with pytest.raises(OpenFindingsError, match="INS-001"):
        desk.approve(found, Step.SECTION, CLERK)
    with desk.database.transaction() as session, pytest.raises(NotReleasableError):
        approving.release(
            session,
            invoice_id=found.invoice_id,
            check_id="INS-001",
            actor=CLERK,
            at=desk.at,
            reason="急ぐため",
        )


def release(desk: Desk, found, check: str, reason: str = "納品書で確認した") -> None:
    with desk.database.transaction() as session:
        approving.release(
            session,
            invoice_id=found.invoice_id,
            check_id=check,
            actor=CLERK,
            at=desk.at,
            reason=reason,
        )


def test_a_hold_is_released_with_a_reason_and_then_approved(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    other = replace(compose(goods_terms()), payee=None)
    address = replace(other.seller, name="株式会社ぜんぜん違う商事")
    found = desk.receive(write(replace(other, seller=address)))
    assert desk.row(found).result == "HELD"
    with pytest.raises(OpenFindingsError, match="VEN-003"):
        desk.approve(found, Step.SECTION, CLERK)
    with pytest.raises(ReasonMissingError):
        release(desk, found, "VEN-003", "  ")
    release(desk, found, "VEN-003")
    assert desk.approve(found, Step.SECTION, CLERK).status is State.AT_ACCOUNTING


def test_a_release_counts_only_for_the_words_that_were_read(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    other = compose(goods_terms())
    found = desk.receive(write(replace(other, seller=replace(other.seller, name="別の商事"))))
    release(desk, found, "VEN-003")
    with desk.database.transaction() as session:
        creditor = queries.creditor(session, "V000101")
        assert creditor is not None
        creditor.name = "さらに別の名前"
        desk.book.contracts["2026K-B-00123"] = replace(
            desk.book.contracts["2026K-B-00123"], vendor_name="さらに別の名前"
        )
    with pytest.raises(OpenFindingsError, match="VEN-003"):
        desk.approve(found, Step.SECTION, CLERK)


def test_a_hold_by_hand_stops_every_step_until_it_is_lifted(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session:
        approving.hold(
            session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at, reason="電話で確認中"
        )
    with pytest.raises(OnHoldError, match="電話で確認中"):
        desk.approve(found, Step.SECTION, CLERK)
    with desk.database.transaction() as session:
        approving.lift_hold(
            session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at, reason="確認できた"
        )
    assert desk.approve(found, Step.SECTION, CLERK).status is State.AT_ACCOUNTING


def test_accounting_sends_back_and_the_route_starts_anew(desk: Desk) -> None:
    found = matched(desk)
    desk.approve(found, Step.SECTION, CLERK)
    with desk.database.transaction() as session:
        approving.send_back(
            session,
            invoice_id=found.invoice_id,
            seen=desk.row(found).version,
            actor=ACCOUNTANT,
            at=desk.at,
            reason="科目を確認してください",
        )
    assert desk.row(found).status is State.AT_SECTION
    desk.approve(found, Step.SECTION, CLERK)
    desk.approve(found, Step.ACCOUNTING, ACCOUNTANT)


def test_what_changed_since_the_match_is_seen_at_the_approval(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session:
        creditor = queries.creditor(session, "V000101")
        assert creditor is not None
        creditor.notice_on_file = "差押命令（遠州地方裁判所）"
    with pytest.raises(OpenFindingsError, match="VEN-004"):
        desk.approve(found, Step.SECTION, CLERK)


def test_late_works_wait_for_the_decision_on_damages(desk: Desk) -> None:
    desk.on(date(2026, 11, 20))
    desk.book.contracts["2026K-K-00210"] = replace(
        desk.book.contracts["2026K-K-00210"],
        advance=replace(desk.book.contracts["2026K-K-00210"].advance),
    )
    form = InspectionForm(
        passed=True,
        notified_on=date(2026, 11, 11),
        inspected_on=date(2026, 11, 18),
        performed_on=date(2026, 11, 11),
        number="K8-00566",
    )
    desk.inspect("2026K-K-00210", form)
    found = desk.receive(write(works_invoice(prepaid=0)), "V000103")
    assert ids(desk, found) & {"DED-004"}
    damages = Deduction(
        kind=DeductionKind.DAMAGE,
        base=Decimal(48_400_000),
        amount=Decimal(39_700),
        income_number="R8-C-0009876",
    )
    with desk.database.transaction() as session:
        approving.set_deductions(
            session,
            desk.deps,
            invoice_id=found.invoice_id,
            deductions=[damages],
            actor=CLERK,
            at=desk.at,
        )
    assert "DED-004" not in ids(desk, found)
    desk.approve_all(found)
    handed = desk.hand_over(found, pay_on=date(2026, 12, 18))
    with desk.database.transaction() as session:
        rows = handover.file_of(
            session, desk.deps, batch_id=handed.batch.id, name=DEDUCTIONS
        ).decode()
    assert rows.split("\r\n")[1].endswith(",1,DAMAGE,48400000,39700,R8-C-0009876,")
    assert handed.batch.net == Decimal(48_400_000 - 39_700)


# --- one inspection line, one live invoice -------------------------------------------------------


def test_the_database_itself_lets_one_inspection_line_feed_one_live_invoice(desk: Desk) -> None:
    found = matched(desk)
    other = desk.receive(goods_terms(number="INV-2"))
    with desk.database.transaction() as session:
        taken = session.query(ClaimedItem).filter_by(invoice_id=found.invoice_id).first()
        assert taken is not None
        item = taken.item
    with pytest.raises(IntegrityError), desk.database.transaction() as session:
        session.add(ClaimedItem(id=new_id(), invoice_id=other.invoice_id, item=item))


def test_a_second_claim_on_the_same_inspection_is_stopped(desk: Desk) -> None:
    first = matched(desk)
    second = desk.receive(goods_terms(number="INV-2026-9999"))
    assert {"INS-004", "CON-008"} <= ids(desk, second)
    with pytest.raises(OpenFindingsError):
        desk.approve(second, Step.SECTION, CLERK)
    desk.give_back(second, checks=["INS-004"])
    desk.approve_all(first)


# --- return --------------------------------------------------------------------------------------


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


# --- hand over -----------------------------------------------------------------------------------


def approved(desk: Desk):
    found = matched(desk)
    desk.approve_all(found)
    return found


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


def test_a_batch_is_taken_back_by_another_person_and_can_leave_again(desk: Desk) -> None:
    found = approved(desk)
    handed = desk.hand_over(found, pay_on=PAY_ON)
    with desk.database.transaction() as session, pytest.raises(SamePersonError):
        handover.take_back(
            session, batch_id=handed.batch.id, actor=ACCOUNTANT, at=desk.at, reason="日付の誤り"
        )
    with desk.database.transaction() as session:
        handover.take_back(
            session, batch_id=handed.batch.id, actor=TREASURER, at=desk.at, reason="日付の誤り"
        )
    assert desk.row(found).status is State.APPROVED
    again = desk.hand_over(found, pay_on=date(2026, 11, 24))
    assert again.batch.number != handed.batch.number
    assert again.orders[0].order_no != handed.orders[0].order_no


# --- after the bank ------------------------------------------------------------------------------


def settle(desk: Desk, line: str) -> settling.Settled:
    data = f"order_no,result,paid_on,reason\r\n{line}\r\n".encode("cp932")
    with desk.database.transaction() as session:
        return settling.settle(
            session, settling.read_results(data), actor=OTHER_ACCOUNTANT, at=desk.at
        )


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


# Ideas taken from the bugs of others (facts on peers, T-36 to T-40).


def test_t36_a_failure_reported_late_does_not_undo_a_payment_twice(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},PAID,2026-11-20,")
    settle(desk, f"{order},FAILED,2026-11-24,組戻")
    with desk.database.transaction() as session:
        approving.lift_hold(
            session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at, reason="口座を確認"
        )
    again = desk.hand_over(found, pay_on=date(2026, 11, 30)).orders[0].order_no
    settle(desk, f"{again},PAID,2026-11-30,")
    # The old order's failure, read once more, is known and changes nothing.
    assert settle(desk, f"{order},FAILED,2026-11-24,組戻").known == 1
    assert desk.row(found).status is State.PAID


def test_t37_the_same_number_is_blocked_while_live_and_allowed_after_a_failure(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    bad = write(compose(goods_terms())).replace(b">1081821<", b">1081822<", 1)
    assert desk.row(desk.receive(bad)).status is State.REFUSED
    good = desk.receive(goods_terms())
    assert desk.row(good).holds_number
    other = desk.receive(goods_terms(note="別"))
    assert "DUP-003" in ids(desk, other)


def test_t38_a_refusal_always_says_why(desk: Desk) -> None:
    for number, data in enumerate((b"<a/>", b"<a><b></a>", b"<Invoice/>", b"<!DOCTYPE a><a/>")):
        found = desk.receive(data, name=f"{number}.xml")
        assert desk.row(found).status is State.REFUSED
        with desk.database.transaction() as session:
            said = queries.findings(session, found.invoice_id)
        assert any(f.severity == "error" and f.message_ja and f.remedy_ja for f in said)


def test_t39_tax_rounded_line_by_line_is_told_from_tax_rounded_once(desk: Desk) -> None:
    found = matched(desk)
    assert desk.row(found).result == "MATCHED"
    cut = write(compose(goods_terms(number="INV-2"))).replace(b">48198<", b">48197<")
    cut = cut.replace(b">96185<", b">96184<").replace(b">1178006<", b">1178005<")
    other = desk.receive(cut)
    assert desk.row(other).status is State.REFUSED  # the standard sees it, too


def test_t40_an_examination_that_failed_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk.take_in(goods_terms())

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(examining, "validate", broken)
        with pytest.raises(RuntimeError):
            examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.RECEIVED
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.AT_SECTION


def test_the_morning_job_shows_nearing_due_dates(desk: Desk) -> None:
    found = matched(desk)
    assert "DAT-009" not in ids(desk, found)
    desk.on(date(2026, 11, 19))
    renew(desk.deps)
    assert "DAT-009" in ids(desk, found)
    assert desk.row(found).result == "MATCHED_WITH_WARNINGS"


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
