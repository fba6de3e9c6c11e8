"""The mailed one-time code: six digits, valid for some minutes, three tries, used once.

    code = one_time_code.issue(session, secret=…, subject="contract:…", holder_id=user.id, at=…)
    … mail with code.placeholder in its body …
    code_id = one_time_code.check(database, secret=…, subject=…, holder_id=…, given=typed, at=…)
    one_time_code.spend(session, code_id, at)        # in the transaction of the act

``limit_issues`` comes before ``issue``. Digits are derived from the server's secret and the code's
id, so a mail sent twice carries the same code, which neither database nor mail queue holds.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.security import rate_limits, secret_codes
from portal.security.secret_codes import spend
from portal.security.tokens import derive
from records import Database, new_id

__all__ = ["IssuedCode", "check", "digits_of", "issue", "limit_issues", "spend"]

PURPOSE = "mailed"
DIGITS = 6
ISSUES = rate_limits.Limit("code.issue", 5, 30)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """``placeholder`` goes into the mail's body; the mail task puts the digits in its place."""

    id: str
    expires_at: datetime

    @property
    def placeholder(self) -> str:
        return f"[[code:{self.id}]]"


def limit_issues(database: Database, holder_id: str, at: datetime) -> None:
    """:raises TooManyTries: after five codes in half an hour (nobody's mailbox is flooded through
    us).
    """
    rate_limits.hit(database, ISSUES, holder_id, at)


def issue(
    session: Session,
    *,
    secret: bytes,
    subject: str,
    holder_id: str,
    at: datetime,
    minutes: int = 10,
) -> IssuedCode:
    """Make a code for this person and subject; an earlier one stops working."""
    code_id = new_id()
    expires_at = at + timedelta(minutes=minutes)
    secret_codes.put(
        session,
        code_id=code_id,
        purpose=PURPOSE,
        subject=subject,
        holder_id=holder_id,
        code=digits_of(secret, code_id),
        secret=secret,
        at=at,
        expires_at=expires_at,
    )
    return IssuedCode(code_id, expires_at)


def digits_of(secret: bytes, code_id: str) -> str:
    """The six digits. The bias of a 64-bit number modulo a million is below 1 in 10^13."""
    number = int.from_bytes(derive(secret, "one-time-code", code_id)[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def check(
    database: Database, *, secret: bytes, subject: str, holder_id: str, given: str, at: datetime
) -> str:
    """Count one try, compare, and return the id of the right code, to be spent with the act.

    Full-width digits, spaces and hyphens are taken as meant.
    :raises CodeRefused:
    """
    return secret_codes.check(
        database,
        purpose=PURPOSE,
        subject=subject,
        holder_id=holder_id,
        given=_plain(given),
        secret=secret,
        at=at,
    )


def _plain(given: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", given[:40]) if c.isdigit())
