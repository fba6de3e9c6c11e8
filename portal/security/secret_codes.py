"""Short codes with three tries: the machinery under mailed one-time codes and case codes.

A code is short, so it is stored as an HMAC under the server's secret (a plain hash of six digits is
undone in a second). Each try is counted in its own transaction *before* the comparison: tries made
at the same moment all count, and a refusal that undoes the caller's work does not undo the count.
Only a right code is marked as used in the caller's transaction, so that it is used exactly when the
caller's act happens.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import SecretCode
from portal.errors import CodeRefused
from portal.security.counting import counting
from portal.security.tokens import derive, same
from records import Database

TRIES = 3


def put(
    session: Session,
    *,
    code_id: str,
    purpose: str,
    subject: str,
    holder_id: str,
    code: str,
    secret: bytes,
    at: datetime,
    expires_at: datetime,
) -> SecretCode:
    """Keep a new code; the holder's earlier one for the same subject stops working."""
    session.execute(
        update(SecretCode)
        .where(
            SecretCode.purpose == purpose,
            SecretCode.subject == subject,
            SecretCode.holder_id == holder_id,
            SecretCode.used_at.is_(None),
            SecretCode.replaced_at.is_(None),
        )
        .values(replaced_at=at)
    )
    row = SecretCode(
        id=code_id,
        purpose=purpose,
        subject=subject,
        holder_id=holder_id,
        code_hash=_hash(secret, code_id, code),
        created_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row


def newest(session: Session, *, purpose: str, subject: str, holder_id: str) -> SecretCode | None:
    """The code that counts now: the holder's last one for this subject."""
    return session.scalar(
        select(SecretCode)
        .where(
            SecretCode.purpose == purpose,
            SecretCode.subject == subject,
            SecretCode.holder_id == holder_id,
            SecretCode.replaced_at.is_(None),
        )
        .order_by(SecretCode.created_at.desc(), SecretCode.id)
        .limit(1)
    )


def check(
    database: Database,
    *,
    purpose: str,
    subject: str,
    holder_id: str,
    given: str,
    secret: bytes,
    at: datetime,
    restart: tuple[str, str] | None = None,
) -> str:
    """Count one try, compare, and return the code's id when it is right.

    ``restart``: what to do about a dead code (ja, en), where it differs from asking for a new one.
    :raises CodeRefused: wrong (with the tries left), dead, expired, used, or none there.
    """

    def refused(why: str, left: int = 0) -> CodeRefused:
        if restart is None:
            return CodeRefused(why, left=left)
        return CodeRefused(why, left=left, restart_ja=restart[0], restart_en=restart[1])

    with counting(database) as session:
        row = newest(session, purpose=purpose, subject=subject, holder_id=holder_id)
        if row is None:
            raise refused("none")
        if row.used_at is not None:
            raise refused("used")
        if row.expires_at <= at:
            raise refused("expired")
        tries = session.scalar(
            update(SecretCode)
            .where(SecretCode.id == row.id, SecretCode.tries < TRIES)
            .values(tries=SecretCode.tries + 1)
            .returning(SecretCode.tries)
        )
        code_id, wanted = row.id, row.code_hash
    if tries is None:
        raise refused("dead")
    if same(wanted, _hash(secret, code_id, given)):
        return code_id
    left = TRIES - tries
    raise refused("wrong", left) if left else refused("dead")


def spend(session: Session, code_id: str, at: datetime) -> None:
    """Mark a right code as used, in the transaction of the act it allows; a second act is refused.

    :raises CodeRefused: when it was used meanwhile.
    """
    spent = session.scalar(
        update(SecretCode)
        .where(SecretCode.id == code_id, SecretCode.used_at.is_(None))
        .values(used_at=at)
        .returning(SecretCode.id)
    )
    if spent is None:
        raise CodeRefused("used")


def _hash(secret: bytes, code_id: str, code: str) -> bytes:
    return derive(secret, f"code:{code_id}", code)
