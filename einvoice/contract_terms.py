"""What an invoice must agree with: the terms of one contract, as the invoice half needs them.

This half does not know how contracts are made; `portal.tally` fills the value from the contract
half. Everything is stated with its unit: yen amounts are whole `Decimal`, rates percentages,
periods include both days. Amounts "gross" include consumption tax (税込), "net" do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from typing import Final


class ContractKind(StrEnum):
    """How the price is claimed."""

    LUMP = "lump"  # 総価: once after acceptance, less what was paid ahead
    MILESTONE = "milestone"  # 区切りごと
    FIXED_MONTHLY = "fixed_monthly"  # 月額定額
    UNIT_PRICE = "unit_price"  # 単価契約
    MEASURED = "measured"  # 出来高
    ACTUAL_COST = "actual_cost"  # 実費精算


class Rounding(StrEnum):
    """端数処理: once a rate and invoice."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEILING = "ceiling"

    def apply(self, amount: Decimal, places: int = 0) -> Decimal:
        """The amount with so many decimals (yen have none); never −0.

        Of a negative amount (返還) the magnitude is rounded as chosen, so that a full return
        offsets the original to the yen: 切捨て of −10.9 is −10.
        """
        rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=_MODES[self])
        # A negative nought is equal to nought for us, but not for every reader of a document.
        return rounded if rounded else abs(rounded)


_MODES: Final = {
    Rounding.FLOOR: ROUND_DOWN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.CEILING: ROUND_UP,
}


class TaxRegime(StrEnum):
    """How the account that pays settles its own consumption tax (消費税法60条)."""

    DEEMED = "deemed"  # 一般会計: input tax deemed equal to output tax, nothing filed
    STANDARD = "standard"  # 特別会計・公営企業: 本則課税
    SIMPLIFIED = "simplified"  # 簡易課税


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLine:
    """A line of the price table. `quantity` is planned for unit prices, agreed otherwise."""

    number: str
    name: str
    tax_rate: Decimal
    unit: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    """Net amount of the line; None for unit prices, whose amount follows the accepted quantity."""
    reduced: bool = False
    """軽減税率 applies (category AA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAllocation:
    """年度割: what one fiscal year may pay of a multi-year contract."""

    fiscal_year: int
    ceiling: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceTerms:
    """前金払・中間前金払・部分払, as far as the contract grants them (rates in percent)."""

    advance_rate: Decimal = Decimal(0)
    interim_rate: Decimal = Decimal(0)
    unit: Decimal = Decimal(1)
    """Fractions below this are cut (10,000 or 100,000 yen in many cities)."""
    part_payments: int = 0
    """How many part payments the contract allows."""
    guarantee_until: date | None = None
    """Last day of the guarantee company's certificate (保証証書); None if none was given."""
    guaranteed: Decimal = Decimal(0)
    interim_certified: bool = False
    """認定調書 for the interim advance exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """分割払の1回: what it is for, the day from which it may be claimed, its amount with tax."""

    name: str
    due_on: date
    gross: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedPrices:
    """How a contract is claimed from a day on: by unit prices, by month or by instalments."""

    valid_from: date
    kind: ContractKind
    lines: tuple[ContractLine, ...] = ()
    monthly_gross: Decimal | None = None
    instalments: tuple[Instalment, ...] = ()
    total_is_planned: bool = False
    document: str = ""
    """The concluded document that says so; empty for a sheet that was copied by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """The agreed terms. `lines` may be empty for a lump sum without a price table."""

    contract_id: str
    number: str
    title: str
    vendor_id: str
    vendor_name: str
    kind: ContractKind = ContractKind.LUMP
    category: str = ""
    """works, goods or services; empty where it is not told. Decides the usual 節."""
    is_works: bool = False
    """工事: 14 days to inspect and 40 to pay instead of 10 and 30."""
    buyer_name: str = ""
    section: str = ""
    """担当課, as code or name; decides whose queue the invoice stands in."""
    registration_number: str | None = None
    concluded_on: date | None = None
    """None: not concluded, nothing can be paid."""
    amendment_pending: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    complete_by: date | None = None
    """納期・完成期限 where it is another day than `ends_on`."""
    gross: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    tax_by_rate: Mapping[Decimal, Decimal] = field(default_factory=dict)
    monthly_gross: Decimal | None = None
    rounding: Rounding = Rounding.FLOOR
    line_rounding: Rounding = Rounding.FLOOR
    lines: tuple[ContractLine, ...] = ()
    total_is_planned: bool = False
    """予定総額: `gross` of a unit-price contract is an estimate, not a cap."""
    instalments: tuple[Instalment, ...] = ()
    """分割払 (kind MILESTONE); empty where parts are claimed as they are accepted."""
    prices: tuple[AgreedPrices, ...] = ()
    """What changes by date, in the order of their days (変更契約); see `as_of`."""
    priced_from: date | None = None
    """Set by `as_of` for a day before any price was agreed: the first day that has one."""
    allocations: tuple[YearAllocation, ...] = ()
    advance: AdvanceTerms = AdvanceTerms()
    payment_days: int | None = None
    """Days agreed for payment; None means the statutory maximum."""
    terms_in_writing: bool = True
    """False: 15 days by 支払遅延防止法10条."""
    late_rate: Decimal | None = None
    """遅延利息の率 fixed by the contract (percent a year)."""
    tax_regime: TaxRegime = TaxRegime.DEEMED
    required_documents: tuple[str, ...] = ()
    standing_arrangement: bool = False
    """定期支払・口座引落: paid without invoices."""

    @property
    def is_concluded(self) -> bool:
        """Both parties have signed."""
        return self.concluded_on is not None

    def as_of(self, day: date) -> ContractTerms:
        """The terms with the prices of a day of supply.

        Before the first sheet of a contract that names no prices itself nothing is agreed:
        `priced_from` says from when, and CON-007 stops the claim with that day."""
        held = [agreed for agreed in self.prices if agreed.valid_from <= day]
        if not held:
            names_own = self.kind is not ContractKind.LUMP or not self.prices
            return self if names_own else replace(self, priced_from=self.prices[0].valid_from)
        agreed = held[-1]
        return replace(
            self,
            kind=agreed.kind,
            lines=agreed.lines,
            monthly_gross=agreed.monthly_gross,
            instalments=agreed.instalments,
            total_is_planned=agreed.total_is_planned,
        )

    @property
    def is_multi_year(self) -> bool:
        """The price is spread over fiscal years."""
        return len(self.allocations) > 1

    def line(self, number: str) -> ContractLine | None:
        """The line of this number, None if there is none."""
        return next((line for line in self.lines if line.number == number), None)
