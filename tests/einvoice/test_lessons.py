"""Ideas taken from the bugs of others: T-36 to T-40 of the facts on peers."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import (
    approving,
    examining,
    queries,
)
from einvoice.compose import compose
from einvoice.examining import examine
from einvoice.states import State, Step
from einvoice.writing import write
from records import audit
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    PAY_ON,
    Desk,
    approved,
    ids,
    matched,
    settle,
)
from tests.einvoice.situations import goods_terms

# Ideas taken from the bugs of others (facts on peers, T-36 to T-40).


def test_t36_a_failure_reported_late_does_not_undo_a_payment_twice(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},PAID,2026-11-20,")
    settle(desk, f"{order},FAILED,2026-11-24,組戻")
    with desk.database.transaction() as session:
        approving.lift_hold(
            session,
            invoice_id=found.invoice_id,
            actor=ACCOUNTANT,
            at=desk.at,
            reason="口座を確認",
            desk=Step.ACCOUNTING,
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
    # The attempts are spent: it stands on the row, and a press has it examined again, once.
    examining.give_up(desk.deps, invoice_id=found.invoice_id, error=RuntimeError("a defect"))
    assert desk.row(found).examination_error == "RuntimeError"
    for _ in range(2):
        with desk.database.transaction() as session:
            examining.try_again(session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at)
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.AT_SECTION
    with desk.database.reader() as session:
        trail = [entry.action for entry in audit.history(session, f"invoice:{found.invoice_id}")]
    assert trail.count("invoice.examined_again") == 1
