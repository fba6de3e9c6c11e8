"""All SELECTs on people and vendors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User, Vendor, VendorUser


def vendor_users_by_mail(session: Session, mail: str) -> Sequence[VendorUser]:
    """Active people with this address; one person may act for several vendors."""
    return session.scalars(
        select(VendorUser)
        .join(Vendor, Vendor.id == VendorUser.vendor_id)
        .where(VendorUser.mail == mail.lower(), VendorUser.active, Vendor.active)
        .order_by(VendorUser.created_at)
    ).all()


def vendor_users(session: Session, vendor_id: str) -> Sequence[VendorUser]:
    return session.scalars(
        select(VendorUser).where(VendorUser.vendor_id == vendor_id).order_by(VendorUser.name)
    ).all()


def vendor_by_code(session: Session, code: str) -> Vendor | None:
    """The vendor with this 業者番号."""
    return session.scalar(select(Vendor).where(Vendor.code == code))


def vendors(session: Session, *, words: str = "", limit: int = 50) -> Sequence[Vendor]:
    """Vendors whose name, kana or code contains ``words``, by kana."""
    query = select(Vendor).order_by(Vendor.kana, Vendor.name).limit(limit)
    if words:
        query = query.where(
            Vendor.name.icontains(words, autoescape=True)
            | Vendor.kana.icontains(words, autoescape=True)
            | Vendor.code.icontains(words, autoescape=True)
        )
    return session.scalars(query).all()


def user_by_login_name(session: Session, login_name: str) -> User | None:
    return session.scalar(select(User).where(User.login_name == login_name.lower()))


def staff_with_role(
    session: Session, role: str, *, department: str | None = None
) -> Sequence[User]:
    """Active staff who hold a role (of one department, when given)."""
    query = select(User).where(User.active, User.roles.contains([role])).order_by(User.login_name)
    if department is not None:
        query = query.where(User.department == department)
    return session.scalars(query).all()


def vendor_user_by_mail(session: Session, vendor_id: str, mail: str) -> VendorUser | None:
    """The vendor's person with this address, active or not."""
    return session.scalar(
        select(VendorUser).where(VendorUser.vendor_id == vendor_id, VendorUser.mail == mail.lower())
    )


def staff(session: Session) -> Sequence[User]:
    """All staff, the active ones first."""
    return session.scalars(
        select(User).order_by(User.active.desc(), User.department, User.login_name)
    ).all()
