"""Bearer keys for /api/v1. A key acts as its holder: same roles, same own vendor or department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import ApiKey
from portal.errors import NotFound
from portal.security import people
from portal.security.identity import Identity
from portal.security.scopes import actions_of
from portal.security.tokens import digest, new_token
from records import new_id

# So that a key that leaks into a repository or a log is recognised by scanners.
PREFIX = "warifu_"
USED_EVERY = timedelta(minutes=1)


def issue(
    session: Session,
    *,
    holder: Identity,
    label: str,
    at: datetime,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[str, ApiKey]:
    """Make a key. The first value is shown once and kept nowhere."""
    key = PREFIX + new_token()
    row = ApiKey(
        id=new_id(),
        key_hash=digest(key),
        holder_kind=holder.kind,
        holder_id=holder.id,
        label=label,
        scopes=list(scopes),
        ending=key[-4:],
        created_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return key, row


def holder(session: Session, key: str, at: datetime) -> Identity | None:
    """Whom this key stands for, or None when it is unknown, expired or revoked."""
    row = session.scalar(select(ApiKey).where(ApiKey.key_hash == digest(key)))
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= at:
        return None
    if row.used_at is None or row.used_at + USED_EVERY <= at:
        row.used_at = at
    found = people.of_holder(
        session, row.holder_kind, row.holder_id, factors=frozenset({"api_key"})
    )
    return found and replace(found, only=actions_of(row.scopes), key_id=row.id)


def revoke(session: Session, *, key_id: str, holder_id: str, at: datetime) -> ApiKey:
    """End a key of this holder; ending it twice is the same as once.

    :raises NotFound: when the holder has no such key.
    """
    row = session.get(ApiKey, key_id)
    if row is None or row.holder_id != holder_id:
        raise NotFound()
    row.revoked_at = row.revoked_at or at
    return row


def of(session: Session, holder_id: str) -> Sequence[ApiKey]:
    """The holder's keys, newest first."""
    return session.scalars(
        select(ApiKey).where(ApiKey.holder_id == holder_id).order_by(ApiKey.created_at.desc())
    ).all()
