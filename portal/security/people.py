"""From a row (session, key) to the person it stands for, as they are today."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.accounts.models import LoginSession, User, Vendor, VendorUser
from portal.security.identity import Identity
from portal.security.roles import STAFF_ROLES, Role


def of_session(session: Session, row: LoginSession) -> Identity | None:
    """The session's holder, or None when they were switched off since. Roles are today's."""
    return of_holder(
        session,
        row.holder_kind,
        row.holder_id,
        factors=frozenset(row.factors),
        session_hash=row.id_hash,
    )


def of_holder(
    session: Session,
    kind: str,
    holder_id: str,
    *,
    factors: frozenset[str],
    session_hash: bytes | None = None,
) -> Identity | None:
    if kind == "staff":
        user = session.get(User, holder_id)
        return staff(user, factors, session_hash) if user is not None and user.active else None
    person = session.get(VendorUser, holder_id)
    if person is None or not person.active:
        return None
    company = session.get_one(Vendor, person.vendor_id)
    return vendor(person, company, factors, session_hash) if company.active else None


def staff(user: User, factors: frozenset[str], session_hash: bytes | None = None) -> Identity:
    known = {role.value for role in STAFF_ROLES}
    return Identity(
        kind="staff",
        id=user.id,
        name=user.display_name,
        roles=frozenset(Role(role) for role in user.roles if role in known),
        department=user.department,
        title=user.title,
        mail=user.mail,
        factors=factors,
        session_hash=session_hash,
    )


def vendor(
    person: VendorUser, company: Vendor, factors: frozenset[str], session_hash: bytes | None = None
) -> Identity:
    roles = {Role.VENDOR, Role.VENDOR_ADMIN} if person.role == "admin" else {Role.VENDOR}
    return Identity(
        kind="vendor",
        id=person.id,
        name=person.name,
        roles=frozenset(roles),
        title=person.title,
        mail=person.mail,
        vendor_id=company.id,
        vendor_name=company.name,
        factors=factors,
        session_hash=session_hash,
    )
