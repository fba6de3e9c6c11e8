"""Tables of the paying side: creditors, commitments, deductions and hand-overs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime, Yen

_ID = String(36)


class DeductionRow(Base):
    """控除 decided for an invoice."""

    __tablename__ = "invoice_deductions"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    base: Mapped[Decimal] = mapped_column(Yen)
    amount: Mapped[Decimal] = mapped_column(Yen)
    income_number: Mapped[str] = mapped_column(String(50), default="")
    payee: Mapped[str] = mapped_column(String(300), default="")
    decided_by: Mapped[str] = mapped_column(String(400))
    reason: Mapped[str] = mapped_column(Text, default="")


class Creditor(Base):
    """債権者: whom the city pays and to which account. An invoice never changes it."""

    __tablename__ = "creditors"

    vendor_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    number: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(500), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    registration_number: Mapped[str | None] = mapped_column(String(20), index=True)
    corporate_number: Mapped[str | None] = mapped_column(String(13), index=True)
    fee: Mapped[str] = mapped_column(String(10), default="none")
    """Withholding: none, ordinary, scrivener."""
    bank_code: Mapped[str] = mapped_column(String(4))
    bank_name: Mapped[str] = mapped_column(String(15))
    branch_code: Mapped[str] = mapped_column(String(3))
    branch_name: Mapped[str] = mapped_column(String(15))
    account_type: Mapped[str] = mapped_column(String(1))
    account_number: Mapped[str] = mapped_column(String(7))
    payee_kana: Mapped[str] = mapped_column(String(60))
    account_changed_on: Mapped[date | None] = mapped_column(Date)
    notice_on_file: Mapped[str | None] = mapped_column(Text)
    """差押・債権譲渡・倒産の通知."""
    suspended_until: Mapped[date | None] = mapped_column(Date)
    """指名停止."""


class Commitment(Base):
    """支出負担行為: the budget a contract is paid from in one fiscal year."""

    __tablename__ = "commitments"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    number: Mapped[str] = mapped_column(String(50), unique=True)
    contract_no: Mapped[str] = mapped_column(String(100), index=True)
    fiscal_year: Mapped[int] = mapped_column(Integer)
    is_combined: Mapped[bool] = mapped_column(Boolean, default=False)
    """支出負担行為兼支出命令."""
    dated_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Yen)
    carried_over: Mapped[bool] = mapped_column(Boolean, default=False)
    account: Mapped[str] = mapped_column(String(10))
    section: Mapped[str] = mapped_column(String(10))
    kan: Mapped[str] = mapped_column(String(10))
    kou: Mapped[str] = mapped_column(String(10))
    moku: Mapped[str] = mapped_column(String(10))
    jigyo: Mapped[str] = mapped_column(String(10))
    setsu: Mapped[str] = mapped_column(String(10))
    saisetsu: Mapped[str] = mapped_column(String(10))


class HandoverBatch(Base):
    """What left together: one pay date, one order file, one bank file. Never written twice."""

    __tablename__ = "handover_batches"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    pay_on: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(Integer)
    payable: Mapped[Decimal] = mapped_column(Yen)
    net: Mapped[Decimal] = mapped_column(Yen)
    made_by_id: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(String(400))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """File name → [SHA-256, size in bytes]."""
    recall_asked_by_id: Mapped[str | None] = mapped_column(String(200))
    """Who asks that it be taken back; another person approves it (`taking_back`)."""
    recall_asked_by: Mapped[str | None] = mapped_column(String(400))
    recall_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recall_reason: Mapped[str | None] = mapped_column(Text)
    taken_back_by: Mapped[str | None] = mapped_column(String(400))
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_back_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def number(self) -> str:
        """引渡番号, "H-000012"."""
        return f"H-{self.serial:06d}"


class HandoverItem(Base):
    """One invoice's payment order in a batch."""

    __tablename__ = "handover_items"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    """Gives the order number."""
    batch_id: Mapped[str] = mapped_column(ForeignKey("handover_batches.id"), index=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"))
    order_no: Mapped[str] = mapped_column(String(20), unique=True)
    payable: Mapped[Decimal] = mapped_column(Yen)
    net: Mapped[Decimal] = mapped_column(Yen)
    cancelled: Mapped[bool] = mapped_column(Boolean, default=False)
    bank_result: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        Index(
            "uq_handover_items_live_invoice",
            "invoice_id",
            unique=True,
            postgresql_where=text("NOT cancelled"),
        ),
    )
