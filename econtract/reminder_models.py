"""Reminders to sign: one a contract and day, by hand or by itself."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class SigningReminder(Base):
    """The primary key is the rule: nobody is reminded twice on a day (of Japan)."""

    __tablename__ = "contract_signing_reminder"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    slot: Mapped[str] = mapped_column(String(20))
    by_hand: Mapped[bool]
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
