"""What a match looks at: the invoice and everything the city knows that bears on it.

A `Situation` is gathered once from the database (`einvoice.gathering`) and is all that a check may
see: checks are pure functions of it. Derived facts that several checks need are computed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from einvoice.contract_terms import ContractKind, ContractLine, ContractTerms
from einvoice.due_dates import DueDate
from einvoice.findings import Report
from einvoice.invoice import Invoice, Line
from einvoice.matching.background import (
    Approver,
    AttachedInvoice,
    BankBranch,
    Bounce,
    OpenAdvance,
    Transcript,
)
from einvoice.payment_order import BudgetShare, Deduction
from einvoice.registry import RegistryAnswer
from einvoice.withholding import Fee

ZERO = Decimal(0)


USUAL_ITEMS: Mapping[str, frozenset[str]] = {
    "works": frozenset({"10", "12", "14"}),  # 修繕料, 委託料, 工事請負費
    "goods": frozenset({"10", "13", "15", "17"}),  # 需用費, 使用料, 原材料費, 備品購入費
    "services": frozenset({"7", "10", "11", "12", "13"}),  # 報償費, 役務費, 委託料, 使用料
}
"""節 of 地方自治法施行規則 (from FY2020) that each kind of contract is usually paid from."""


class ClaimKind(StrEnum):
    """What an invoice asks for."""

    ORDINARY = "ordinary"  # 完成払・月払
    ADVANCE = "advance"  # 前金払
    INTERIM = "interim"  # 中間前金払
    PART = "part"  # 部分払

    @property
    def is_ahead(self) -> bool:
        """Paid before performance, so without inspection."""
        return self in {ClaimKind.ADVANCE, ClaimKind.INTERIM}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPolicy:
    """The city's settings. The rest of a contract, a commitment and what was accepted have no
    tolerance at all, whatever is set here."""

    buyer_names: tuple[str, ...]
    buyer_numbers: tuple[str, ...] = ()
    """法人番号・登録番号 that are ours; one of them on the invoice settles the addressee."""
    tolerance: Mapping[ContractKind, Decimal] = field(default_factory=dict)
    """Yen by which a claim may differ from the amount due, by kind of contract; else zero."""
    required_documents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of contract (works, goods, services …) → evidence that each of its claims brings."""
    taxed_accounts: frozenset[str] = frozenset()
    """会計 that file a return and deduct input tax (特別会計・公営企業), by their numbers."""
    separate_inspector: bool = False
    warn_banking_days: int = 5
    duplicate_days: int = 45
    stale_days: int = 90
    account_watch_days: int = 30
    least_confidence: Decimal = Decimal("0.95")
    unregistered_limit: Decimal = Decimal(100_000_000)
    """Yen a year from one unregistered supplier up to which the transitional credit is taken."""
    usual_items: Mapping[str, frozenset[str]] = field(default_factory=lambda: USUAL_ITEMS)
    """Kind of contract → 節 it is usually paid from; a kind without an entry is not checked."""
    attachment_types: frozenset[str] = frozenset(
        {
            "application/pdf",
            "image/png",
            "image/jpeg",
            "text/csv",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.oasis.opendocument.spreadsheet",
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorRecord:
    """債権者登録 of the claimant."""

    vendor_id: str
    number: str
    name: str
    address: str = ""
    registration_number: str | None = None
    fee: Fee = Fee.NONE
    bank_code: str = ""
    branch_code: str = ""
    account_type: str = ""
    account_number: str = ""
    payee_kana: str = ""
    account_changed_on: date | None = None
    paid_since_change: bool = False
    notice_on_file: str | None = None
    suspended_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedLine:
    """A line of an inspection, and the live invoice that already took it, if any."""

    id: str
    name: str
    contract_line: str | None = None
    quantity: Decimal | None = None
    gross: Decimal | None = None
    taken_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedWork:
    """An inspection (検収) of the contract."""

    id: str
    number: str
    passed: bool
    notified_on: date
    inspected_on: date
    lines: tuple[AcceptedLine, ...] = ()
    period: tuple[date, date] | None = None
    performed_on: date | None = None
    inspector_id: str = ""
    inspector_name: str = ""

    @property
    def taken_by(self) -> str | None:
        """Receipt number of the live invoice that took one of the lines."""
        return next((line.taken_by for line in self.lines if line.taken_by), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierInvoice:
    """Another invoice of the same vendor or contract."""

    receipt_no: str
    number: str
    number_key: str
    digits_key: str
    live: bool
    returned: bool
    gross: Decimal
    payable: Decimal
    issue_date: date | None
    period: tuple[date, date] | None
    contract_no: str | None
    kind: ClaimKind = ClaimKind.ORDINARY
    fiscal_year: int | None = None
    channel: str = ""
    handed_over: bool = False
    is_predecessor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRecord:
    """支出負担行為 chosen for the invoice, and what live orders already use of it."""

    number: str
    fiscal_year: int
    dated_on: date
    amount: Decimal
    used: Decimal = ZERO
    is_combined: bool = False
    carried_over: bool = False
    setsu: str = ""
    """節 of the budget item."""
    allotted: Decimal | None = None
    """配当残額 of the budget item before this invoice; None where no allotment is entered."""

    @property
    def rest(self) -> Decimal:
        """Balance before this invoice."""
        return self.amount - self.used


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything a check may look at."""

    invoice: Invoice
    policy: MatchPolicy
    received_on: date
    today: date
    receipt_no: str = ""
    channel: str = ""
    report: Report | None = None
    vendor: CreditorRecord | None = None
    terms: ContractTerms | None = None
    stated_contract: str | None = None
    candidates: tuple[str, ...] = ()
    kind: ClaimKind = ClaimKind.ORDINARY
    works: tuple[AcceptedWork, ...] = ()
    earlier: tuple[EarlierInvoice, ...] = ()
    commitment: CommitmentRecord | None = None
    deductions: tuple[Deduction, ...] = ()
    shares: tuple[BudgetShare, ...] = ()
    due: DueDate | None = None
    pay_on: date | None = None
    registry: RegistryAnswer | None = None
    drafted_by: str | None = None
    tax_is_separate: bool = True
    transcript: Transcript | None = None
    attached: tuple[AttachedInvoice, ...] = ()
    branch: BankBranch | None = None
    open_advances: tuple[OpenAdvance, ...] = ()
    bounce: Bounce | None = None
    approver: Approver | None = None
    bought_this_year: Decimal = ZERO
    """Gross of the vendor's other live invoices of the fiscal year, in accounts that file."""

    # What the document says ------------------------------------------------------------------

    @cached_property
    def gross(self) -> Decimal:
        """税込合計 (IBT-112)."""
        return self.invoice.totals.with_tax or ZERO

    @cached_property
    def net(self) -> Decimal:
        """税抜合計 (IBT-109)."""
        return self.invoice.totals.without_tax or ZERO

    @cached_property
    def prepaid(self) -> Decimal:
        """既払額 (IBT-113)."""
        return self.invoice.totals.paid or ZERO

    @cached_property
    def payable(self) -> Decimal:
        """差引請求額 (IBT-115)."""
        return self.invoice.totals.payable or ZERO

    @cached_property
    def period(self) -> tuple[date, date] | None:
        """取引年月日 as a range: header period, else the span of the lines, else delivery."""
        return supply_period(self.invoice)

    @cached_property
    def supply_date(self) -> date | None:
        """The day that decides rate, credit share and fiscal year: the last of the period."""
        if self.period:
            return self.period[1]
        performed = [work.performed_on for work in self.chosen_works if work.performed_on]
        return max(performed) if performed else None

    # What the contract side says -------------------------------------------------------------

    @cached_property
    def chosen_works(self) -> tuple[AcceptedWork, ...]:
        """Inspections this claim rests on.

        The one it names (IBT-015), else those of its period, else all that nobody has taken; so
        an inspection that is already taken is chosen only when the claim points at it.
        """
        passed = [work for work in self.works if work.passed]
        stated = self.invoice.receiving_advice
        if stated:
            return tuple(work for work in passed if work.number == stated)
        if self.period is not None:
            start, end = self.period
            dated = [w for w in passed if w.period and w.period[0] <= end and start <= w.period[1]]
            if dated:
                return tuple(dated)
        free = tuple(work for work in passed if work.taken_by is None and work.period is None)
        return free or tuple(work for work in passed if work.period is None)

    @cached_property
    def failed_work(self) -> AcceptedWork | None:
        """The latest inspection, if it failed and no later one has passed."""
        if not self.works:
            return None
        latest = max(self.works, key=lambda work: (work.inspected_on, work.number))
        return None if latest.passed else latest

    @cached_property
    def inspected_on(self) -> date | None:
        """The day from which the payment clock may run."""
        days = [work.inspected_on for work in self.chosen_works]
        return max(days) if days else None

    @cached_property
    def live_claims(self) -> tuple[EarlierInvoice, ...]:
        """Live invoices on the same contract, this one excluded."""
        if self.terms is None:
            return ()
        return tuple(e for e in self.earlier if e.live and e.contract_no == self.terms.number)

    @cached_property
    def claimed_before(self) -> Decimal:
        """Σ payable of the live claims on the contract."""
        return sum((claim.payable for claim in self.live_claims), ZERO)

    @cached_property
    def paid_ahead(self) -> Decimal:
        """Ledger of advances and part payments: what a final claim must deduct."""
        return sum((e.payable for e in self.live_claims if e.kind is not ClaimKind.ORDINARY), ZERO)

    def contract_line_of(self, line: Line) -> ContractLine | None:
        """The contract line an invoice line stands for: by number, item id, then exact name."""
        if self.terms is None:
            return None
        for key in (line.order_line, line.item.buyers_id):
            if key and (found := self.terms.line(key)):
                return found
        name = folded(line.item.name)
        named = [row for row in self.terms.lines if folded(row.name) == name]
        if len(named) > 1:
            rate = line.tax.rate if line.tax else None
            named = [row for row in named if row.tax_rate == rate] or named
        return named[0] if len(named) == 1 else None


def supply_period(invoice: Invoice) -> tuple[date, date] | None:
    """取引年月日 or its range as the document states it; never the issue date."""
    period = invoice.period
    if period and (period.start or period.end):
        first = period.start or period.end
        last = period.end or period.start
        assert first is not None
        assert last is not None
        return first, last
    starts = [line.period.start for line in invoice.lines if line.period and line.period.start]
    ends = [line.period.end for line in invoice.lines if line.period and line.period.end]
    if starts or ends:
        return min(starts or ends), max(ends or starts)
    if invoice.delivery and invoice.delivery.actual_date:
        return invoice.delivery.actual_date, invoice.delivery.actual_date
    if invoice.tax_point_date:
        return invoice.tax_point_date, invoice.tax_point_date
    return None


def folded(text: str) -> str:
    """Text as people compare it: width, case and blanks do not matter."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def number_key(number: str) -> str:
    """請求書番号 for comparison: NFKC, upper case, A–Z and digits, without a leading NO.

    `2026-0331` and `№ 2026－0331` have the same key.
    """
    kept = "".join(
        c for c in unicodedata.normalize("NFKC", number).upper() if c.isascii() and c.isalnum()
    )
    without = kept.removeprefix("NO")
    # Numbers in kana or kanji only would all be "": those keep their folded text.
    return without or folded(number)


def digits_key(number: str) -> str:
    """Digits only, without leading zeros: the weaker key of DUP-008."""
    return "".join(c for c in number_key(number) if c.isdigit()).lstrip("0")


def overlaps(one: tuple[date, date] | None, other: tuple[date, date] | None) -> bool:
    """Whether two periods share a day."""
    return bool(one and other and one[0] <= other[1] and other[0] <= one[1])


def within_days(one: date | None, other: date | None, days: int) -> bool:
    """Whether two days are at most `days` apart."""
    return one is not None and other is not None and abs(one - other) <= timedelta(days=days)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """Sum, taking nothing stated for zero."""
    return sum((amount or ZERO for amount in amounts), ZERO)
