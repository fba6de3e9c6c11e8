"""What is no longer of use is deleted: ended sessions, old windows, dead codes. For a daily job."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts.factor_models import PasskeyChallenge
from portal.accounts.models import LoginLink, SecretCode
from portal.security import idempotency, rate_limits, sessions

# Who signed in and by what is in the audit trail; these rows are only needed for clear words.
KEEP_EXPIRED = timedelta(days=90)
# A question to a passkey is answered within minutes or never.
KEEP_ASKED = timedelta(days=1)


def sweep(session: Session, at: datetime) -> None:
    """Delete what expired; run twice it is run once."""
    sessions.sweep(session, at)
    rate_limits.sweep(session, at)
    idempotency.sweep(session, at)
    session.execute(delete(SecretCode).where(SecretCode.expires_at < at - KEEP_EXPIRED))
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.created_at < at - KEEP_ASKED))
    session.execute(delete(LoginLink).where(LoginLink.expires_at < at - KEEP_EXPIRED))
