"""Rounding of tax: once, by the issuer's choice, the same for returns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from einvoice.contract_terms import Rounding
from einvoice.tax_arithmetic import tax_on

D = Decimal


@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize("base", ["109", "105", "101", "110"])
def test_a_full_return_offsets_the_original_to_the_yen(mode: Rounding, base: str) -> None:
    """One way of rounding everywhere: of a negative amount the magnitude is rounded."""
    forward, back = tax_on(D(base), D(10), mode), tax_on(-D(base), D(10), mode)
    assert forward + back == 0
    assert mode.apply(-D(base) / 10) == -mode.apply(D(base) / 10)


def test_rounding_gives_no_negative_nought() -> None:
    assert str(Rounding.FLOOR.apply(D("-0.4"))) == "0"
    assert str(Rounding.HALF_UP.apply(D("-0.001"), 2)) == "0.00"
    assert Rounding.FLOOR.apply(D("-10.9")) == -10
    assert Rounding.CEILING.apply(D("-10.1")) == -11
