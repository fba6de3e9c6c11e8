"""The trail's head is everybody's lock: an act writes into the trail after its claims are held.

Two acts that took the two locks in different orders waited for each other for ever; so the order is
looked at itself, not raced for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from einvoice import examining, preparing, queries
from einvoice.payment_order import Deduction, DeductionKind
from records import audit
from tests.einvoice.desk import ACCOUNTANT, CLERK, Desk, matched
from tests.einvoice.situations import D

NUMBER = "2026K-B-00123"


def deduct(desk: Desk, invoice_id: str) -> None:
    with desk.database.transaction() as session:
        preparing.set_deductions(
            session,
            desk.deps,
            invoice_id=invoice_id,
            deductions=[Deduction(kind=DeductionKind.OTHER, base=D(1), amount=D(1))],
            actor=CLERK,
            at=desk.at,
        )


def choose(desk: Desk, invoice_id: str) -> None:
    with desk.database.transaction() as session:
        preparing.choose_contract(
            session,
            desk.deps,
            invoice_id=invoice_id,
            contract_no=NUMBER,
            actor=CLERK,
            at=desk.at,
        )


@pytest.mark.parametrize("act", [deduct, choose])
def test_an_act_holds_its_claims_before_it_writes_into_the_trail(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, act: Callable[[Desk, str], None]
) -> None:
    found = matched(desk)
    order = watched(monkeypatch)
    act(desk, found.invoice_id)
    assert order == ["claims", "trail"]


def test_a_renewed_creditor_is_noted_after_the_claims(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = matched(desk)
    order = watched(monkeypatch)
    renewing = renewing_book(desk, monkeypatch)
    with desk.database.transaction() as session:
        row = queries.invoice(session, found.invoice_id, lock=True)
        examining.rematch(session, renewing, row, at=desk.at)
    assert order == ["claims", "trail"]


def renewing_book(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    def changed(self, session, vendor_id, at):
        subject = f"creditor:{vendor_id}"
        return lambda: audit.append(session, ACCOUNTANT, "creditor.changed", subject, {}, at)

    monkeypatch.setattr(type(desk.book), "renew_creditor", changed)
    return desk.deps


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is locked, in the order in which it is."""
    order: list[str] = []
    held, appended, together = examining.hold_claims, audit.append, audit.append_all

    def hold(*args, **kwargs):
        order.append("claims")
        return held(*args, **kwargs)

    def append(*args, **kwargs):
        order.append("trail")
        return appended(*args, **kwargs)

    def append_all(*args, **kwargs):
        order.append("trail")
        return together(*args, **kwargs)

    monkeypatch.setattr(examining, "hold_claims", hold)
    monkeypatch.setattr(audit, "append", append)
    monkeypatch.setattr(audit, "append_all", append_all)
    return order
