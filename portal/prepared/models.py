"""One row for each thing that was ordered, with what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class PreparedWork(Base):
    """Ordered by a person, prepared by the worker, kept: its input, its result and its files.

    `request_key` comes from the form: pressing the button twice orders once.
    """

    __tablename__ = "prepared_work"
    __table_args__ = (
        UniqueConstraint("made_by_id", "request_key"),
        Index("ix_prepared_work_kind", "kind", "serial"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    request_key: Mapped[str] = mapped_column(String(80))
    made_by_id: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(String(400))
    vendor_id: Mapped[str | None] = mapped_column(String(36))
    """Whose it is, where a vendor ordered it or it speaks of one."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    title: Mapped[str] = mapped_column(String(200))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, done or failed."""
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    files: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """File name → [SHA-256, size in bytes]."""

    @property
    def number(self) -> str:
        """Spoken on the telephone: "P-000012"."""
        return f"P-{self.serial:06d}"
