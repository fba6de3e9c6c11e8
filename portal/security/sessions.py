"""Server-side sessions: a random 256-bit cookie, only its SHA-256 in the database.

Any node serves a session; signing out ends it for real; the cookie's value changes at sign-in (no
fixation). A visitor who has not signed in carries a cookie too, but no row: it only binds the form
token.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from fastapi import Request, Response
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import LoginSession
from portal.security.counting import counting
from portal.security.tokens import digest, new_token
from portal.settings import SecuritySettings, Settings
from records import Database

# "seen" is written at most this often: one UPDATE a minute a person, not one a request.
SEEN_EVERY = timedelta(minutes=1)
# An ended or expired row is kept this long, so that "signed out" can be told apart while debugging.
KEEP_ENDED = timedelta(days=1)
TOKEN_LENGTH = 43


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to this host over https; plain http (a laptop) can't have it."""
    return "__Host-warifu" if settings.web.secure else "warifu"


def cookie_value(request: Request, settings: Settings) -> str | None:
    value = request.cookies.get(cookie_name(settings))
    return value if value is not None and len(value) == TOKEN_LENGTH else None


def set_cookie(response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        path="/",
        secure=settings.web.secure,
        httponly=True,
        samesite="lax",
    )


def start(
    session: Session,
    settings: SecuritySettings,
    *,
    holder_kind: Literal["staff", "vendor"],
    holder_id: str,
    factors: Sequence[str],
    at: datetime,
) -> str:
    """Begin a session and return the cookie's new value (never stored)."""
    hours = (
        settings.staff_session_hours if holder_kind == "staff" else settings.vendor_session_hours
    )
    token = new_token()
    session.add(
        LoginSession(
            id_hash=digest(token),
            holder_kind=holder_kind,
            holder_id=holder_id,
            factors=list(factors),
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    session.flush()
    return token


def find(
    session: Session, settings: SecuritySettings, token: str, at: datetime
) -> LoginSession | None:
    """The live session of this cookie, or None when it ended, expired or was idle too long."""
    row = session.get(LoginSession, digest(token))
    if row is None or row.ended_at is not None or row.expires_at <= at:
        return None
    if row.seen_at + timedelta(minutes=settings.idle_minutes) <= at:
        return None
    return row


def note_seen(database: Database, row: LoginSession, at: datetime) -> None:
    """Put off the end by idleness. Beside the request's transaction: a slow request must not hold
    the row that the same person's next one needs."""
    if row.seen_at + SEEN_EVERY <= at:
        with counting(database) as session:
            session.execute(
                update(LoginSession)
                .where(LoginSession.id_hash == row.id_hash, LoginSession.seen_at < at)
                .values(seen_at=at)
            )


def end(session: Session, token: str, at: datetime) -> None:
    session.execute(
        update(LoginSession)
        .where(LoginSession.id_hash == digest(token), LoginSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def end_all_of(session: Session, holder_id: str, at: datetime) -> int:
    """Sign a person out everywhere: a role was taken, an address changed, a key was lost."""
    ended = session.scalars(
        update(LoginSession)
        .where(LoginSession.holder_id == holder_id, LoginSession.ended_at.is_(None))
        .values(ended_at=at)
        .returning(LoginSession.id_hash)
    )
    return len(ended.all())


def sweep(session: Session, at: datetime) -> int:
    """Delete rows that ended or expired more than a day ago; returns how many."""
    old = select(LoginSession.id_hash).where(
        (LoginSession.expires_at < at - KEEP_ENDED) | (LoginSession.ended_at < at - KEEP_ENDED)
    )
    gone = session.scalars(
        delete(LoginSession).where(LoginSession.id_hash.in_(old)).returning(LoginSession.id_hash)
    )
    return len(gone.all())
