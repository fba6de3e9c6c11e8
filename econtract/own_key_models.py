"""Table of digests handed out to parties that sign with a key of their own (当事者型)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class HandOut(Base):
    """One digest given to one person of a party, and the answer to it.

    `state`: "opening" the worker makes it, "ready" it waits for the answer, "answered" it became
    the act `act_id`, "refused" it could not be made (`problem`), "replaced" by a newer one. That it
    ran out is not a state: `expires_at` says so.
    """

    __tablename__ = "contract_hand_out"
    __table_args__ = (Index(None, "contract_id", "party_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    party_id: Mapped[str] = mapped_column(ForeignKey("contract_party.id"))
    act_id: Mapped[str] = mapped_column(String(36), unique=True)
    slot: Mapped[str] = mapped_column(String(20))
    #: Who the signature names, drawn into the document before it is signed.
    person: Mapped[str] = mapped_column(String(400))
    capacity: Mapped[str] = mapped_column(String(900))
    statement: Mapped[str] = mapped_column(String(400))
    #: PEM, the party's first. Public; no private key ever comes here.
    certificates: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(String(400))
    fingerprint: Mapped[str] = mapped_column(String(64))
    decided_sha256: Mapped[str] = mapped_column(String(64))
    input_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    opened_sha256: Mapped[str | None] = mapped_column(String(64))
    request: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    asked_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
