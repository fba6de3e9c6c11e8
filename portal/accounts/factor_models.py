"""A person's own second factors: authenticator apps, passkeys, recovery codes.

No column holds what opens anything: a TOTP secret is derived from the server's secret and the row's
id, a passkey's row has its public key only, a recovery code is kept as an HMAC.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class SecondFactor(Base):
    """One app, passkey or recovery code. It counts from ``confirmed_at`` until ``ended_at``."""

    __tablename__ = "account_factor"
    __table_args__ = (Index(None, "holder_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(8))  # "totp" | "passkey" | "recovery"
    label: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # of a TOTP: no step twice
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class PasskeyChallenge(Base):
    """A question put to a passkey, for one person and one subject; answered once."""

    __tablename__ = "account_passkey_challenge"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
