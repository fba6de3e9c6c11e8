"""A vendor's people, as the city's register and the vendor's own page enter them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from portal.accounts import queries, registering
from portal.accounts.models import VendorUser
from portal.desks.vendor_form import MAIL
from portal.errors import Conflict, NotFound
from portal.security.identity import Identity
from portal.security.roles import Role

ROLES = {"member": "担当者", "admin": "管理者"}


class PersonTyped(BaseModel):
    """The form as it was sent; what is wrong is said by ``add_person``, beside the field."""

    name: str = ""
    title: str = ""
    mail: str = ""
    role: str = "member"


def add_person(
    session: Session, vendor_id: str, typed: PersonTyped, by: Identity, at: datetime
) -> dict[str, str]:
    """Enter the person; returns what is wrong, by field (empty when entered)."""
    name, title = " ".join(typed.name.split()), " ".join(typed.title.split())
    mail = typed.mail.strip().lower()
    wrong = {}
    if not 1 <= len(name) <= 100:
        wrong["name"] = "氏名を1〜100文字で入力してください。"
    if len(title) > 100:
        wrong["title"] = "役職は100文字以内にしてください。"
    if len(mail) > 254 or not MAIL.fullmatch(mail):
        wrong["mail"] = "メールアドレスの形ではありません。"
    elif queries.vendor_user_by_mail(session, vendor_id, mail) is not None:
        wrong["mail"] = "このメールアドレスはすでに登録されています。"
    if typed.role not in ROLES:
        wrong["role"] = "権限を選んでください。"
    if not wrong:
        registering.add_vendor_user(
            session,
            vendor_id=vendor_id,
            mail=mail,
            name=name,
            title=title,
            role=typed.role,
            actor=by.actor,
            at=at,
        )
    return wrong


def switch_person(
    session: Session, vendor_id: str, person_id: str, by: Identity, at: datetime
) -> str:
    """Switch the person off (signed out, links dead) or on again; returns words for the page.

    :raises NotFound: no such person of this vendor. :raises Conflict: one's own access.
    """
    person = session.get(VendorUser, person_id, with_for_update=True)
    if person is None or person.vendor_id != vendor_id:
        raise NotFound()
    if person.id == by.id and Role.VENDOR_ADMIN in by.roles:
        raise Conflict()
    registering.switch_vendor_user(
        session, person=person, active=not person.active, actor=by.actor, at=at
    )
    return "利用を再開しました。" if person.active else "利用を止めました。"
