"""That an award may be contracted anew: released by one person, drafted again by another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class Reissue(Base):
    """One release of one contract that ended without being concluded. Kept for ever."""

    __tablename__ = "contract_reissue"
    __table_args__ = (Index(None, "award_id"),)

    ended_contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    award_id: Mapped[str] = mapped_column(ForeignKey("contract_award.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    released_by: Mapped[str] = mapped_column(String(200))
    released_by_name: Mapped[str] = mapped_column(String(400))
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_contract_id: Mapped[str | None] = mapped_column(ForeignKey("contract.id"))
