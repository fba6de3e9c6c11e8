"""Consumption tax by date: rates, and the share deductible without a qualified invoice.

Both are tables in `data/tax.toml`, each row with its days and its source; nothing here knows the
numbers. The day that counts is the day of supply (取引日; 消費税法28条, 29条), never that of the
invoice or of the payment. Three positive rates on one day are possible, and so is one category
with two rates; whether a rate is announced only (`planned`) is said, not hidden.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Literal, TypeVar

from einvoice.errors import TaxTableError

STANDARD = "S"
REDUCED = "AA"


class Standing(StrEnum):
    """What the tables say about a rate on a day."""

    IN_FORCE = "in_force"
    PLANNED = "planned"
    FORMER = (
        "former"  # was in force before the day: lawful only by a transitional measure (経過措置)
    )
    UNKNOWN = "unknown"  # never was, nor is announced, for the category


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One row: `percent` for `category` (UNCL 5305) from `first` to `last`, both included."""

    category: str
    percent: Decimal
    national: Decimal
    local: Decimal
    first: date
    last: date | None
    scope_ja: str
    scope_en: str
    standing: Literal["in_force", "planned"]
    source: str

    def covers(self, day: date) -> bool:
        """Whether the row speaks of this day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class CreditShare:
    """Percentage of the tax in a purchase from an unregistered vendor that is deductible."""

    percent: int
    first: date
    last: date | None
    source: str

    def covers(self, day: date) -> bool:
        """Whether the row speaks of this day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class CreditCap:
    """Yearly purchases from one unregistered vendor beyond which nothing is deductible."""

    yen: Decimal
    first: date
    last: date | None
    source: str

    def covers(self, day: date) -> bool:
        """Whether the row speaks of taxable periods that begin on this day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two descriptions of the law that differ, what is done here, and why."""

    topic: str
    says: tuple[str, ...]
    chosen: str
    why: str


@dataclass(frozen=True, slots=True)
class TaxTables:
    """Everything in the file, checked: no gap and no overlap where one answer is due."""

    rates: tuple[TaxRate, ...]
    shares: tuple[CreditShare, ...]
    caps: tuple[CreditCap, ...]
    disagreements: tuple[Disagreement, ...]

    def __post_init__(self) -> None:
        _check_unbroken(self.shares, "share")
        _check_unbroken(self.caps, "cap")
        standard = [row for row in self.rates if row.category == STANDARD]
        _check_unbroken([row for row in standard if row.standing == "in_force"], "standard rate")
        for row in self.rates:
            if row.national + row.local != row.percent:
                raise ValueError(f"{row.category} {row.percent} % from {row.first}: parts differ")

    def rates_on(self, day: date, *, planned: bool = False) -> tuple[TaxRate, ...]:
        """The rates in force on a day of supply; with `planned`, those announced for it, too."""
        return tuple(
            row for row in self.rates if row.covers(day) and (planned or row.standing == "in_force")
        )

    def standing(self, category: str, percent: Decimal, day: date) -> Standing:
        """How `percent` stands for `category` on `day`."""
        rows = [row for row in self.rates if row.category == category and row.percent == percent]
        here = [row for row in rows if row.covers(day)]
        if any(row.standing == "in_force" for row in here):
            return Standing.IN_FORCE
        if here:
            return Standing.PLANNED
        if any(row.standing == "in_force" and row.first <= day for row in rows):
            return Standing.FORMER
        return Standing.UNKNOWN

    def category_of(self, percent: Decimal, day: date) -> str | None:
        """The category a rate belongs to on a day, when there is exactly one.

        8 % was the standard rate until 2019-09-30 and is the reduced one since.
        """
        found = {row.category for row in self.rates_on(day, planned=True) if row.percent == percent}
        return found.pop() if len(found) == 1 else None

    def credit_share(self, day: date) -> CreditShare:
        """The share for a purchase on this day of supply. Raises TaxTableError before 1989-04."""
        for row in self.shares:
            if row.covers(day):
                return row
        raise TaxTableError(day=day, what_ja="控除割合", what_en="deductible share")

    def credit_cap(self, period_start: date) -> CreditCap | None:
        """The yearly cap for a taxable period that begins on this day, if there is one."""
        return next((row for row in self.caps if row.covers(period_start)), None)

    def creditable_tax(self, gross: Decimal, percent: Decimal, day: date) -> Decimal:
        """Deductible yen in a purchase of `gross` yen (tax included) from an unregistered vendor.

        gross × percent ⁄ (100 + percent) × share, fractions of a yen cut (消令附則, 税込経理の
        割戻し). 110,000 yen at 10 %: 8,000 on 2026-09-30, 7,000 the day after.
        """
        share = self.credit_share(day).percent
        exact = gross * percent * share / ((100 + percent) * 100)
        return exact.to_integral_value(rounding=ROUND_FLOOR)


_Row = TypeVar("_Row", TaxRate, CreditShare, CreditCap)


def _check_unbroken(rows: Sequence[_Row], what: str) -> None:
    for earlier, later in pairwise(rows):
        if earlier.last is None or earlier.last + timedelta(days=1) != later.first:
            raise ValueError(f"{what}: rows from {earlier.first} and {later.first} do not meet")
    if not rows or rows[-1].last is not None:
        raise ValueError(f"{what}: the last row must be open")


def read_tables(text: str) -> TaxTables:
    """Tables from the text of a TOML file in the form of `data/tax.toml`."""
    data = tomllib.loads(text)

    def rows(name: str, make: Callable[[dict[str, Any]], _Row]) -> tuple[_Row, ...]:
        return tuple(make(row) for row in data[name])

    return TaxTables(
        rates=rows(
            "rate",
            lambda row: TaxRate(
                category=row["category"],
                percent=Decimal(row["percent"]),
                national=Decimal(row["national"]),
                local=Decimal(row["local"]),
                first=row["from"],
                last=row.get("until"),
                scope_ja=row["scope_ja"],
                scope_en=row["scope_en"],
                standing=row["standing"],
                source=row["source"],
            ),
        ),
        shares=rows(
            "share",
            lambda row: CreditShare(row["percent"], row["from"], row.get("until"), row["source"]),
        ),
        caps=rows(
            "cap",
            lambda row: CreditCap(
                Decimal(row["yen"]), row["from"], row.get("until"), row["source"]
            ),
        ),
        disagreements=tuple(
            Disagreement(row["topic"], tuple(row["says"]), row["chosen"], row["why"])
            for row in data["disagreement"]
        ),
    )


@lru_cache(maxsize=1)
def tax_tables() -> TaxTables:
    """The tables that come with the program."""
    text = resources.files("einvoice").joinpath("data/tax.toml").read_text(encoding="utf-8")
    return read_tables(text)
