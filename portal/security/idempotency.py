"""Idempotency-Key: a request that comes again under its key gets the answer it had.

A program whose connection broke sends again and cannot tell whether the first try counted. With the
header (the IETF HTTPAPI draft of that name) the second try is answered like the first; the same key
with another body is refused, since one of the two is a mistake. Kept for a week, per holder.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from portal.accounts.models import ApiAnswer
from portal.errors import KeyReused
from portal.security.tokens import digest

LONGEST_KEY = 200
KEPT = timedelta(days=7)

Answer = tuple[int, dict[str, Any]]


def once(
    session: Session,
    *,
    holder_id: str,
    key: str | None,
    request: bytes,
    at: datetime,
    act: Callable[[], Answer],
) -> Answer:
    """What `act` answers, or what it answered when this key came first.

    Two at the same moment: the second waits for the first one's transaction.
    :raises KeyReused: when the key came before with another request.
    """
    if not key:
        return act()
    hashed = digest(key[:LONGEST_KEY])
    lock = f"idempotency:{holder_id}:{hashed.hex()}"
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 4211))"), {"lock": lock}
    )
    asked = digest(request.hex())
    known = session.get(ApiAnswer, (holder_id, hashed))
    if known is not None:
        if known.request_hash != asked:
            raise KeyReused()
        return known.status, known.body
    status, body = act()
    session.add(
        ApiAnswer(
            holder_id=holder_id,
            key_hash=hashed,
            request_hash=asked,
            status=status,
            body=body,
            at=at,
        )
    )
    session.flush()
    return status, body


def sweep(session: Session, at: datetime) -> None:
    """Delete answers older than a week."""
    session.execute(delete(ApiAnswer).where(ApiAnswer.at < at - KEPT))
