"""DAT: supply date, fiscal year, settlement period, due date.

The fiscal year of an expenditure follows the day of performance, not the invoice (地方自治法施行令
143条): goods, works and services paid after performance belong to the year in which they were
performed. Until 31 May the old year may still pay (出納整理期間, 地方自治法235条の5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from einvoice.due_dates import banking_days_left, late_interest, late_rate
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import Situation
from records import calendar


def supply_date_is_known(s: Situation) -> Iterator[Hit]:
    """DAT-001."""
    if s.supply_date is None and not s.kind.is_ahead:
        yield Hit({}, term="IBT-073")


def expected_year(s: Situation) -> int | None:
    """The fiscal year this claim belongs to."""
    if s.kind.is_ahead:
        return s.commitment.fiscal_year if s.commitment else None
    return calendar.fiscal_year(s.supply_date) if s.supply_date else None


def closing_day(fiscal_year: int) -> date:
    """出納閉鎖: 31 May after the year."""
    return date(fiscal_year + 1, 5, 31)


def commitment_is_of_the_right_year(s: Situation) -> Iterator[Hit]:
    """DAT-002. Carried-over budget is the old year's money spent in the new one."""
    expected = expected_year(s)
    if s.commitment is None or expected is None:
        return
    allowed = {expected, expected - 1} if s.commitment.carried_over else {expected}
    if s.commitment.fiscal_year not in allowed:
        yield Hit({"found": s.commitment.fiscal_year, "expected": expected})


def old_year_is_paid_before_closing(s: Situation) -> Iterator[Hit]:
    """DAT-003."""
    if s.commitment is None or s.pay_on is None or s.commitment.carried_over:
        return
    closing = closing_day(s.commitment.fiscal_year)
    if s.pay_on > closing:
        yield Hit({"day": s.pay_on, "closing": closing})


def commitment_was_made_in_its_year(s: Situation) -> Iterator[Hit]:
    """DAT-004."""
    if s.commitment is None:
        return
    if calendar.fiscal_year(s.commitment.dated_on) > s.commitment.fiscal_year:
        yield Hit({"day": s.commitment.dated_on, "fy": s.commitment.fiscal_year})


def performance_was_accepted_in_the_year(s: Situation) -> Iterator[Hit]:
    """DAT-005."""
    commitment, inspected = s.commitment, s.inspected_on
    if commitment is None or inspected is None or commitment.carried_over:
        return
    if calendar.fiscal_year(inspected) > commitment.fiscal_year:
        yield Hit({"day": inspected, "fy": commitment.fiscal_year})


def settlement_period_is_noted(s: Situation) -> Iterator[Hit]:
    """DAT-006."""
    expected, issued = expected_year(s), s.invoice.issue_date
    if expected is None or issued is None or s.kind.is_ahead:
        return
    if calendar.fiscal_year(issued) == expected + 1:
        yield Hit({"closing": closing_day(expected)}, term="IBT-002")


def issue_date_is_not_in_the_future(s: Situation) -> Iterator[Hit]:
    """DAT-007."""
    if s.invoice.issue_date and s.invoice.issue_date > s.received_on:
        yield Hit({"day": s.invoice.issue_date}, term="IBT-002")


def issue_date_is_recent(s: Situation) -> Iterator[Hit]:
    """DAT-008."""
    issued = s.invoice.issue_date
    if issued and s.received_on - issued > timedelta(days=s.policy.stale_days):
        yield Hit({"day": issued}, term="IBT-002")


def due_date_is_not_near(s: Situation) -> Iterator[Hit]:
    """DAT-009."""
    if s.due is None or s.due.pay_by < s.today:
        return
    left = banking_days_left(s.today, s.due.pay_by)
    if left <= s.policy.warn_banking_days:
        yield Hit({"n": left, "due": s.due.pay_by})


def payment_is_not_late(s: Situation) -> Iterator[Hit]:
    """DAT-010. The contract's own rate goes before the table."""
    if s.due is None or s.pay_on is None or s.pay_on <= s.due.due_on:
        return
    agreed = s.terms.late_rate if s.terms else None
    rate = agreed if agreed is not None else late_rate(s.due.due_on)
    interest = late_interest(s.payable, rate=rate, due_on=s.due.due_on, paid_on=s.pay_on)
    yield Hit({"day": s.pay_on, "due": s.due.due_on, "interest": interest})


def pay_date_is_a_banking_day(s: Situation) -> Iterator[Hit]:
    """DAT-011."""
    if s.pay_on is not None and not calendar.is_bank_day(s.pay_on):
        yield Hit({"day": s.pay_on})


def debt_is_not_lapsed(s: Situation) -> Iterator[Hit]:
    """DAT-012. Five years (地方自治法236条)."""
    day = s.supply_date
    if day is not None and (s.received_on.year, s.received_on.month, s.received_on.day) > (
        day.year + 5,
        day.month,
        day.day,
    ):
        yield Hit({"day": day})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "DAT-001": supply_date_is_known,
    "DAT-002": commitment_is_of_the_right_year,
    "DAT-003": old_year_is_paid_before_closing,
    "DAT-004": commitment_was_made_in_its_year,
    "DAT-005": performance_was_accepted_in_the_year,
    "DAT-006": settlement_period_is_noted,
    "DAT-007": issue_date_is_not_in_the_future,
    "DAT-008": issue_date_is_recent,
    "DAT-009": due_date_is_not_near,
    "DAT-010": payment_is_not_late,
    "DAT-011": pay_date_is_a_banking_day,
    "DAT-012": debt_is_not_lapsed,
}
