"""Consumption tax of one rate on one invoice: base × rate, rounded once.

Whether fractions of a yen are cut, rounded half up or rounded up is the issuer's choice, made once
per rate and invoice; rounding line by line and adding is not allowed (消令70条の10, 基通1-8-15).
For negative amounts (返還) the same choice is applied to the magnitude, so that a full return
offsets the original to the yen.
"""

from __future__ import annotations

from decimal import Decimal

from einvoice.contract_terms import Rounding

_MINOR_UNITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}


def minor_unit(currency: str) -> int:
    """Decimals of an amount in this currency: none for yen, otherwise two.

    Currencies with three decimals get two: the standard allows no more (ibr-091 and others).
    """
    return _MINOR_UNITS.get(currency, 2)


def tax_on(base: Decimal, rate: Decimal, rounding: Rounding, places: int = 0) -> Decimal:
    """Tax on the sum `base` (without tax) of one rate, in per cent, rounded once."""
    return rounding.apply(base * rate / 100, places)


def roundings_giving(base: Decimal, rate: Decimal, tax: Decimal, places: int = 0) -> set[Rounding]:
    """The choices under which `tax` is right; empty if it is wrong, all three if it is exact."""
    return {mode for mode in Rounding if tax_on(base, rate, mode, places) == tax}
