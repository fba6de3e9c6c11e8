"""印紙税額表: the duty a paper contract would have cost its vendor.

請負 (2号文書) by amount; construction has reduced rates until 2027-03-31 (租税特別措置法91条).
Sales of goods and 準委任 are not taxed. An electronic contract is no paper and costs nothing
(印紙税法3条, 基本通達44条).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

UNTAXED_BELOW = 10_000
# (up to yen, construction, other 請負)
TABLE: tuple[tuple[int | None, int, int], ...] = (
    (1_000_000, 200, 200),
    (2_000_000, 200, 400),
    (3_000_000, 500, 1_000),
    (5_000_000, 1_000, 2_000),
    (10_000_000, 5_000, 10_000),
    (50_000_000, 10_000, 20_000),
    (100_000_000, 30_000, 60_000),
    (500_000_000, 60_000, 100_000),
    (1_000_000_000, 160_000, 200_000),
    (5_000_000_000, 320_000, 400_000),
    (None, 480_000, 600_000),
)


class Kind(StrEnum):
    """Kinds of a row of the city's ledger."""

    WORKS = "工事"
    CONTRACTING = "請負"
    GOODS = "物品"
    SERVICE = "委託"
    INVOICE = "請求書"


def duty(kind: Kind, amount: Decimal) -> int:
    """Yen of duty on one paper contract of this amount."""
    if kind not in (Kind.WORKS, Kind.CONTRACTING) or amount < UNTAXED_BELOW:
        return 0
    for limit, works, other in TABLE:
        if limit is None or amount <= limit:
            return works if kind is Kind.WORKS else other
    raise AssertionError("the table has no end")
