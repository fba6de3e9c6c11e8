"""Which member of staff a subject of the city's OpenID Connect provider is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class OidcLink(Base):
    """Issuer and subject name a person for ever; a login name may be given to another later."""

    __tablename__ = "account_oidc_link"

    issuer: Mapped[str] = mapped_column(String(400), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("account_user.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
