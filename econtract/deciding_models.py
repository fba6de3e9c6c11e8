"""Tables of deciding: versions of the table of routes, and who decides in whose place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class RouteTable(Base):
    """One version of the whole table of routes. Once approved it is never changed: the next one
    is a copy. Of the approved ones the newest whose `valid_from` has come is in force."""

    __tablename__ = "contract_route_table"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    valid_from: Mapped[date] = mapped_column(Date)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    written_by: Mapped[str] = mapped_column(String(200))
    written_by_name: Mapped[str] = mapped_column(String(400))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_name: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(1000), default="")


class Deputy(Base):
    """代決: the holder of a role names who decides in their place, from when to when, and why."""

    __tablename__ = "contract_deputy"
    __table_args__ = (Index(None, "deputy_id"), Index(None, "principal_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    principal_id: Mapped[str] = mapped_column(String(200))
    principal_name: Mapped[str] = mapped_column(String(400))
    role: Mapped[str] = mapped_column(String(40))
    department: Mapped[str] = mapped_column(String(400))
    deputy_id: Mapped[str] = mapped_column(String(200))
    deputy_name: Mapped[str] = mapped_column(String(400))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(1000))
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
