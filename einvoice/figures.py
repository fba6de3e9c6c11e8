"""Sums recomputed from an invoice's lines, per tax category and rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from einvoice.invoice import AllowanceCharge, Invoice, Line, TaxCategory
from einvoice.tax_arithmetic import minor_unit

RateKey = tuple[str, Decimal | None]

# Numbers beyond these are not computed with: 100 quintillion yen, or finer than its mirror image.
_MAX_DIGITS = 20
PRECISION = 80


def is_computable(value: Decimal) -> bool:
    """Whether arithmetic with this number is cheap and means something."""
    return (-_MAX_DIGITS <= value.adjusted() < _MAX_DIGITS or not value) and value.is_finite()


def _adjusted_amounts(adjustments: tuple[AllowanceCharge, ...]) -> Iterator[Decimal | None]:
    for adjustment in adjustments:
        yield adjustment.amount
        yield adjustment.base_amount
        yield adjustment.percentage
        if adjustment.tax is not None:
            yield adjustment.tax.rate


def _line_amounts(line: Line) -> Iterator[Decimal | None]:
    yield line.quantity
    yield line.net_amount
    yield line.price.net
    yield line.price.base_quantity
    for tax in line.taxes:
        yield tax.rate
    if line.allowances:
        yield from _adjusted_amounts(line.allowances)
    if line.charges:
        yield from _adjusted_amounts(line.charges)


def _amounts(invoice: Invoice) -> Iterator[Decimal | None]:
    for line in invoice.lines:
        yield from _line_amounts(line)
    yield from _adjusted_amounts(invoice.allowances)
    yield from _adjusted_amounts(invoice.charges)
    totals = invoice.totals
    yield from (totals.line_sum, totals.allowances, totals.charges, totals.without_tax)
    yield from (totals.with_tax, totals.paid, totals.rounding, totals.payable)
    yield from (invoice.tax_total, invoice.accounting_tax_total)
    for row in (*invoice.tax_breakdown, *invoice.accounting_tax_breakdown):
        yield from (row.taxable_amount, row.tax_amount, row.category.rate)
    for paid in invoice.paid_amounts:
        yield paid.amount


def incomputable(invoice: Invoice) -> Decimal | None:
    """The first number that is too large or too fine to compute with, if there is one."""
    for value in _amounts(invoice):
        if value is not None and not is_computable(value):
            return value
    return None


def rate_key(category: TaxCategory) -> RateKey | None:
    """Category and rate; None if it says too little. O (対象外) has no rate."""
    if not category.code:
        return None
    if category.code == "O":
        return "O", None
    return None if category.rate is None else (category.code, category.rate)


def bases(invoice: Invoice) -> dict[RateKey, Decimal]:
    """What each category and rate comes to: lines − allowances + charges of the document.

    Lines and adjustments whose rate is not clear are left out.
    """
    found: dict[RateKey, Decimal] = {}

    def add(category: TaxCategory | None, amount: Decimal | None, sign: int) -> None:
        key = None if category is None else rate_key(category)
        if key is not None and amount is not None:
            found[key] = found.get(key, Decimal(0)) + sign * amount

    for line in invoice.lines:
        if len(line.taxes) == 1:
            add(line.taxes[0], line.net_amount, 1)
    for allowance in invoice.allowances:
        add(allowance.tax, allowance.amount, -1)
    for charge in invoice.charges:
        add(charge.tax, charge.amount, 1)
    return found


def sum_amounts(adjustments: tuple[AllowanceCharge, ...]) -> Decimal:
    """Σ of the stated amounts."""
    return sum((a.amount for a in adjustments if a.amount is not None), Decimal(0))


def unit_of(currency: str) -> Decimal:
    """One minor unit: what rounding may explain."""
    return Decimal(1).scaleb(-minor_unit(currency))


def shown(amount: Decimal) -> str:
    """An amount as people read it: thousands separated, no trailing noughts."""
    if amount == amount.to_integral_value():
        return f"{int(amount):,}"
    return f"{amount.normalize():,f}"


def shown_rate(rate: Decimal | None) -> str:
    """A rate with its sign; a dash where there is none."""
    return "―" if rate is None else f"{rate.normalize():f}％"
