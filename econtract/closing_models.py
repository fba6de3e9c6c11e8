"""Closing in bulk: what one officer asked for in one authenticated session, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class ClosingBatch(Base):
    """The officer's one decision over many contracts, with how the officer was checked."""

    __tablename__ = "contract_closing_batch"
    __table_args__ = (Index(None, "asked_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    officer: Mapped[str] = mapped_column(String(400))
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    factors: Mapped[list[str]] = mapped_column(JSONB)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    date_reason: Mapped[str] = mapped_column(String(1000), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClosingItem(Base):
    """One contract of a batch, bound to the bytes that the officer was shown."""

    __tablename__ = "contract_closing_item"
    __table_args__ = (Index(None, "contract_id"),)

    batch_id: Mapped[str] = mapped_column(ForeignKey("contract_closing_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    seen_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    act_id: Mapped[str | None] = mapped_column(String(36))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
