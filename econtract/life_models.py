"""Tables of a contract's life after 確定: notices, guarantees, votes, amendments, its end.

A row here is never rewritten into another meaning: what is returned, replaced or lifted says by
whom and when, and stays. Whatever moves money or bytes is in the audit trail as well.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime, Yen


class PerformanceNotice(Base):
    """着手届, 完成届, 納品書…: what the vendor says it has done. `files` name, sha256, size, kind.

    `given_at` starts the term of 支払遅延防止法5条; `answer` is how the city answered it."""

    __tablename__ = "contract_performance_notice"
    __table_args__ = (Index(None, "contract_id"), Index(None, "answer"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    kind: Mapped[str] = mapped_column(String(20))
    performed_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    given_by: Mapped[str] = mapped_column(String(200))
    given_by_name: Mapped[str] = mapped_column(String(400))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(20))
    answered_by_name: Mapped[str] = mapped_column(String(400), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    inspection_id: Mapped[str | None] = mapped_column(String(36))
    inspection_number: Mapped[str | None] = mapped_column(String(60))


class Guarantee(Base):
    """契約保証 or 前払金保証. `sealed_key` is the 認証キー, enciphered by the door: never text."""

    __tablename__ = "contract_guarantee"
    __table_args__ = (Index(None, "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(20))
    guarantor: Mapped[str] = mapped_column(String(400), default="")
    number: Mapped[str] = mapped_column(String(60), default="")
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    amount: Mapped[Decimal] = mapped_column(Yen)
    valid_until: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_by_name: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_by_name: Mapped[str] = mapped_column(String(400), default="")
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str] = mapped_column(String(1000), default="")


class AdvanceGrant(Base):
    """What the contract grants to be paid before the work is done (自治法施行令163条・附則7条)."""

    __tablename__ = "contract_advance_grant"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    advance_percent: Mapped[int] = mapped_column(Integer)
    interim_percent: Mapped[int] = mapped_column(Integer)
    part_payments: Mapped[int] = mapped_column(Integer)
    recorded_by_name: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    interim_certified_by_name: Mapped[str] = mapped_column(String(400), default="")
    interim_certified_on: Mapped[date | None] = mapped_column(Date)


class CouncilVote(Base):
    """議決: when, under which number, with which evidence. `passed` false ends the case."""

    __tablename__ = "contract_council_vote"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    voted_on: Mapped[date] = mapped_column(Date)
    bill_number: Mapped[str] = mapped_column(String(60))
    passed: Mapped[bool] = mapped_column()
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    recorded_by_name: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Amendment(Base):
    """変更契約: the child contract's row beside it. `parent_id` is always the original contract.

    `before` and `after` are the terms that were compared when it was drafted."""

    __tablename__ = "contract_amendment"
    __table_args__ = (UniqueConstraint("parent_id", "position"), UniqueConstraint("contract_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    parent_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int] = mapped_column(Integer)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    change: Mapped[Decimal] = mapped_column(Yen)
    tax_change: Mapped[Decimal] = mapped_column(Yen)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(1000))
    vote_needed: Mapped[bool] = mapped_column()
    vote_reason: Mapped[str] = mapped_column(String(400), default="")
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Cancellation(Base):
    """解除: proposed by one, decided by another, told to the vendor; then it binds."""

    __tablename__ = "contract_cancellation"
    __table_args__ = (Index(None, "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    ground: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(1000))
    effective_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(200))
    proposed_by_name: Mapped[str] = mapped_column(String(400))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_name: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(1000), default="")
    seen_by_vendor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LifeReminder(Base):
    """That a reminder of this kind, for this day, was sent: each once, however often a job runs."""

    __tablename__ = "contract_life_reminder"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
