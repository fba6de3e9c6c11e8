"""Who may sign for whom: one row an authority, of the city's officers and of vendors' delegates.

Rows are never changed in what they grant: a change is a new row, the old one is ended.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime, Yen


class Authority(Base):
    """契約締結権限 (city) or 委任 (vendor): delegator, delegate, scope, period, evidence, checks.

    `organisation_id` is empty for the city, the vendor's id otherwise. An empty list of kinds or
    cases and an `up_to` of None set no bound. `cases` are case numbers (案件番号) of awards."""

    __tablename__ = "contract_authority"
    __table_args__ = (Index(None, "organisation_id"), Index(None, "holder_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(36), default="")
    organisation: Mapped[str] = mapped_column(String(400))
    delegator: Mapped[str] = mapped_column(String(400))
    holder_id: Mapped[str] = mapped_column(String(36))
    holder_name: Mapped[str] = mapped_column(String(400))
    capacity: Mapped[str] = mapped_column(String(400))
    kinds: Mapped[list[str]] = mapped_column(JSONB, default=list)
    cases: Mapped[list[str]] = mapped_column(JSONB, default=list)
    up_to: Mapped[Decimal | None] = mapped_column(Yen)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    evidence_note: Mapped[str] = mapped_column(String(400))
    evidence_name: Mapped[str] = mapped_column(String(255), default="")
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_by_name: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_by: Mapped[str | None] = mapped_column(String(200))
    verified_by_name: Mapped[str | None] = mapped_column(String(400))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_name: Mapped[str | None] = mapped_column(String(400))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(String(1000), default="")
