"""Making people and vendors, with their values brought to one form first."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.models import User, Vendor, VendorUser
from portal.errors import BadRequest, Conflict
from portal.security import passwords, sessions
from portal.security.roles import STAFF_ROLES, Role
from records import Actor, audit, new_id


def add_staff(
    session: Session,
    *,
    login_name: str,
    display_name: str,
    roles: Collection[Role],
    password: str | None,
    actor: Actor,
    at: datetime,
    department: str = "",
    title: str = "",
    kana: str = "",
    mail: str = "",
) -> User:
    """A member of staff. ``password`` None: cannot sign in with one.

    :raises BadRequest: for a vendor's role, or a password outside 12–200 characters.
    """
    strange = set(roles) - STAFF_ROLES
    if strange:
        raise BadRequest(
            field="roles",
            detail_ja="職員に事業者の権限は付けられません。",
            detail_en="Staff can't hold a vendor's role.",
        )
    user = User(
        id=new_id(),
        login_name=unicodedata.normalize("NFKC", login_name).strip().lower(),
        display_name=display_name,
        kana=kana,
        title=title,
        department=department,
        mail=mail.lower(),
        roles=sorted(role.value for role in roles),
        password_hash=None if password is None else passwords.hashed(_fit(password)),
        active=True,
        created_at=at,
    )
    session.add(user)
    session.flush()
    audit.append(
        session, actor, "account.staff_added", f"staff:{user.id}", {"roles": user.roles}, at
    )
    return user


def set_password(
    session: Session, *, user: User, password: str, actor: Actor, at: datetime
) -> None:
    """:raises BadRequest: outside 12–200 characters."""
    user.password_hash = passwords.hashed(_fit(password))
    audit.append(session, actor, "account.password_changed", f"staff:{user.id}", {}, at)


def add_vendor(
    session: Session, *, code: str, name: str, actor: Actor, at: datetime, **fields: str | None
) -> Vendor:
    """A vendor. ``fields``: further columns of ``Vendor`` (kana, registration_number …)."""
    vendor = Vendor(id=new_id(), code=code, name=name, active=True, created_at=at, **fields)
    session.add(vendor)
    session.flush()
    audit.append(session, actor, "vendor.added", f"vendor:{vendor.id}", {"code": code}, at)
    return vendor


def add_vendor_user(
    session: Session,
    *,
    vendor_id: str,
    mail: str,
    name: str,
    actor: Actor,
    at: datetime,
    title: str = "",
    role: str = "member",
) -> VendorUser:
    """A person who acts for a vendor. ``role``: "admin" or "member".

    :raises Conflict: the vendor has a person with this address (entered at the same moment too).
    """
    person_id = session.scalar(
        insert(VendorUser)
        .values(
            id=new_id(),
            vendor_id=vendor_id,
            mail=mail.strip().lower(),
            name=name,
            title=title,
            role=role,
            active=True,
            created_at=at,
        )
        .on_conflict_do_nothing()
        .returning(VendorUser.id)
    )
    if person_id is None:
        raise Conflict()
    person = session.get_one(VendorUser, person_id)
    audit.append(
        session, actor, "vendor.person_added", f"vendor:{vendor_id}", {"person": person.id}, at
    )
    return person


def change_vendor(
    session: Session,
    *,
    vendor: Vendor,
    values: Mapping[str, str | None],
    actor: Actor,
    at: datetime,
) -> None:
    """Bring the register's row to ``values``; the trail says which columns changed, not to what."""
    changed = sorted(name for name, value in values.items() if getattr(vendor, name) != value)
    for name in changed:
        setattr(vendor, name, values[name])
    if changed:
        session.flush()
        audit.append(
            session, actor, "vendor.changed", f"vendor:{vendor.id}", {"columns": changed}, at
        )


def switch_vendor_user(
    session: Session, *, person: VendorUser, active: bool, actor: Actor, at: datetime
) -> None:
    """Off: signed out everywhere, and no link opens any more. On: may sign in again."""
    person.active = active
    if not active:
        sessions.end_all_of(session, person.id, at)
    details = {"person": person.id, "active": active}
    audit.append(
        session, actor, "vendor.person_switched", f"vendor:{person.vendor_id}", details, at
    )


def switch_staff(session: Session, *, user: User, active: bool, actor: Actor, at: datetime) -> None:
    """Off: signed out everywhere and locked out. On: may sign in again."""
    user.active = active
    if not active:
        sessions.end_all_of(session, user.id, at)
    audit.append(
        session, actor, "account.staff_switched", f"staff:{user.id}", {"active": active}, at
    )


def set_roles(
    session: Session, *, user: User, roles: Collection[Role], actor: Actor, at: datetime
) -> None:
    """Takes effect with the person's next request: roles are read each time."""
    before = list(user.roles)
    user.roles = sorted(role.value for role in set(roles) & STAFF_ROLES)
    details = {"before": before, "after": list(user.roles)}
    audit.append(session, actor, "account.roles_changed", f"staff:{user.id}", details, at)


def _fit(password: str) -> str:
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise BadRequest(
            field="password",
            detail_ja="パスワードは12文字以上、200文字以下にしてください。",
            detail_en="A password has 12 to 200 characters.",
        )
    return password
