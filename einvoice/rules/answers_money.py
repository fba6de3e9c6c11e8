"""Quick answers about money: allowances and charges, tax, totals. See `answers.py`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from einvoice.rules.answering import (
    UNTAXED,
    Children,
    SoFar,
    amount_of,
    answered_above,
    answers,
    is_vat,
)

_RATE: Final = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,4}))?")


@lru_cache(maxsize=1024)
def _rate(text: str) -> int | None:
    """A rate of percent, times 10,000."""
    found = _RATE.fullmatch(text)
    return int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0")) if found else None


# -- allowances and charges -----------------------------------------------------------------------
answered_above(
    "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",
    "cac:InvoiceLine/cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",
    ids="ibr-cl-19 ibr-cl-20",
)
_ALLOWANCE_RULES: Final = (
    "ibr-sr-30 ibr-sr-31 ibr-031 ibr-033 ibr-036 ibr-038 ibr-041 ibr-042 ibr-043 ibr-044 ibr-082"
)


def _is_allowance_or_charge(entry: Children, so_far: SoFar) -> bool:
    """Amount and indicator are there by the schema; one reason, or a code from the list."""
    list_of = {"false": "untdid-5189", "true": "untdid-7161"}
    codes = list_of.get(entry.text("cbc:ChargeIndicator") or "")
    if codes is None or not entry.has("cbc:Amount"):
        return False
    code = entry.text("cbc:AllowanceChargeReasonCode")
    if code is not None and code not in so_far.codes[codes]:
        return False
    reasons = entry.count("cbc:AllowanceChargeReason")
    return reasons == 1 or (reasons == 0 and code is not None)


@answers("cac:AllowanceCharge", ids=_ALLOWANCE_RULES + " aligned-ibrp-032-jp aligned-ibrp-037-jp")
def document_allowance(entry: Children, so_far: SoFar) -> bool:
    """Its tax categories have a code, as `tax_category` has seen."""
    amount = amount_of(entry.one("cbc:Amount"))
    if amount is None or not _is_allowance_or_charge(entry, so_far):
        return False
    if entry.text("cbc:ChargeIndicator") == "true":
        so_far.charges = (so_far.charges or 0) + amount
    else:
        so_far.allowances = (so_far.allowances or 0) + amount
    return True


answers("cac:InvoiceLine/cac:AllowanceCharge", ids=_ALLOWANCE_RULES)(_is_allowance_or_charge)


# -- tax ------------------------------------------------------------------------------------------
@answers(
    "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory",
    "cac:AllowanceCharge/cac:TaxCategory",
    "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",
    ids="aligned-ibrp-e-05 aligned-ibrp-g-05 aligned-ibrp-o-05 aligned-ibrp-e-06 aligned-ibrp-g-06"
    " aligned-ibrp-o-06 aligned-ibrp-e-07 aligned-ibrp-g-07 aligned-ibrp-o-07 aligned-ibrp-e-09"
    " aligned-ibrp-g-09 aligned-ibrp-o-09",
)
def tax_category(category: Children, so_far: SoFar) -> bool:
    """E and G have the rate 0, O has none. The tax itself is the subtotal's matter."""
    code, rate = category.text("cbc:ID"), category.text("cbc:Percent")
    if code is None or not is_vat(category) or (rate is not None and _rate(rate) is None):
        return False
    so_far.categories.add(code)
    so_far.breakdown_category = (code, rate)
    if code == "O":
        return rate is None
    if code in ("E", "G"):
        return rate is not None and _rate(rate) == 0
    return code in ("S", "AA")


answered_above(
    "cac:TaxTotal/cbc:TaxAmount",
    "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount",
    "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount",
    ids="ibr-126 aligned-ibr-jp-07-ntr",
)


