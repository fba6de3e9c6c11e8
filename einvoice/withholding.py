"""源泉徴収: income tax withheld from fees paid to individuals (所得税法204条, 205条).

Up to 1,000,000 yen 10.21 %, above that 20.42 % of the part over it; a fraction of a yen is cut.
For 司法書士 and 土地家屋調査士 10.21 % of the fee less 10,000 yen a payment. The base is the fee
without consumption tax when the invoice shows the tax separately, with it otherwise.

10.21 % is income tax 10 % and a surtax of 2.1 % on it. From 2027-01-01 the surtax is 1.1 % for
reconstruction and 1 % for defence (令和8年度税制改正の大綱): the sum stays, its parts change, so
the parts are a table by the day of payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

_STEP = Decimal(1_000_000)
_LOWER = Decimal("0.1021")
_UPPER = Decimal("0.2042")
_SCRIVENER_ALLOWANCE = Decimal(10_000)


class Fee(StrEnum):
    """What is paid for decides the formula; corporations have none."""

    NONE = "none"
    ORDINARY = "ordinary"  # 原稿・講演・デザイン・設計・税理士など
    SCRIVENER = "scrivener"  # 司法書士・土地家屋調査士


@dataclass(frozen=True, slots=True)
class Withholding:
    """The base, the sum withheld, and whether the base includes consumption tax (DED-003)."""

    base: Decimal
    amount: Decimal
    base_includes_tax: bool


@dataclass(frozen=True, slots=True)
class RateComponents:
    """Parts of the 10.21 % in percent, as reports to the tax office name them."""

    income_tax: Decimal
    reconstruction: Decimal
    defence: Decimal


def withhold(
    fee: Fee, *, net: Decimal, gross: Decimal, tax_is_separate: bool = True
) -> Withholding:
    """What to withhold from one payment of `net` (without tax) or `gross` (with tax) yen."""
    base = net if tax_is_separate else gross
    if fee is Fee.NONE or base <= 0:
        amount = Decimal(0)
    elif fee is Fee.SCRIVENER:
        amount = max(base - _SCRIVENER_ALLOWANCE, Decimal(0)) * _LOWER
    else:
        lower = min(base, _STEP) * _LOWER
        amount = lower + max(base - _STEP, Decimal(0)) * _UPPER
    cut = amount.quantize(Decimal(1), rounding=ROUND_DOWN)
    return Withholding(base, cut, base_includes_tax=not tax_is_separate)


def components(paid_on: date) -> RateComponents:
    """The parts of the lower rate for a payment on this day."""
    if paid_on >= date(2027, 1, 1):
        return RateComponents(Decimal("10"), Decimal("0.11"), Decimal("0.10"))
    return RateComponents(Decimal("10"), Decimal("0.21"), Decimal("0"))
