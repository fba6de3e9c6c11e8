"""Files that belong to a contract and lie beside its PDF: drawings, specifications, schedules."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class Attachment(Base):
    """A file by its hash. `removed_at` takes it out of the next document; the bytes stay kept."""

    __tablename__ = "contract_attachment"
    __table_args__ = (Index(None, "contract_id"), Index(None, "sha256"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    added_by: Mapped[str] = mapped_column(String(200))
    added_by_name: Mapped[str] = mapped_column(String(400))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
