"""支出命令: the canonical CSV for the city's accounting system, version 1.

No national layout for payment orders exists; this one is ours, meant to be mapped to the import of
the city's 財務会計システム. One row an order (45 columns), and child files for budget split and
deductions. UTF-8 without BOM by default, cp932 by switch; CRLF; header row; RFC 4180 quoting. Codes
are text and keep their leading zeros; dates are ISO 8601; amounts are whole yen without separators.

Three identities hold for each row or it is not written:
    b10 + t10 + b8 + t8 + nontax = gross      gross − prepaid = payable      payable − deduct = net
The order is for *payable* (deductions stay visible: gross is ordered, the rest is set off), the
transfer is for *net*.

Text is written as it is, also where a spreadsheet would take it for a formula; `spreadsheet=True`
makes the variant for people, in which such text starts with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from einvoice.refusals import PaymentOrderError

VERSION = "1"


class OrderKind(StrEnum):
    """支出命令の種別."""

    ORDINARY = "1"  # 通常
    COMBINED = "2"  # 支出負担行為兼支出命令
    ESTIMATE = "3"  # 概算払
    ADVANCE = "4"  # 前金払
    INTERIM = "5"  # 中間前金払
    PART = "6"  # 部分払
    IMPREST = "7"  # 資金前渡
    SETTLEMENT = "8"  # 精算
    REFUND = "9"  # 戻入


class PaymentMethod(StrEnum):
    """支払方法."""

    TRANSFER = "1"  # 口座振替
    SLIP = "2"  # 納付書
    COUNTER = "3"  # 窓口
    PUBLIC = "4"  # 公金振替


class DeductionKind(StrEnum):
    """控除の種別."""

    WITHHOLDING = "WH"  # 源泉徴収
    DAMAGE = "DAMAGE"  # 遅延損害金
    SEIZURE = "SEIZURE"  # 差押
    RETENTION = "RETENTION"  # 留保
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCode:
    """予算科目. Text codes; they mean something else in another fiscal year."""

    account: str  # 会計
    section: str  # 所属
    kan: str  # 款
    kou: str  # 項
    moku: str  # 目
    jigyo: str  # 事業
    setsu: str  # 節
    saisetsu: str  # 細節


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """控除: taken from the payment, not from the expenditure."""

    kind: DeductionKind
    base: Decimal
    amount: Decimal
    income_number: str = ""  # 調定番号, needed for every set-off
    payee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShare:
    """A part of the order on another budget item; the parts sum to `payable`."""

    budget: BudgetCode
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The creditor's account as it is registered, name in the bank's characters."""

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    account_number: str
    payee_kana: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """One 支出命令. Amounts in yen; b/t are base and tax at 10 % and 8 %."""

    order_no: str
    fiscal_year: int
    kind: OrderKind
    commitment_no: str
    contract_no: str
    budget: BudgetCode
    creditor_no: str
    registration_number: str
    invoice_no: str
    invoice_date: date
    received_on: date
    channel: str
    inspection_no: str
    inspected_on: date | None
    clock_start: date
    due_on: date
    pay_on: date
    base_10: Decimal = Decimal(0)
    tax_10: Decimal = Decimal(0)
    base_8: Decimal = Decimal(0)
    tax_8: Decimal = Decimal(0)
    not_taxed: Decimal = Decimal(0)
    gross: Decimal
    prepaid: Decimal = Decimal(0)
    payable: Decimal
    deductions: tuple[Deduction, ...] = ()
    shares: tuple[BudgetShare, ...] = ()
    method: PaymentMethod = PaymentMethod.TRANSFER
    account: Account
    edi: str = ""
    summary: str = ""
    match: str = "MATCHED"
    codes: tuple[str, ...] = field(default=())

    @property
    def deducted(self) -> Decimal:
        """Sum of the deductions."""
        return sum((item.amount for item in self.deductions), Decimal(0))

    @property
    def net(self) -> Decimal:
        """What is transferred."""
        return self.payable - self.deducted

    def check(self) -> None:
        """Raise `PaymentOrderError` for the first figure that contradicts another."""
        parts = self.base_10 + self.tax_10 + self.base_8 + self.tax_8 + self.not_taxed
        self._same("gross", parts, self.gross, "税率別の合計と税込合計", "sums per rate and gross")
        self._same(
            "payable", self.gross - self.prepaid, self.payable, "税込−既払と支払額", "payable"
        )
        if self.net < 0:
            raise self._error("deduct", "控除額が支払額を超えています", "deductions exceed payable")
        if self.shares:
            split = sum((share.amount for share in self.shares), Decimal(0))
            self._same("shares", split, self.payable, "科目内訳と支払額", "budget split")
        for amount in (*self._amounts(), self.deducted, self.net):
            if amount != amount.to_integral_value():
                raise self._error(
                    "amount", f"{amount}円は整数ではありません", f"{amount} is no yen"
                )

    def _amounts(self) -> tuple[Decimal, ...]:
        return (
            self.base_10,
            self.tax_10,
            self.base_8,
            self.tax_8,
            self.not_taxed,
            self.gross,
            self.prepaid,
            self.payable,
        )

    def _same(self, name: str, one: Decimal, other: Decimal, ja: str, en: str) -> None:
        if one != other:
            raise self._error(
                name, f"{ja}が一致しません（{one}≠{other}）", f"{en}: {one} is not {other}"
            )

    def _error(self, name: str, ja: str, en: str) -> PaymentOrderError:
        return PaymentOrderError(field=name, order=self.order_no, reason_ja=ja, reason_en=en)