@answers(
    "cac:TaxTotal/cac:TaxSubtotal",
    ids="aligned-ibrp-045 aligned-ibrp-046 aligned-ibrp-047 aligned-ibrp-048 aligned-ibrp-051-jp"
    " aligned-ibr-jp-06",
)
def subtotal(subtotal: Children, so_far: SoFar) -> bool:
    code, rate = so_far.breakdown_category
    amount, base = subtotal.one("cbc:TaxAmount"), subtotal.one("cbc:TaxableAmount")
    tax = amount_of(amount)
    if tax is None or (tax != 0 and (code in UNTAXED or so_far.profile == "pint-jp-ntr")):
        return False
    if rate is None and code != "O":
        return False
    currency = amount.get("currencyID") or ""
    if base is not None and base.get("currencyID") != currency:
        return False
    so_far.breakdown[code] += 1
    so_far.subtotals.append((currency, tax))
    if currency != so_far.currency:
        return currency != "JPY" or "." not in amount.text
    taxable = amount_of(base)
    if taxable is None:
        return False
    return rate is None or so_far.profile == "pint-jp-ntr" or _is_tax_of(tax, taxable, rate)


def _is_tax_of(tax: int, base: int, rate: str) -> bool:
    """Floor and ceiling to the whole unit, of base (hundredths) × rate (ten-thousandths) ÷ 100."""
    scaled = _rate(rate)
    assert scaled is not None
    if scaled < 5_000:  # rounds to 0 %
        return tax == 0
    product, whole = base * scaled, 100 * 10_000 * 100
    return product // whole * 100 <= tax <= -(-product // whole) * 100


@answers("cac:TaxTotal", ids="ibr-co-14 ibr-124")
def tax_total(total: Children, so_far: SoFar) -> bool:
    """All its amounts are in one currency."""
    element = total.one("cbc:TaxAmount")
    tax = amount_of(element)
    if tax is None or total.has("cbc:TaxIncludedIndicator"):
        return False
    currency = element.get("currencyID") or ""
    subtotals, so_far.subtotals = so_far.subtotals, []
    if currency == so_far.currency:
        so_far.own_totals.append(tax)
    elif so_far.own_totals:
        so_far.accounting_totals.append((currency, tax))
    else:
        return False  # the first total is in document currency (ibr-co-15)
    if so_far.profile == "pint-jp-ntr" and tax != 0:
        return False
    return not subtotals or (
        sum(part for _, part in subtotals) == tax and all(c == currency for c, _ in subtotals)
    )


# -- totals ---------------------------------------------------------------------------------------
_AMOUNTS: Final = (
    "LineExtensionAmount", "AllowanceTotalAmount", "ChargeTotalAmount", "TaxExclusiveAmount",
    "TaxInclusiveAmount", "PrepaidAmount", "PayableRoundingAmount", "PayableAmount",
)  # fmt: skip


@answers(
    "cac:LegalMonetaryTotal",
    ids="ibr-091 ibr-121 ibr-122 ibr-123 ibr-125 ibr-co-10 ibr-co-11 ibr-co-12 ibr-co-13 ibr-co-16",
)
def totals(totals: Children, so_far: SoFar) -> bool:
    """ibr-co-10 waits for the lines."""
    stated = so_far.totals
    for name in _AMOUNTS:
        element = totals.one(f"cbc:{name}")
        if element is not None:
            amount = amount_of(element)
            if amount is None:
                return False
            stated[name] = amount
    if not stated.keys() >= {"LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount"}:
        return False
    paid, rounding = stated.get("PrepaidAmount", 0), stated.get("PayableRoundingAmount", 0)
    return (
        _is_sum(stated.get("AllowanceTotalAmount"), so_far.allowances)
        and _is_sum(stated.get("ChargeTotalAmount"), so_far.charges)
        and stated["TaxExclusiveAmount"]
        == stated["LineExtensionAmount"] - (so_far.allowances or 0) + (so_far.charges or 0)
        and stated["PayableAmount"] - rounding == stated["TaxInclusiveAmount"] - paid
    )


def _is_sum(stated: int | None, seen: int | None) -> bool:
    """A stated zero where nothing is seen is right, too."""
    return stated == (seen if stated is None else seen or 0)
