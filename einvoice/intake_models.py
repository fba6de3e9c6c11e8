"""Tables of the intake of many: a batch with its receipt at once, and what became of each file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime

_ID = String(36)


class IntakeBatch(Base):
    """What was sent in one go (several files, a ZIP): kept whole at once, worked off in portions.

    `done` counts files in the order of `members`: a portion starts where the one before ended, so
    that a job that is killed, repeated or run twice takes each file once.
    """

    __tablename__ = "intake_batches"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    vendor_id: Mapped[str | None] = mapped_column(_ID)
    channel: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_name: Mapped[str] = mapped_column(String(400))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    known: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "uq_intake_batches_same",
            "vendor_id",
            "sha256",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    @property
    def number(self) -> str:
        """一括受付番号, "B-000012"."""
        return f"B-{self.serial:06d}"


class IntakeFile(Base):
    """One file of a batch: its receipt, or why there is none."""

    __tablename__ = "intake_files"

    batch_id: Mapped[str] = mapped_column(ForeignKey("intake_batches.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(10))
    """accepted, known or refused."""
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("received_invoices.id"))
    message_ja: Mapped[str] = mapped_column(Text, default="")
    message_en: Mapped[str] = mapped_column(Text, default="")
