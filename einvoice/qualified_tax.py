"""Items 4 and 5 of 消費税法57条の4第1項: sums and tax per rate, recomputed."""

from __future__ import annotations

from decimal import Decimal

from einvoice.contract_terms import Rounding
from einvoice.figures import RateKey, bases, rate_key, shown, shown_rate
from einvoice.invoice import Invoice, TaxSubtotal
from einvoice.own_checks import Desk
from einvoice.places import Place
from einvoice.tax_arithmetic import minor_unit, roundings_giving, tax_on
from einvoice.tax_rates import REDUCED, STANDARD

TAXED = (STANDARD, REDUCED)
_NAMES = {Rounding.FLOOR: "切捨て", Rounding.HALF_UP: "四捨五入", Rounding.CEILING: "切上げ"}


def rounding_used(invoice: Invoice) -> set[Rounding]:
    """The ways of rounding that explain every tax amount; all three if all are exact.

    Empty if no single way does. What a vendor uses can be compared from invoice to invoice.
    """
    modes = set(Rounding)
    for row in invoice.tax_breakdown:
        modes &= _modes(row, minor_unit(invoice.currency))
    return modes


def _modes(row: TaxSubtotal, places: int) -> set[Rounding]:
    if row.taxable_amount is None or row.tax_amount is None or row.category.rate is None:
        return set(Rounding)
    return roundings_giving(row.taxable_amount, row.category.rate, row.tax_amount, places)


def check_breakdown(invoice: Invoice, desk: Desk) -> None:
    """Every taxed rate of the lines has a subtotal, and its tax is rounded once and to yen."""
    stated = {rate_key(row.category) for row in invoice.tax_breakdown}
    for key in bases(invoice):
        if key[0] in TAXED and key not in stated:
            desk.report(
                "breakdown-missing", ("cac:TaxTotal",), code=key[0], rate=shown_rate(key[1])
            )
    modes = set(Rounding)
    all_right = True
    places = minor_unit(invoice.currency)
    for index, row in enumerate(invoice.tax_breakdown):
        if row.category.code in TAXED:
            place: Place = ("cac:TaxTotal", ("cac:TaxSubtotal", index), "cbc:TaxAmount")
            possible = _check_tax(invoice, row, desk, place)
            all_right = all_right and bool(possible)
            modes &= possible
    if all_right and not modes:
        used = "、".join(
            "・".join(_NAMES[mode] for mode in Rounding if mode in _modes(row, places))
            for row in invoice.tax_breakdown
            if row.category.code in TAXED
        )
        desk.report("tax-rounding-mixed", ("cac:TaxTotal",), modes=used)


def _check_tax(invoice: Invoice, row: TaxSubtotal, desk: Desk, place: Place) -> set[Rounding]:
    base, rate, tax = row.taxable_amount, row.category.rate, row.tax_amount
    if base is None or rate is None or tax is None:
        return set(Rounding)
    places = minor_unit(invoice.currency)
    if places == 0 and tax != tax.to_integral_value():
        desk.report("tax-fraction", place, rate=shown_rate(rate), stated=shown(tax))
        return set()
    possible = roundings_giving(base, rate, tax, places)
    if not possible:
        right = sorted({tax_on(base, rate, mode, places) for mode in Rounding})
        desk.report(
            "tax-amount",
            place,
            rate=shown_rate(rate),
            stated=shown(tax),
            base=shown(base),
            computed="・".join(shown(amount) for amount in right),
        )
    return possible


def check_yen_tax(invoice: Invoice, desk: Desk) -> None:
    """A foreign-currency invoice shows its tax per rate in yen, too."""
    if invoice.currency == "JPY":
        return
    taxed = _taxed_keys(invoice.tax_breakdown)
    if not taxed:
        return
    rows = invoice.accounting_tax_breakdown
    if invoice.accounting_currency != "JPY" or not rows:
        desk.report("yen-tax-missing", (("cac:TaxTotal", 1),), currency=invoice.currency)
        return
    details = []
    if _taxed_keys(rows) != taxed:
        details.append(("税率の組が違う", "different rates"))
    total = sum((row.tax_amount for row in rows if row.tax_amount is not None), Decimal(0))
    if invoice.accounting_tax_total is not None and total != invoice.accounting_tax_total:
        stated = shown(invoice.accounting_tax_total)
        details.append((f"合計{stated}に対し{shown(total)}", f"total {stated}, sum {shown(total)}"))
    for row in rows:
        if row.tax_amount is not None and row.tax_amount != row.tax_amount.to_integral_value():
            details.append((f"端数 {shown(row.tax_amount)}", f"fraction {shown(row.tax_amount)}"))
    if not _one_exchange_rate(invoice):
        details.append(("換算レートが税率によって違う", "the rates imply different exchange rates"))
    if details:
        desk.report(
            "yen-tax-differs",
            (("cac:TaxTotal", 1),),
            detail_ja="、".join(ja for ja, _ in details),
            detail_en=", ".join(en for _, en in details),
        )


def _taxed_keys(rows: tuple[TaxSubtotal, ...]) -> set[RateKey | None]:
    return {rate_key(row.category) for row in rows if row.category.code in TAXED}


def _one_exchange_rate(invoice: Invoice) -> bool:
    """Whether one exchange rate above nought explains the yen tax of every rate, within a yen.

    The document does not state the rate; each row narrows the range in which it can be.
    """
    lowest, highest = Decimal(0), Decimal("Infinity")
    exact = {rate_key(row.category): row for row in invoice.tax_breakdown}
    for row in invoice.accounting_tax_breakdown:
        foreign = exact.get(rate_key(row.category))
        if foreign is None or foreign.taxable_amount is None or row.tax_amount is None:
            continue
        tax = foreign.taxable_amount * (foreign.category.rate or Decimal(0)) / 100
        if tax == 0:
            continue
        ends = sorted(((row.tax_amount - 1) / tax, (row.tax_amount + 1) / tax))
        lowest, highest = max(lowest, ends[0]), min(highest, ends[1])
    return lowest <= highest
