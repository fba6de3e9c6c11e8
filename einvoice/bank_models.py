"""The city's copy of the bank code list: every branch, and when the list was taken in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Identity, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class BankBranchRow(Base):
    """支店 by 統一金融機関コード. One that a newer list leaves out stays, with that list's day."""

    __tablename__ = "bank_branches"

    bank_code: Mapped[str] = mapped_column(String(4), primary_key=True)
    branch_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    bank_kana: Mapped[str] = mapped_column(String(60))
    bank_name: Mapped[str] = mapped_column(String(100))
    branch_kana: Mapped[str] = mapped_column(String(60))
    branch_name: Mapped[str] = mapped_column(String(100))
    search_text: Mapped[str] = mapped_column(Text)
    """Names and readings in the one form in which they are compared."""
    gone_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_bank_branches_listed", "bank_code", postgresql_where=text("gone_on IS NULL")),
    )


class BankListImport(Base):
    """A list that was taken in."""

    __tablename__ = "bank_list_imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    published_on: Mapped[date] = mapped_column(Date)
    rows: Mapped[int] = mapped_column(Integer)
    added: Mapped[int] = mapped_column(Integer)
    gone: Mapped[int] = mapped_column(Integer)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
