"""Approving: each step by another person, on what is true now, once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice import approving, handover, preparing, queries
from einvoice.compose import compose
from einvoice.deps import Route
from einvoice.handover import DEDUCTIONS
from einvoice.inspection import InspectionForm
from einvoice.models import Decision
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.refusals import (
    DecidedMeanwhileError,
    MoveNotAllowedError,
    NotReleasableError,
    OnHoldError,
    OpenFindingsError,
    ReasonMissingError,
    SamePersonError,
)
from einvoice.states import State, Step
from einvoice.writing import write
from records import Database, FixedClock, LocalStore, audit
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    OTHER_CLERK,
    TREASURER,
    Desk,
    ids,
    matched,
    release,
)
from tests.einvoice.late_situations import works_invoice
from tests.einvoice.situations import goods_terms


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
        preparing.set_deductions(
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
