"""Budgeting: 配当 and money paid ahead, entered from the city's accounting system.

allot     予算配当 of a budget item in a fiscal year; entered again it takes the new amount
pay_ahead 概算払・資金前渡 that must be settled; the same number twice is one
settle    it was settled on a day
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.budget_models import ITEM, AdvanceToSettle, BudgetAllotment
from einvoice.payment_order import BudgetCode
from einvoice.refusals import PaymentOrderError
from records import Actor, audit, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceForm:
    """Money paid before it was owed: whom, how much, until when it is settled."""

    number: str
    vendor_id: str
    kind: str
    amount: Decimal
    paid_on: date
    settle_by: date


def allot(
    session: Session,
    *,
    fiscal_year: int,
    budget: BudgetCode,
    amount: Decimal,
    actor: Actor,
    at: datetime,
) -> BudgetAllotment:
    """Enter the allotment of a budget item, or its new amount (補正・流用)."""
    codes = {name: getattr(budget, name) for name in ITEM}
    row = session.scalar(
        select(BudgetAllotment).filter_by(fiscal_year=fiscal_year, **codes).with_for_update()
    )
    before = row.amount if row is not None else None
    if before == amount and row is not None:
        return row
    if row is None:
        row = BudgetAllotment(id=new_id(), fiscal_year=fiscal_year, amount=amount, **codes)
        session.add(row)
    row.amount = amount
    session.flush()
    details = {
        "year": fiscal_year,
        "item": "-".join(codes.values()),
        "before": "" if before is None else str(int(before)),
        "amount": int(amount),
    }
    audit.append(session, actor, "allotment.entered", f"allotment:{row.id}", details, at)
    return row


def pay_ahead(
    session: Session, form: AdvanceForm, *, actor: Actor, at: datetime
) -> AdvanceToSettle:
    """Enter money that must be settled. Raises `PaymentOrderError` when the number is another's."""
    values = {
        "vendor_id": form.vendor_id,
        "kind": form.kind,
        "amount": form.amount,
        "paid_on": form.paid_on,
        "settle_by": form.settle_by,
    }
    known = advance(session, form.number)
    if known is not None:
        if any(getattr(known, name) != value for name, value in values.items()):
            raise _error(form.number, "この番号は別の内容で登録済みです", "it is taken")
        return known
    row = AdvanceToSettle(id=new_id(), number=form.number, **values)
    session.add(row)
    session.flush()
    details = {"number": row.number, "amount": int(row.amount), "until": str(row.settle_by)}
    audit.append(session, actor, "advance.entered", f"advance:{row.id}", details, at)
    return row


def settle(
    session: Session, *, number: str, on: date, actor: Actor, at: datetime
) -> AdvanceToSettle:
    """精算した. Settled twice it is settled once. Raises `PaymentOrderError` for no such number."""
    row = advance(session, number)
    if row is None:
        raise _error(number, "この番号の概算払・資金前渡はありません", "there is no such advance")
    if row.settled_on is None:
        row.settled_on = on
        session.flush()
        details = {"number": row.number, "on": on.isoformat()}
        audit.append(session, actor, "advance.settled", f"advance:{row.id}", details, at)
    return row


def advance(session: Session, number: str) -> AdvanceToSettle | None:
    """The money of this number, locked."""
    return session.scalar(
        select(AdvanceToSettle).where(AdvanceToSettle.number == number).with_for_update()
    )


def _error(number: str, ja: str, en: str) -> PaymentOrderError:
    return PaymentOrderError(field="number", order=number, reason_ja=ja, reason_en=en)
