"""Lateness: which invoices are near or past their lawful due date, and what being late costs.

遅延利息 is worked out by 支払遅延防止法8条 on the payable amount, from the day after the due date
to the day of payment, or to today while it is unpaid. It is a report for people to act on; paying
it is an expenditure of its own that somebody decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.due_dates import banking_days_left, late_interest, late_rate
from einvoice.models import ReceivedInvoice
from einvoice.refusals import DueDateError
from einvoice.states import WAITING, State

MOST = 5_000
_UNPAID = (*WAITING, State.APPROVED, State.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class DueRow:
    """An invoice with a due date: banking days left (negative: past), days late, interest."""

    invoice: ReceivedInvoice
    left: int
    days_late: int
    rate: Decimal | None
    interest: Decimal


def near_or_late(
    session: Session, *, today: date, section: str | None = None, within: int = 14
) -> list[DueRow]:
    """Unpaid invoices that are late or due within so many days, the nearest first."""
    query = (
        select(ReceivedInvoice)
        .where(
            ReceivedInvoice.state.in_([state.value for state in _UNPAID]),
            ReceivedInvoice.due_on <= today + timedelta(days=within),
        )
        .order_by(ReceivedInvoice.due_on, ReceivedInvoice.serial)
        .limit(MOST)
    )
    if section is not None:
        query = query.where(ReceivedInvoice.section == section)
    return [due_row(row, today) for row in session.scalars(query)]


def paid_late(
    session: Session, *, first: date, last: date, section: str | None = None
) -> list[DueRow]:
    """Invoices that were paid after their due date on days from `first` to `last`."""
    query = (
        select(ReceivedInvoice)
        .where(
            ReceivedInvoice.state == State.PAID.value,
            ReceivedInvoice.paid_on > ReceivedInvoice.due_on,
            ReceivedInvoice.paid_on.between(first, last),
        )
        .order_by(ReceivedInvoice.paid_on, ReceivedInvoice.serial)
        .limit(MOST)
    )
    if section is not None:
        query = query.where(ReceivedInvoice.section == section)
    return [due_row(row, row.paid_on or last) for row in session.scalars(query)]


def due_row(row: ReceivedInvoice, day: date) -> DueRow:
    """How an invoice with a due date stands on a day."""
    assert row.due_on is not None
    late = max((day - row.due_on).days, 0)
    rate, interest = None, Decimal(0)
    if late:
        try:
            rate = late_rate(row.due_on)
        except DueDateError:  # before the table of rates begins: a person looks it up
            rate = None
        else:
            unpaid = row.payable or Decimal(0)
            interest = late_interest(unpaid, rate=rate, due_on=row.due_on, paid_on=day)
    return DueRow(row, banking_days_left(day, row.due_on), late, rate, interest)


def total_interest(rows: Sequence[DueRow]) -> Decimal:
    """Sum of the interest."""
    return sum((row.interest for row in rows), Decimal(0))
