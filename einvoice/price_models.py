"""The table of what a contract's claims are priced by, from a day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime, Yen


class PriceSheet(Base):
    """単価表・月額・分割払 of a contract from `valid_from` on. Never changed: of two sheets of one
    day the later counts."""

    __tablename__ = "contract_price_sheets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    contract_no: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(20))
    """unit_price, fixed_monthly or milestone (`ContractKind`)."""
    monthly_gross: Mapped[Decimal | None] = mapped_column(Yen)
    is_planned: Mapped[bool] = mapped_column(Boolean, default=False)
    """予定総額: the contract's amount is an estimate."""
    rows: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """Unit prices: [name, unit, quantity or "", price, rate]; instalments: [name, day, gross]."""
    source: Mapped[str] = mapped_column(Text)
    """The document it was copied from: 契約書の単価表, 変更契約書（第1回） …"""
    recorded_by_id: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "contract_no", "valid_from", "serial"),)
