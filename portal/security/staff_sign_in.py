"""A member of staff signs in with login name and password.

The steps, in this order:

1. The network address and the login name are each counted, before anything is compared: guesses
   made at the same moment count too. Beyond the limit the name is locked, whether it exists or not.
2. The password is compared in equal time, whether the name exists or not.
3. Name and password wrong are one message. A right one forgives the name's count.
4. Who has registered an app or a passkey gives it next: ``SecondStep`` carries a ticket that is
   good for five minutes in this browser only, and opens nothing by itself.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.errors import LoginRefused, TooManyTries
from portal.security import passwords, rate_limits, sessions
from portal.security.rate_limits import Limit
from portal.security.second_factor import ways
from portal.security.tokens import derived_token, same
from portal.settings import SecuritySettings
from records import Actor, Database, audit

TICKET_LASTS = timedelta(minutes=5)


class NameLocked(TooManyTries):
    code = "portal.name_locked"
    ja: ClassVar[str] = "続けて間違えたため、このログイン名は一時的に使えません。"
    en: ClassVar[str] = "This login name is locked for a while after several wrong tries."
    mend_ja: ClassVar[str] = (
        "約{minutes}分後に、もう一度お試しください。お急ぎのときは運用管理者に連絡してください。"
    )
    mend_en: ClassVar[str] = "Try again in about {minutes} minutes, or contact the operator."


class TicketRefused(LoginRefused):
    code = "portal.second_step_refused"
    ja: ClassVar[str] = "本人確認の時間が過ぎました。"
    en: ClassVar[str] = "The time for the second step has passed."
    mend_ja: ClassVar[str] = "ログイン名とパスワードから、もう一度お試しください。"
    mend_en: ClassVar[str] = "Begin again with login name and password."


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; a second factor is still needed."""

    user_id: str
    ticket: str


def sign_in(
    database: Database,
    settings: SecuritySettings,
    *,
    secret: bytes,
    browser: bytes,
    login_name: str,
    password: str,
    address: str,
    at: datetime,
) -> str | SecondStep:
    """Check name and password and return the new session's cookie value, or what comes next.

    ``browser``: hash of the visitor's cookie. Opens its own transactions: the counts must outlive
    a refusal.
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
        if not ways(session, user.id).by_mail:
            return SecondStep(user.id, _ticket(secret, browser, user.id, at))
        return started(session, settings, user, factors=["password"], at=at)


def user_of_ticket(
    session: Session, *, secret: bytes, browser: bytes, ticket: str, at: datetime
) -> User:
    """Who gave the right password here within the last minutes.

    :raises TicketRefused: the ticket is of another browser, too old, or made up.
    """
    user_id, _, rest = ticket.partition(".")
    moment, _, _ = rest.partition(".")
    user = session.get(User, user_id) if len(user_id) == 36 else None
    if user is None or not user.active or not moment.isdigit() or len(moment) > 12:
        raise TicketRefused()
    issued = datetime.fromtimestamp(int(moment), UTC)
    if not issued <= at <= issued + TICKET_LASTS:
        raise TicketRefused()
    if not same(ticket.encode(), _ticket(secret, browser, user_id, issued).encode()):
        raise TicketRefused()
    return user


def started(
    session: Session, settings: SecuritySettings, user: User, *, factors: list[str], at: datetime
) -> str:
    """Begin the session and write it down; the cookie's value."""
    cookie = sessions.start(
        session, settings, holder_kind="staff", holder_id=user.id, factors=factors, at=at
    )
    actor = Actor(kind="staff", id=user.id, name=user.display_name)
    details = {"factor": ",".join(factors)}
    audit.append(session, actor, "account.signed_in", f"staff:{user.id}", details, at)
    return cookie


def _ticket(secret: bytes, browser: bytes, user_id: str, at: datetime) -> str:
    moment = int(at.timestamp())
    proof = derived_token(secret, "second-step", f"{browser.hex()}:{user_id}:{moment}")
    return f"{user_id}.{moment}.{proof}"
