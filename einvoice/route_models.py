"""Tables of who decides: routes by amount and budget item (専決区分), and deputies (代決)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Boolean, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime, Yen

_ID = String(36)


class ApprovalRoute(Base):
    """One row of 専決区分: from this amount on, for this 節 (all where empty), who decides.

    The row with the highest `amount_from` not above the invoice holds; a row of its own 節 goes
    before one for all.
    """

    __tablename__ = "approval_routes"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    setsu: Mapped[str] = mapped_column(String(10), default="")
    amount_from: Mapped[Decimal] = mapped_column(Yen)
    head_title: Mapped[str] = mapped_column(String(100), default="")
    """職名 of who decides in the section (課長, 部長); empty: the section's clerk is enough."""
    treasurer: Mapped[bool] = mapped_column(Boolean, default=True)

    __table_args__ = (UniqueConstraint("setsu", "amount_from"),)


class Deputy(Base):
    """代決・代理: one person decides for another during a period, with the reason on record."""

    __tablename__ = "approval_deputies"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    holder_id: Mapped[str] = mapped_column(_ID)
    holder_name: Mapped[str] = mapped_column(String(400))
    deputy_id: Mapped[str] = mapped_column(_ID)
    deputy_name: Mapped[str] = mapped_column(String(400))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(1000))
    made_by_name: Mapped[str] = mapped_column(String(400))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "deputy_id"),)
