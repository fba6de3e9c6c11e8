"""A member of staff signs in with login name and password.

The steps, in this order:

1. The network address and the login name are each counted, before anything is compared: guesses
   made at the same moment count too. Beyond the limit the name is locked, whether it exists or not.
2. The password is compared in equal time, whether the name exists or not.
3. Name and password wrong are one message. A right one forgives the name's count.

Not checked here: a second factor (staff of a city with OpenID Connect get it there).
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select

from portal.accounts.models import User
from portal.errors import LoginRefused, TooManyTries
from portal.security import passwords, rate_limits, sessions
from portal.security.rate_limits import Limit
from portal.settings import SecuritySettings
from records import Actor, Database, audit


class NameLocked(TooManyTries):
    code = "portal.name_locked"
    ja: ClassVar[str] = "続けて間違えたため、このログイン名は一時的に使えません。"
    en: ClassVar[str] = "This login name is locked for a while after several wrong tries."
    mend_ja: ClassVar[str] = (
        "約{minutes}分後に、もう一度お試しください。お急ぎのときは運用管理者に連絡してください。"
    )
    mend_en: ClassVar[str] = "Try again in about {minutes} minutes, or contact the operator."


def sign_in(
    database: Database,
    settings: SecuritySettings,
    *,
    login_name: str,
    password: str,
    address: str,
    at: datetime,
) -> str:
    """Check name and password and return the new session's cookie value.

    Opens its own transactions: the counts must outlive a refusal.
    :raises NameLocked, TooManyTries, LoginRefused, Busy:
    """
    name = unicodedata.normalize("NFKC", login_name).strip().lower()
    by_address = Limit("login.address", settings.address_tries, settings.lock_minutes)
    by_name = Limit("login.name", settings.login_tries, settings.lock_minutes)
    # 1.
    rate_limits.hit(database, by_address, address, at)
    try:
        rate_limits.hit(database, by_name, name, at)
    except TooManyTries as refused:
        raise NameLocked(minutes=refused.values["minutes"]) from None
    # 2.
    with database.reader() as session:
        user = session.scalar(select(User).where(User.login_name == name, User.active))
    # 3.
    if not passwords.matches(user.password_hash if user else None, password) or user is None:
        raise LoginRefused(limit=settings.login_tries, minutes=settings.lock_minutes)
    rate_limits.forgive(database, by_name, name, at)
    with database.transaction() as session:
        cookie = sessions.start(
            session,
            settings,
            holder_kind="staff",
            holder_id=user.id,
            factors=["password"],
            at=at,
        )
        actor = Actor(kind="staff", id=user.id, name=user.display_name)
        audit.append(
            session, actor, "account.signed_in", f"staff:{user.id}", {"factor": "password"}, at
        )
    return cookie
