"""How far a vendor's person has come through the ceremony, in one browser session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class Ceremony(Base):
    """One row a session and contract: opened with the case code, checked by a second factor, read.

    `factor` says which it was ("mailed_code", "totp", "passkey"), `code_at` when.

    `session_hash` is the SHA-256 of the session cookie, or of the API key. A new sign-in starts
    anew: a forwarded link in another browser meets the case code again."""

    __tablename__ = "contract_ceremony"
    __table_args__ = (UniqueConstraint("session_hash", "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_hash: Mapped[bytes] = mapped_column(LargeBinary)
    contract_id: Mapped[str] = mapped_column(String(36))
    holder_id: Mapped[str] = mapped_column(String(36))
    case_code_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_id: Mapped[str | None] = mapped_column(String(36))
    code_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    factor: Mapped[str] = mapped_column(String(16), default="mailed_code", server_default="")
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_sha256: Mapped[str | None] = mapped_column(String(64))
