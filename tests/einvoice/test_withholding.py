"""源泉徴収: the figures of worked case 4 and its variants."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from einvoice.withholding import Fee, components, withhold


@pytest.mark.parametrize(
    ("fee", "net", "gross", "separate", "expected"),
    [
        (Fee.ORDINARY, 1_250_000, 1_375_000, True, 153_150),
        (Fee.ORDINARY, 300_000, 330_000, True, 30_630),
        (Fee.ORDINARY, 300_000, 330_000, False, 33_693),
        (Fee.ORDINARY, 123_456, 135_801, True, 12_604),
        (Fee.ORDINARY, 1_000_000, 1_100_000, True, 102_100),
        (Fee.SCRIVENER, 100_000, 110_000, True, 9_189),
        (Fee.SCRIVENER, 9_000, 9_900, True, 0),
        (Fee.NONE, 1_250_000, 1_375_000, True, 0),
        (Fee.ORDINARY, 0, 0, True, 0),
    ],
)
def test_withholding_by_kind_of_fee(
    fee: Fee, net: int, gross: int, separate: bool, expected: int
) -> None:
    result = withhold(fee, net=Decimal(net), gross=Decimal(gross), tax_is_separate=separate)
    assert result.amount == Decimal(expected)
    assert result.base_includes_tax is not separate


def test_parts_of_the_rate_change_in_2027_but_not_their_sum() -> None:
    before, after = components(date(2026, 12, 31)), components(date(2027, 1, 1))
    assert (before.reconstruction, before.defence) == (Decimal("0.21"), Decimal("0"))
    assert (after.reconstruction, after.defence) == (Decimal("0.11"), Decimal("0.10"))
    assert sum((before.reconstruction, before.defence)) == sum(
        (after.reconstruction, after.defence)
    )
