"""Versions of templates that were written in the service's editor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class TemplateVersion(Base):
    """One version: a draft, put before a second person, then published and never changed again.

    `revision` counts its savings; a preview belongs to the revision it was made from."""

    __tablename__ = "contract_template_version"
    __table_args__ = (UniqueConstraint("kind", "version"), Index(None, "kind", "state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    based_on: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(Date)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    note: Mapped[str] = mapped_column(String(1000), default="")
    written_by: Mapped[str] = mapped_column(String(200))
    written_by_name: Mapped[str] = mapped_column(String(400))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_name: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(1000), default="")
    preview_revision: Mapped[int] = mapped_column(Integer, default=0)
    preview_pages: Mapped[int] = mapped_column(Integer, default=0)
    preview_problem: Mapped[str] = mapped_column(String(1000), default="")
