"""A bank account that one person has entered and a second has not confirmed yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class BankChange(Base):
    """``values`` are the bank columns of ``Vendor``. ``outcome``: waiting, confirmed, refused,
    replaced.
    """

    __tablename__ = "account_bank_change"
    __table_args__ = (Index(None, "vendor_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(ForeignKey("account_vendor.id"))
    values: Mapped[dict[str, str | None]] = mapped_column(JSONB)
    outcome: Mapped[str] = mapped_column(String(10), default="waiting")
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_by_name: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_name: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
