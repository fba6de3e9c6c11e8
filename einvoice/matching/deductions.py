"""DED: what is taken from the payment (源泉徴収, 遅延損害金, 相殺)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from einvoice.due_dates import daily_interest, late_rate
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import ZERO, ClaimKind, Situation
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.withholding import Fee, Withholding, withhold


def expected_withholding(s: Situation) -> Withholding | None:
    """What must be withheld from this claim; None where nothing is."""
    if s.vendor is None or s.vendor.fee is Fee.NONE:
        return None
    return withhold(s.vendor.fee, net=s.net, gross=s.gross, tax_is_separate=_tax_is_separate(s))


def expected_damages(s: Situation) -> tuple[int, Decimal] | None:
    """Days late and 遅延損害金 on the contract price; None when performance was in time."""
    if s.terms is None or s.kind is not ClaimKind.ORDINARY or s.terms.complete_by is None:
        return None
    finished = performed_on(s)
    if finished is None or finished <= s.terms.complete_by:
        return None
    days = (finished - s.terms.complete_by).days
    rate = s.terms.late_rate if s.terms.late_rate is not None else late_rate(finished)
    return days, daily_interest(s.terms.gross, rate=rate, days=days)


def performed_on(s: Situation) -> date | None:
    """The day of completion: the vendor's notice, which the inspection confirms."""
    days = [work.performed_on or work.notified_on for work in s.chosen_works]
    return max(days) if days else None


def _tax_is_separate(s: Situation) -> bool:
    return s.tax_is_separate and s.invoice.type_code != "480"


def _of(s: Situation, kind: DeductionKind) -> list[Deduction]:
    return [item for item in s.deductions if item.kind is kind]


def withholding_is_decided(s: Situation) -> Iterator[Hit]:
    """DED-001."""
    expected = expected_withholding(s)
    if expected is not None and not _of(s, DeductionKind.WITHHOLDING):
        yield Hit({"expected": expected.amount})


def withholding_is_right(s: Situation) -> Iterator[Hit]:
    """DED-002."""
    expected = expected_withholding(s)
    entered = _of(s, DeductionKind.WITHHOLDING)
    found = sum((item.amount for item in entered), ZERO)
    amount = expected.amount if expected else ZERO
    if entered and found != amount:
        yield Hit({"found": found, "expected": amount})


def withholding_base_is_noted(s: Situation) -> Iterator[Hit]:
    """DED-003."""
    expected = expected_withholding(s)
    if expected is not None and expected.base_includes_tax:
        yield Hit({"base": expected.base})


def lateness_is_decided(s: Situation) -> Iterator[Hit]:
    """DED-004. Answered by a deduction or by a release that says why none is taken."""
    late = expected_damages(s)
    if late is None or s.terms is None or _of(s, DeductionKind.DAMAGE):
        return
    yield Hit({"n": late[0], "due": s.terms.complete_by, "damages": late[1]})


def deductions_fit_the_payment(s: Situation) -> Iterator[Hit]:
    """DED-005."""
    deducted = sum((item.amount for item in s.deductions), ZERO)
    if deducted > s.payable:
        yield Hit({"deducted": deducted, "payable": s.payable})


def set_off_has_an_income_record(s: Situation) -> Iterator[Hit]:
    """DED-006. Withholding is kept for the tax office; everything else is income set off."""
    for item in s.deductions:
        if item.kind is DeductionKind.DAMAGE and not item.income_number:
            yield Hit({})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "DED-001": withholding_is_decided,
    "DED-002": withholding_is_right,
    "DED-003": withholding_base_is_noted,
    "DED-004": lateness_is_decided,
    "DED-005": deductions_fit_the_payment,
    "DED-006": set_off_has_an_income_record,
}
