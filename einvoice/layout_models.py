"""Layouts of exports as they were saved: every version is kept, one that was approved is used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class ExportLayout(Base):
    """One version of a layout. `kind` is "orders" or "journals"; `name` is the city's own, for
    journals the 会計 whose books they are."""

    __tablename__ = "export_layouts"
    __table_args__ = (
        UniqueConstraint("kind", "name", "version"),
        # One version of a name is in use: a database rule, not only a check.
        Index(
            "uq_export_layouts_in_use",
            "kind",
            "name",
            unique=True,
            postgresql_where=text("state = 'in_use'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    """proposed, in_use or former."""
    made_by_id: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(String(400))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(400))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
