"""Tables of people and of what proves who they are.

Vendors and their people, staff, sessions, one-time links and codes, API keys, rate windows. No
column holds a token, a code or a password: only SHA-256 (random 256-bit values), HMAC (short codes)
or argon2id (passwords). The domains keep a vendor's id and a snapshot of its name; the row here is
today's state.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class User(Base):
    """A member of the city's staff."""

    __tablename__ = "account_user"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login_name: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    kana: Mapped[str] = mapped_column(String(100), default="")
    title: Mapped[str] = mapped_column(String(100), default="")  # 職名, such as 課長
    department: Mapped[str] = mapped_column(String(100), default="")  # 課名
    mail: Mapped[str] = mapped_column(String(254), default="")
    roles: Mapped[list[str]] = mapped_column(JSONB, default=list)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Vendor(Base):
    """A company that has contracts with the city or asks it for payment."""

    __tablename__ = "account_vendor"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)  # 業者番号 of the city's register
    name: Mapped[str] = mapped_column(String(200))
    kana: Mapped[str] = mapped_column(String(200), default="")
    corporate_number: Mapped[str | None] = mapped_column(String(13))
    registration_number: Mapped[str | None] = mapped_column(String(14))  # T + 13 digits
    representative_title: Mapped[str] = mapped_column(String(100), default="")  # 代表取締役
    representative_name: Mapped[str] = mapped_column(String(100), default="")
    postal_code: Mapped[str] = mapped_column(String(8), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    mail: Mapped[str] = mapped_column(String(254), default="")
    # Bank account, as the Zengin transfer file wants it (digits; holder in half-width kana).
    bank_code: Mapped[str | None] = mapped_column(String(4))
    bank_name: Mapped[str | None] = mapped_column(String(60))
    branch_code: Mapped[str | None] = mapped_column(String(3))
    branch_name: Mapped[str | None] = mapped_column(String(60))
    account_type: Mapped[str | None] = mapped_column(String(1))  # 1 普通, 2 当座, 4 貯蓄
    account_number: Mapped[str | None] = mapped_column(String(7))
    account_holder_kana: Mapped[str | None] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VendorUser(Base):
    """A person who acts for a vendor. ``role``: "admin" (also manages the vendor's people) or
    "member".
    """

    __tablename__ = "account_vendor_user"
    __table_args__ = (UniqueConstraint("vendor_id", "mail"), Index(None, "mail"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(ForeignKey("account_vendor.id"))
    mail: Mapped[str] = mapped_column(String(254))  # kept in lower case
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(100), default="")  # 役職
    role: Mapped[str] = mapped_column(String(16), default="member")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginSession(Base):
    """A signed-in browser. The cookie's value is not here, only its SHA-256."""

    __tablename__ = "account_session"
    __table_args__ = (Index(None, "expires_at"), Index(None, "holder_id"))

    id_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    holder_kind: Mapped[str] = mapped_column(String(8))  # "staff" | "vendor"
    holder_id: Mapped[str] = mapped_column(String(36))
    factors: Mapped[list[str]] = mapped_column(JSONB, default=list)  # "password", "link", "code"…
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginLink(Base):
    """A one-time link mailed to a vendor's person."""

    __tablename__ = "account_login_link"
    __table_args__ = (Index(None, "vendor_user_id"), Index(None, "subject"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    vendor_user_id: Mapped[str] = mapped_column(ForeignKey("account_vendor_user.id"))
    subject: Mapped[str] = mapped_column(String(80), default="")  # "contract:<id>" or empty
    target: Mapped[str] = mapped_column(String(200))  # path that opens after it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[bytes | None] = mapped_column(LargeBinary)  # hash of the browser's cookie
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecretCode(Base):
    """A short code with three tries: mailed one-time codes and case codes (事件コード)."""

    __tablename__ = "account_code"
    __table_args__ = (Index(None, "purpose", "subject", "holder_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))  # "mailed" | "case"
    subject: Mapped[str] = mapped_column(String(80))  # "contract:<id>", "login"
    holder_id: Mapped[str] = mapped_column(String(36))  # vendor user, or vendor for case codes
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A bearer key for /api/v1. It acts as its holder and can do nothing the holder may not."""

    __tablename__ = "account_api_key"
    __table_args__ = (Index(None, "holder_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    holder_kind: Mapped[str] = mapped_column(String(8))
    holder_id: Mapped[str] = mapped_column(String(36))
    label: Mapped[str] = mapped_column(String(100))
    ending: Mapped[str] = mapped_column(String(4))  # last four characters, to tell keys apart
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scopes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """What the key may do of what its holder may; empty: all of it."""


class ApiAnswer(Base):
    """The answer to a request with an Idempotency-Key, given again when the request comes again."""

    __tablename__ = "account_api_answer"

    holder_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class RateWindow(Base):
    """How often something was tried in one fixed window. The key is a hash: no name, no address."""

    __tablename__ = "account_rate_window"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
