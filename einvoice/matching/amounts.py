"""AMT: do the figures agree with each other and with what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from einvoice.contract_terms import Rounding
from einvoice.matching.catalogue import Hit, Level
from einvoice.matching.expectation import expectation
from einvoice.matching.situation import ZERO, ClaimKind, Situation, total
from einvoice.zengin import MAX_AMOUNT


def lines_calculate(s: Situation) -> Iterator[Hit]:
    """AMT-001. quantity × price in one of the three roundings, plus the line's adjustments."""
    for line in s.invoice.lines:
        if line.quantity is None or line.price.net is None or line.net_amount is None:
            continue
        exact = line.quantity * line.price.net / (line.price.base_quantity or 1)
        exact += total(c.amount for c in line.charges) - total(a.amount for a in line.allowances)
        results = [mode.apply(exact) for mode in Rounding]
        if line.net_amount not in {*results, exact}:
            yield Hit(
                {
                    "line": line.id,
                    "quantity": line.quantity,
                    "price": line.price.net,
                    "lo": min(results),
                    "hi": max(results),
                    "found": line.net_amount,
                },
                line_id=line.id,
                term="IBT-131",
            )


def lines_add_up(s: Situation) -> Iterator[Hit]:
    """AMT-002."""
    found = (
        total(line.net_amount for line in s.invoice.lines)
        + total(charge.amount for charge in s.invoice.charges)
        - total(allowance.amount for allowance in s.invoice.allowances)
    )
    if found != s.net:
        yield Hit({"found": found, "stated": s.net}, term="IBT-109")


def net_and_tax_are_gross(s: Situation) -> Iterator[Hit]:
    """AMT-003."""
    found = s.net + (s.invoice.tax_total or ZERO)
    if found != s.gross:
        yield Hit({"found": found, "stated": s.gross}, term="IBT-112")


def payable_follows(s: Situation) -> Iterator[Hit]:
    """AMT-004."""
    found = s.gross - s.prepaid + (s.invoice.totals.rounding or ZERO)
    if found != s.payable:
        yield Hit({"found": found, "stated": s.payable}, term="IBT-115")


def claim_is_not_above_what_is_due(s: Situation) -> Iterator[Hit]:
    """AMT-005. Within the city's tolerance it is only recorded."""
    expected = expectation(s)
    if expected is not None and s.payable > expected.payable:
        over = s.payable - expected.payable
        level = _within(s, over)
        yield Hit({"expected": expected.payable, "over": over}, term="IBT-115", level=level)


def claim_is_not_below_what_is_due(s: Situation) -> Iterator[Hit]:
    """AMT-006. An advance may be smaller than its limit without anything being missed."""
    expected = expectation(s)
    if expected is None or s.kind.is_ahead:
        return
    if ZERO < s.payable < expected.payable:
        under = expected.payable - s.payable
        level = _within(s, under)
        yield Hit({"expected": expected.payable, "under": under}, term="IBT-115", level=level)


def _within(s: Situation, difference: Decimal) -> Level | None:
    """INFO where the city tolerates the difference; what is paid ahead or in parts has its limit
    from the law and the contract, and no tolerance."""
    if s.terms is None or s.kind is not ClaimKind.ORDINARY:
        return None
    tolerated = s.policy.tolerance.get(s.terms.kind, ZERO)
    return Level.INFO if difference <= tolerated else None


def charges_are_agreed(s: Situation) -> Iterator[Hit]:
    """AMT-007."""
    if s.terms is None:
        return
    on_lines = [(a, line.id) for line in s.invoice.lines for a in (*line.charges, *line.allowances)]
    on_document = [(a, None) for a in (*s.invoice.charges, *s.invoice.allowances)]
    for adjustment, line_id in [*on_lines, *on_document]:
        if adjustment.amount:
            reason = adjustment.reason or adjustment.reason_code or "理由なし"
            yield Hit({"reason": reason, "amount": adjustment.amount}, line_id=line_id)


def claim_is_positive(s: Situation) -> Iterator[Hit]:
    """AMT-008. A credit with its original named is another matter (DOC-005)."""
    is_credit = s.gross < 0 and bool(s.invoice.preceding_invoices)
    if s.payable <= 0 and not is_credit:
        yield Hit({"amount": s.payable}, term="IBT-115")


def claim_fits_one_transfer(s: Situation) -> Iterator[Hit]:
    """AMT-009."""
    deducted = sum((item.amount for item in s.deductions), Decimal(0))
    if s.payable - deducted > MAX_AMOUNT:
        yield Hit({"amount": s.payable - deducted}, term="IBT-115")


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "AMT-001": lines_calculate,
    "AMT-002": lines_add_up,
    "AMT-003": net_and_tax_are_gross,
    "AMT-004": payable_follows,
    "AMT-005": claim_is_not_above_what_is_due,
    "AMT-006": claim_is_not_below_what_is_due,
    "AMT-007": charges_are_agreed,
    "AMT-008": claim_is_positive,
    "AMT-009": claim_fits_one_transfer,
}
