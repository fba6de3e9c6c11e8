"""Tables of the local copy of the registry: registrations, imports with their progress, answers.

A registration is kept under number and first day, the number as its thirteen digits in a bigint:
half the index of a text, and four million rows are many. Individuals' numbers are kept as
published; whether every one of them obeys the check digit is counted at import, not assumed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Identity, Index, Integer, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class PublishedRegistration(Base):
    """The newest published state of one registration."""

    __tablename__ = "registry_registrations"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    registered: Mapped[date] = mapped_column(Date, primary_key=True)
    updated: Mapped[date] = mapped_column(Date)
    sequence: Mapped[int] = mapped_column(Integer)
    process: Mapped[str] = mapped_column(String(2))
    kind: Mapped[int] = mapped_column(SmallInteger)
    cancelled: Mapped[date | None] = mapped_column(Date)
    lapsed: Mapped[date | None] = mapped_column(Date)
    name: Mapped[str] = mapped_column(Text)
    trade_name: Mapped[str] = mapped_column(Text)
    other_name: Mapped[str] = mapped_column(Text)


class RegistryImport(Base):
    """One file taken in, or being taken in; `rows_done` is committed with the rows themselves."""

    __tablename__ = "registry_imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    file: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(8))  # "full" or "changes"
    published: Mapped[date] = mapped_column(Date)
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_refused: Mapped[int] = mapped_column(BigInteger, default=0)
    odd_check_digits: Mapped[int] = mapped_column(BigInteger, default=0)
    first_refusals: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_registry_imports_published", "published"),)


class RegistryAnswerRow(Base):
    """A kept answer of the Web-API, by number and day, for all processes of the service."""

    __tablename__ = "registry_answers"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    names: Mapped[list[str]] = mapped_column(JSONB)
    registered: Mapped[date | None] = mapped_column(Date)
    ended: Mapped[date | None] = mapped_column(Date)
    published: Mapped[date | None] = mapped_column(Date)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    origin: Mapped[str] = mapped_column(String(16))
