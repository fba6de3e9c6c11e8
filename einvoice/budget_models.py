"""Tables of the budget beside commitments: 配当, splits over items, money paid ahead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, Yen

_ID = String(36)
_CODE = String(10)
ITEM = ("account", "section", "kan", "kou", "moku", "jigyo", "setsu", "saisetsu")
"""The columns that name a budget item (予算科目)."""


class BudgetAllotment(Base):
    """予算配当: what one budget item may spend in one fiscal year."""

    __tablename__ = "budget_allotments"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(Integer)
    account: Mapped[str] = mapped_column(_CODE)
    section: Mapped[str] = mapped_column(_CODE)
    kan: Mapped[str] = mapped_column(_CODE)
    kou: Mapped[str] = mapped_column(_CODE)
    moku: Mapped[str] = mapped_column(_CODE)
    jigyo: Mapped[str] = mapped_column(_CODE)
    setsu: Mapped[str] = mapped_column(_CODE)
    saisetsu: Mapped[str] = mapped_column(_CODE)
    amount: Mapped[Decimal] = mapped_column(Yen)

    __table_args__ = (UniqueConstraint("fiscal_year", *ITEM),)


class InvoiceShare(Base):
    """科目内訳: a part of an invoice's payable amount on a budget item of its own."""

    __tablename__ = "invoice_shares"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str] = mapped_column(_CODE)
    section: Mapped[str] = mapped_column(_CODE)
    kan: Mapped[str] = mapped_column(_CODE)
    kou: Mapped[str] = mapped_column(_CODE)
    moku: Mapped[str] = mapped_column(_CODE)
    jigyo: Mapped[str] = mapped_column(_CODE)
    setsu: Mapped[str] = mapped_column(_CODE)
    saisetsu: Mapped[str] = mapped_column(_CODE)
    amount: Mapped[Decimal] = mapped_column(Yen)


class AdvanceToSettle(Base):
    """概算払 or 資金前渡 that was paid and has to be settled (精算)."""

    __tablename__ = "advances_to_settle"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    number: Mapped[str] = mapped_column(String(50), unique=True)
    vendor_id: Mapped[str] = mapped_column(_ID, index=True)
    kind: Mapped[str] = mapped_column(String(10))
    """estimate (概算払) or imprest (資金前渡)."""
    amount: Mapped[Decimal] = mapped_column(Yen)
    paid_on: Mapped[date] = mapped_column(Date)
    settle_by: Mapped[date] = mapped_column(Date)
    settled_on: Mapped[date | None] = mapped_column(Date)
