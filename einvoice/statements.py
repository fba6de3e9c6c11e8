"""支払明細: what a vendor was paid in a year, each payment with its deductions.

The day of payment decides the year. A fiscal year (April to March) is the city's; a calendar year
is what a vendor's income tax and the 支払調書 (所得税法225条) go by.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from einvoice.models import Creditor, DeductionRow, HandoverItem, ReceivedInvoice
from einvoice.payment_order import DeductionKind
from einvoice.states import State

YearKind = Literal["fiscal", "calendar"]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment."""

    paid_on: date
    receipt_no: str
    invoice_no: str
    contract_no: str
    title: str
    order_no: str
    payable: Decimal
    withheld: Decimal
    other: Decimal
    """Damages, seizures and other deductions."""
    net: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """The payments of one vendor in one year, oldest first."""

    vendor_id: str
    vendor: str
    year: int
    kind: YearKind
    payments: tuple[Payment, ...]

    @property
    def first(self) -> date:
        return date(self.year, 4 if self.kind == "fiscal" else 1, 1)

    @property
    def last(self) -> date:
        return date(self.year + 1, 3, 31) if self.kind == "fiscal" else date(self.year, 12, 31)

    @property
    def payable(self) -> Decimal:
        return sum((one.payable for one in self.payments), ZERO)

    @property
    def withheld(self) -> Decimal:
        return sum((one.withheld for one in self.payments), ZERO)

    @property
    def other(self) -> Decimal:
        return sum((one.other for one in self.payments), ZERO)

    @property
    def net(self) -> Decimal:
        return sum((one.net for one in self.payments), ZERO)


def statement(
    session: Session, *, vendor_id: str, year: int, kind: YearKind = "fiscal"
) -> Statement:
    """What the vendor was paid in the year."""
    creditor = session.get(Creditor, vendor_id)
    empty = Statement(vendor_id, creditor.name if creditor else "", year, kind, ())
    rows = session.execute(
        select(ReceivedInvoice, HandoverItem)
        .join(HandoverItem, HandoverItem.invoice_id == ReceivedInvoice.id)
        .where(
            ReceivedInvoice.vendor_id == vendor_id,
            ReceivedInvoice.state == State.PAID.value,
            ReceivedInvoice.paid_on.between(empty.first, empty.last),
            ~HandoverItem.cancelled,
        )
        .order_by(ReceivedInvoice.paid_on, HandoverItem.serial)
    ).all()
    taken = _deductions(session, [row.id for row, _ in rows])
    payments = tuple(_payment(row, item, taken.get(row.id, (ZERO, ZERO))) for row, item in rows)
    return Statement(empty.vendor_id, empty.vendor, year, kind, payments)


def _payment(row: ReceivedInvoice, item: HandoverItem, taken: tuple[Decimal, Decimal]) -> Payment:
    assert row.paid_on is not None  # the query asks for it
    return Payment(
        paid_on=row.paid_on, receipt_no=row.receipt_no, invoice_no=row.number or "",
        contract_no=row.contract_no or "", title=row.contract_title or "", order_no=item.order_no,
        payable=item.payable, withheld=taken[0], other=taken[1], net=item.net,
    )  # fmt: skip


def _deductions(session: Session, ids: Sequence[str]) -> dict[str, tuple[Decimal, Decimal]]:
    """Withheld tax and the rest, by invoice."""
    held = DeductionRow.kind == DeductionKind.WITHHOLDING.value
    rows = session.execute(
        select(
            DeductionRow.invoice_id,
            func.coalesce(func.sum(DeductionRow.amount).filter(held), 0),
            func.coalesce(func.sum(DeductionRow.amount).filter(~held), 0),
        )
        .where(DeductionRow.invoice_id.in_(ids))
        .group_by(DeductionRow.invoice_id)
    )
    return {invoice: (Decimal(tax), Decimal(rest)) for invoice, tax, rest in rows}


def years(session: Session, vendor_id: str) -> tuple[int, int] | None:
    """The first and the last calendar year in which the vendor was paid."""
    first, last = session.execute(
        select(func.min(ReceivedInvoice.paid_on), func.max(ReceivedInvoice.paid_on)).where(
            ReceivedInvoice.vendor_id == vendor_id,
            ReceivedInvoice.state == State.PAID.value,
        )
    ).one()
    return (first.year, last.year) if first and last else None


def payees(session: Session, *, limit: int = 500) -> Sequence[tuple[str, str, str]]:
    """Vendors that can have a statement: id, number and name."""
    rows = session.execute(
        select(Creditor.vendor_id, Creditor.number, Creditor.name)
        .order_by(Creditor.number)
        .limit(limit)
    )
    return [(vendor_id, number, name) for vendor_id, number, name in rows]


HEAD = (
    "支払日", "支出命令番号", "受付番号", "請求書番号", "契約番号", "件名", "支払額", "源泉徴収",
    "その他の控除", "振込額",
)  # fmt: skip


def as_csv(found: Statement) -> bytes:
    """One line a payment and the sums last; UTF-8 with mark, so that spreadsheets read it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in found.payments:
        writer.writerow(
            (
                one.paid_on.isoformat(), one.order_no, one.receipt_no, _plain(one.invoice_no),
                _plain(one.contract_no), _plain(one.title), int(one.payable), int(one.withheld),
                int(one.other), int(one.net),
            )
        )  # fmt: skip
    sums = (int(found.payable), int(found.withheld), int(found.other), int(found.net))
    writer.writerow(("合計", "", "", "", "", "", *sums))
    return buffer.getvalue().encode("utf-8-sig")


def _plain(text: str) -> str:
    """People open this file in a spreadsheet: text of a vendor must not be a formula there."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