_COLUMN_NAMES = """
ver order_no fy acct section kind commit_no contract_no kan kou moku jigyo setsu saisetsu
creditor_no reg_no invoice_no invoice_date received_on channel inspect_no inspect_date
clock_start due_date pay_date b10 t10 b8 t8 nontax gross prepaid payable deduct net
method bank branch atype acctno payee_kana edi summary match codes
"""
COLUMNS = tuple(_COLUMN_NAMES.split())
BUDGET_COLUMNS = (
    *("order_no", "seq", "fy", "acct", "kan", "kou", "moku", "jigyo", "setsu", "saisetsu"),
    "amount",
)
DEDUCTION_COLUMNS = ("order_no", "seq", "type", "base", "amount", "income_no", "payee")

Encoding = Literal["utf-8", "cp932"]


def row(order: PaymentOrder) -> tuple[str, ...]:
    """The 45 values of one order. Raises `PaymentOrderError` if its figures do not agree."""
    order.check()
    budget, account = order.budget, order.account
    return (
        VERSION,
        order.order_no,
        str(order.fiscal_year),
        budget.account,
        budget.section,
        order.kind.value,
        order.commitment_no,
        order.contract_no,
        budget.kan,
        budget.kou,
        budget.moku,
        budget.jigyo,
        budget.setsu,
        budget.saisetsu,
        order.creditor_no,
        order.registration_number,
        order.invoice_no,
        order.invoice_date.isoformat(),
        order.received_on.isoformat(),
        order.channel,
        order.inspection_no,
        order.inspected_on.isoformat() if order.inspected_on else "",
        order.clock_start.isoformat(),
        order.due_on.isoformat(),
        order.pay_on.isoformat(),
        *(_yen(amount) for amount in order._amounts()),
        _yen(order.deducted),
        _yen(order.net),
        order.method.value,
        account.bank_code,
        account.branch_code,
        account.account_type,
        account.account_number,
        account.payee_kana,
        order.edi,
        order.summary,
        order.match,
        " ".join(order.codes),
    )


def orders_csv(
    orders: Iterable[PaymentOrder], *, encoding: Encoding = "utf-8", spreadsheet: bool = False
) -> bytes:
    """The main file: header and one row an order."""
    return _csv(COLUMNS, (row(order) for order in orders), encoding, spreadsheet)


def budget_csv(
    orders: Iterable[PaymentOrder], *, encoding: Encoding = "utf-8", spreadsheet: bool = False
) -> bytes:
    """科目内訳: one row a share; an order on one item has one row with the whole amount."""
    rows = []
    for order in orders:
        shares = order.shares or (BudgetShare(budget=order.budget, amount=order.payable),)
        for number, share in enumerate(shares, start=1):
            code = share.budget
            levels = (code.kan, code.kou, code.moku, code.jigyo, code.setsu, code.saisetsu)
            place = (order.order_no, str(number), str(order.fiscal_year), code.account)
            rows.append((*place, *levels, _yen(share.amount)))
    return _csv(BUDGET_COLUMNS, rows, encoding, spreadsheet)


def deduction_csv(
    orders: Iterable[PaymentOrder], *, encoding: Encoding = "utf-8", spreadsheet: bool = False
) -> bytes:
    """控除明細."""
    rows = [
        (
            order.order_no,
            str(number),
            item.kind.value,
            _yen(item.base),
            _yen(item.amount),
            item.income_number,
            item.payee,
        )
        for order in orders
        for number, item in enumerate(order.deductions, start=1)
    ]
    return _csv(DEDUCTION_COLUMNS, rows, encoding, spreadsheet)


def edi_text(order_no: str, invoice_no: str) -> str:
    """What the payee reads on the bank statement: order number and the tail of its own number.

    At most 20 bytes; characters the EDI field cannot carry are left out.
    """
    allowed = "".join(
        c for c in invoice_no.upper() if c.isascii() and (c.isalnum() or c in "-./()")
    )
    room = 20 - len(order_no) - 1
    if len(allowed) > room:
        # The last group of a number such as INV-2026-1015 is what people call it by.
        allowed = allowed.rsplit("-", 1)[-1]
    return f"{order_no} {allowed[-room:]}" if room > 0 else order_no[:20]


def _yen(amount: Decimal) -> str:
    return str(int(amount))


def _csv(
    header: Sequence[str], rows: Iterable[Sequence[str]], encoding: Encoding, spreadsheet: bool
) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for values in rows:
        writer.writerow([_safe(value) for value in values] if spreadsheet else values)
    try:
        return buffer.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start : error.end]
        raise PaymentOrderError(
            field="encoding",
            order="",
            reason_ja=f"文字「{character}」は{encoding}で書けません（UTF-8を選んでください）",
            reason_en=f"“{character}” cannot be written in {encoding}; choose UTF-8",
        ) from error


def _safe(value: str) -> str:
    """CSV injection: a spreadsheet must not take text for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
