"""The case code (案件コード): told to the vendor apart from the link, asked for once when a case is
opened.

Twelve characters without look-alikes in three groups (``7KFM-Q2XW-9RTD``, 58 bits), three tries,
then dead until the city issues another. A mail that went to the wrong address opens nothing without
it.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime

from sqlalchemy.orm import Session

from portal.security import secret_codes
from portal.security.counting import counting
from portal.security.secret_codes import TRIES, newest
from records import Database, new_id

PURPOSE = "case"
LETTERS = "23456789ABCDEFGHJKMNPQRTUVWXYZ"  # no 0 O 1 I L S
LENGTH = 12
_RESTART = (
    "市の担当課に連絡し、新しい案件コードを受け取ってください。",
    "Contact the city office for a new case code.",
)


def issue(
    session: Session,
    *,
    secret: bytes,
    subject: str,
    holder_id: str,
    at: datetime,
    expires_at: datetime,
) -> str:
    """Make the case's code for this holder and return it, grouped, to be told once; it is stored
    nowhere.
    """
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    secret_codes.put(
        session,
        code_id=new_id(),
        purpose=PURPOSE,
        subject=subject,
        holder_id=holder_id,
        code=code,
        secret=secret,
        at=at,
        expires_at=expires_at,
    )
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def check(
    database: Database, *, secret: bytes, subject: str, holder_id: str, given: str, at: datetime
) -> str:
    """Count one try, compare, and return the id of the right code.

    A right code forgives earlier wrong ones, since it is used for as long as the case is open.
    :raises CodeRefused:
    """
    code_id = secret_codes.check(
        database,
        purpose=PURPOSE,
        subject=subject,
        holder_id=holder_id,
        given=_plain(given),
        secret=secret,
        at=at,
        restart=_RESTART,
    )
    with counting(database) as session:
        row = newest(session, purpose=PURPOSE, subject=subject, holder_id=holder_id)
        if row is not None and row.id == code_id:
            row.tries = 0
    return code_id


def tries_left(session: Session, *, subject: str, holder_id: str) -> int:
    row = newest(session, purpose=PURPOSE, subject=subject, holder_id=holder_id)
    return 0 if row is None else max(0, TRIES - row.tries)


def _plain(given: str) -> str:
    folded = unicodedata.normalize("NFKC", given[:60]).upper()
    return "".join(c for c in folded if c in LETTERS)
