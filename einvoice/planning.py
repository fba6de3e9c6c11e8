"""Planning the day of payment: one rule for what the vendor is told and what accounting proposes.

An invoice is paid on the last run of the city that is not late (`PaymentRuns.plan`), counted from
the first day for which the bank still takes a file today. Until it leaves, that day is worked out
when it is asked for; what has left keeps the day it left for.
"""

from __future__ import annotations

from datetime import date

from einvoice.deps import Deps
from einvoice.matching.runs import earliest_pay_day
from einvoice.models import ReceivedInvoice
from einvoice.states import WAITING, State


def pay_day(deps: Deps, row: ReceivedInvoice, today: date) -> date | None:
    """The day on which this invoice is to be paid; None while its due date is not known."""
    if row.status not in {*WAITING, State.APPROVED}:
        return row.pay_on
    if row.due_on is None:
        return None
    earliest = earliest_pay_day(today, deps.profile.cutoff_days)
    return deps.runs.plan(earliest=earliest, due_on=row.due_on)
