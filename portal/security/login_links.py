"""One-time links mailed to a vendor's person.

The token is derived from the server's secret and the link's id: the database holds only its
SHA-256, and the mail job only a placeholder (``mailed_secrets``), so neither a copy of the database
nor a colleague who reads the queue can open a link, while a mail sent twice after a crash carries
the same link.

Opening a link (GET) shows a button and changes nothing, since mail scanners follow links; pressing
it (POST) uses it up. Pressed twice by the same browser within two minutes it is one sign-in, not an
error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import LoginLink, VendorUser
from portal.errors import LinkRefused
from portal.security.tokens import derived_token, digest
from records import new_id

PURPOSE = "login-link"
SAME_PRESS = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """``placeholder`` goes into the mail's body; the mail task puts the address in its place."""

    id: str
    expires_at: datetime

    @property
    def placeholder(self) -> str:
        return f"[[link:{self.id}]]"


def issue(
    session: Session,
    *,
    secret: bytes,
    vendor_user_id: str,
    at: datetime,
    expires_at: datetime,
    target: str = "/home",
    subject: str = "",
) -> IssuedLink:
    """Make a link that signs this person in once and then opens ``target`` (a path of ours)."""
    link_id = new_id()
    session.add(
        LoginLink(
            id=link_id,
            token_hash=digest(token_of(secret, link_id)),
            vendor_user_id=vendor_user_id,
            subject=subject,
            target=target,
            created_at=at,
            expires_at=expires_at,
        )
    )
    session.flush()
    return IssuedLink(link_id, expires_at)


def token_of(secret: bytes, link_id: str) -> str:
    return derived_token(secret, PURPOSE, link_id)


def address_of(secret: bytes, link_id: str, public_url: str) -> str:
    """The link as it stands in the mail."""
    return f"{public_url}/l/{token_of(secret, link_id)}"


def find(session: Session, token: str, *, lock: bool = False) -> LoginLink:
    """The link of this token, in whatever state. :raises LinkRefused: when there is none."""
    query = select(LoginLink).where(LoginLink.token_hash == digest(token))
    link = session.scalar(query.with_for_update() if lock else query)
    if link is None:
        raise LinkRefused("unknown")
    return link


def check(link: LoginLink, at: datetime) -> None:
    """:raises LinkRefused: when the link was withdrawn, used or is too old."""
    if link.revoked_at is not None:
        raise LinkRefused("revoked")
    if link.used_at is not None:
        raise LinkRefused("used")
    if link.expires_at <= at:
        raise LinkRefused("expired")


def use(session: Session, token: str, *, browser: bytes, at: datetime) -> LoginLink:
    """Use the link up and return it.

    ``browser``: hash of the visitor's cookie, which tells a second press from a second person.
    :raises LinkRefused:
    """
    link = find(session, token, lock=True)
    again = (
        link.used_at is not None
        and link.used_by == browser
        and at - link.used_at <= SAME_PRESS
        and link.revoked_at is None
    )
    if again:
        return link
    check(link, at)
    link.used_at = at
    link.used_by = browser
    return link


def people_of(session: Session, *, subject: str) -> Sequence[VendorUser]:
    """Everybody to whom a link of this subject was ever mailed."""
    mailed = select(LoginLink.vendor_user_id).where(LoginLink.subject == subject)
    return session.scalars(select(VendorUser).where(VendorUser.id.in_(mailed))).all()


def revoke(
    session: Session, *, subject: str, at: datetime, vendor_user_id: str | None = None
) -> int:
    """Withdraw the unused links of a subject (of one person, or of all); returns how many."""
    query = (
        update(LoginLink)
        .where(
            LoginLink.subject == subject,
            LoginLink.used_at.is_(None),
            LoginLink.revoked_at.is_(None),
        )
        .values(revoked_at=at)
        .returning(LoginLink.id)
    )
    if vendor_user_id is not None:
        query = query.where(LoginLink.vendor_user_id == vendor_user_id)
    return len(session.scalars(query).all())
