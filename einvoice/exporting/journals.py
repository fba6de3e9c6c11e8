"""Journals of an order: what it cost when it was ordered, what left when it was paid.

    ordered   借 費用（税区分つき）          貸 未払金（前金払は 前払金）
    paid      借 未払金                      貸 現金預金、預り金（源泉）、雑収益（遅延損害金）

Legs carry the amount with tax (gross) and the tax in it. Tax-exclusive books get the tax as a leg
of its own (仮払消費税); in tax-inclusive ones it stays in the expense. From a vendor that was not
registered on the day of supply only the transitional share is tax, the rest is cost (28年改正法
附則52条・53条): 110,000 yen at 10 % are 7,000 of tax from 2026-10-01 and 8,000 the day before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from einvoice.exporting.errors import JournalError
from einvoice.payment_order import DeductionKind, OrderKind, PaymentOrder
from einvoice.tax_rates import TaxTables, tax_tables

REDUCED_PERCENT = Decimal(8)
ZERO = Decimal(0)


class Books(StrEnum):
    """How the books treat consumption tax."""

    INCLUSIVE = "inclusive"  # 税込経理
    EXCLUSIVE = "exclusive"  # 税抜経理


class Event(StrEnum):
    """Which journal of an order."""

    ORDERED = "ordered"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class TaxClass:
    """課税仕入 of a rate with its credit: None = 適格, else the transitional share in percent.
    `rate` None is 対象外."""

    rate: Decimal | None = None
    share: int | None = None

    @property
    def is_taxed(self) -> bool:
        return self.rate is not None

    @property
    def is_reduced(self) -> bool:
        return self.rate == REDUCED_PERCENT

    @property
    def key(self) -> str:
        """As settings name it: "10", "8", "10@70", "none"."""
        if self.rate is None:
            return "none"
        return f"{self.rate:f}" + ("" if self.share is None else f"@{self.share}")


OUTSIDE = TaxClass()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One side of a journal line."""

    account: str
    amount: Decimal
    """Yen, tax included where it is taxed."""
    tax: Decimal = ZERO
    """Deductible tax in the amount."""
    tax_class: TaxClass = OUTSIDE
    sub_account: str = ""
    department: str = ""
    partner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One balanced entry (仕訳伝票)."""

    number: str
    on: date
    debits: tuple[Leg, ...]
    credits: tuple[Leg, ...]
    summary: str

    def __post_init__(self) -> None:
        debit, credit = (sum((leg.amount for leg in s), ZERO) for s in (self.debits, self.credits))
        if debit != credit or not self.debits or not self.credits:
            raise _error(
                self.number, f"貸借が一致しません（{debit}≠{credit}）", "it does not balance"
            )
        if any(leg.amount <= 0 or leg.amount != int(leg.amount) for leg in self.legs):
            raise _error(
                self.number, "0円以下または端数のある行があります", "a line is no whole yen"
            )

    @property
    def legs(self) -> tuple[Leg, ...]:
        return (*self.debits, *self.credits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Names (or codes) of the accounts in the customer's own books."""

    expense: Mapping[str, str] = field(default_factory=dict)
    """節 → 費用の勘定科目; "" is for every other 節."""
    payable: str = "未払金"
    bank: str = "普通預金"
    advance: str = "前払金"
    withheld: str = "預り金"
    income: str = "雑収益"
    tax: str = "仮払消費税"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An order with what the journal needs beyond it."""

    order: PaymentOrder
    supplied_on: date
    registered: bool
    """Registered on the day of supply, by the registry's answer."""
    partner: str = ""
    department: str = ""
    paid_on: date | None = None


def journals(
    claims: Sequence[Claim],
    *,
    event: Event,
    books: Books,
    accounts: Accounts,
    tables: TaxTables | None = None,
) -> list[Journal]:
    """The journals of these claims for one event; those not yet paid have none of payment."""
    known = tables or tax_tables()
    if event is Event.PAID:
        return [_paid(claim, accounts) for claim in claims if claim.paid_on and claim.order.payable]
    return [_ordered(claim, books, accounts, known) for claim in claims if claim.order.gross > 0]


def _ordered(claim: Claim, books: Books, accounts: Accounts, tables: TaxTables) -> Journal:
    order = claim.order
    order.check()
    payable = _leg(claim, accounts.payable, order.payable)
    if order.kind in (OrderKind.ADVANCE, OrderKind.INTERIM):
        # An advance is no supply yet: no tax until what it was paid for is accepted.
        debits = [_leg(claim, accounts.advance, order.payable)]
        return _journal(claim, order.invoice_date, debits, [payable])
    debits = []
    rates = (
        (Decimal(10), order.base_10, order.tax_10),
        (REDUCED_PERCENT, order.base_8, order.tax_8),
    )
    for rate, base, tax in rates:
        if base + tax:
            debits += _cost(claim, books, accounts, tables, rate, base + tax, tax)
    if order.not_taxed:
        debits.append(_leg(claim, _expense(claim, accounts), order.not_taxed))
    right = [payable] if order.payable else []
    if order.prepaid:
        right = [_leg(claim, accounts.advance, order.prepaid), *right]
    return _journal(claim, claim.supplied_on, debits, right)


def _cost(
    claim: Claim,
    books: Books,
    accounts: Accounts,
    tables: TaxTables,
    rate: Decimal,
    gross: Decimal,
    shown: Decimal,
) -> list[Leg]:
    share: int | None = None
    tax = shown
    if not claim.registered:
        share = tables.credit_share(claim.supplied_on).percent
        tax = tables.creditable_tax(gross, rate, claim.supplied_on)
    kind = TaxClass(rate, share)
    account = _expense(claim, accounts)
    if books is Books.INCLUSIVE:
        return [_leg(claim, account, gross, tax=tax, tax_class=kind)]
    legs = [_leg(claim, account, gross - tax, tax_class=kind)]
    return [*legs, _leg(claim, accounts.tax, tax)] if tax else legs


def _paid(claim: Claim, accounts: Accounts) -> Journal:
    order = claim.order
    assert claim.paid_on is not None
    right = [_leg(claim, accounts.bank, order.net)] if order.net else []
    for deduction in order.deductions:
        damage = deduction.kind is DeductionKind.DAMAGE
        right.append(
            _leg(claim, accounts.income if damage else accounts.withheld, deduction.amount)
        )
    debits = [_leg(claim, accounts.payable, order.payable)]
    return _journal(claim, claim.paid_on, debits, right)


def _expense(claim: Claim, accounts: Accounts) -> str:
    setsu = claim.order.budget.setsu
    account = accounts.expense.get(setsu) or accounts.expense.get("")
    if not account:
        raise _error(
            claim.order.order_no,
            f"節 {setsu} の勘定科目が決められていません",
            f"no account is set for budget item {setsu}",
        )
    return account


def _leg(
    claim: Claim,
    account: str,
    amount: Decimal,
    *,
    tax: Decimal = ZERO,
    tax_class: TaxClass = OUTSIDE,
) -> Leg:
    return Leg(
        account=account, amount=amount, tax=tax, tax_class=tax_class,
        department=claim.department, partner=claim.partner,
    )  # fmt: skip


def _journal(claim: Claim, on: date, debits: Sequence[Leg], right: Sequence[Leg]) -> Journal:
    order = claim.order
    summary = " ".join(part for part in (order.summary, claim.partner, order.invoice_no) if part)
    return Journal(
        number=order.order_no, on=on, debits=tuple(debits), credits=tuple(right), summary=summary
    )


def _error(order: str, ja: str, en: str) -> JournalError:
    return JournalError(field="journal", order=order, reason_ja=ja, reason_en=en)
