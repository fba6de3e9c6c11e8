"""Who lost every device: the office takes the second factors away after making sure who it is.

For a vendor's person procurement does it, for staff the operator; the person is told by mail, and
every session ends. Nobody does it for themselves.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from portal.accounts.models import User, VendorUser
from portal.errors import BadRequest, Conflict, NotFound
from portal.factor_pages import tell_of_change
from portal.pages import redirect
from portal.security import Identity, require, second_factor, sessions
from portal.web import DbSession, get_service
from records import audit

router = APIRouter()

How = Annotated[str, Form(max_length=200)]


@router.post("/vendors/{vendor_id}/people/{person_id}/factors/reset")
def reset_of_vendor(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("vendor.edit"))],
    vendor_id: str,
    person_id: str,
    how: How = "",
) -> Response:
    person = session.get(VendorUser, person_id)
    if person is None or person.vendor_id != vendor_id:
        raise NotFound()
    _reset(request, session, user, person.id, f"vendor_user:{person.id}", how)
    _tell(request, session, person.mail, person.name)
    return redirect(request, f"/vendors/{vendor_id}", notice="本人確認の方法を消しました。")


@router.post("/staff/{user_id}/factors/reset")
def reset_of_staff(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("staff.manage"))],
    user_id: str,
    how: How = "",
) -> Response:
    person = session.get(User, user_id)
    if person is None:
        raise NotFound()
    if person.id == user.id:
        raise Conflict()
    _reset(request, session, user, person.id, f"staff:{person.id}", how)
    _tell(request, session, person.mail, person.display_name)
    return redirect(request, "/staff", notice="本人確認の方法を消しました。")


def _reset(
    request: Request, session: Session, by: Identity, holder_id: str, subject: str, how: str
) -> None:
    if not how.strip():
        raise BadRequest(
            field="how",
            detail_ja="本人をどのように確かめたかを書いてください。",
            detail_en="Say how you made sure who it is.",
        )
    at = get_service(request).clock.now()
    number = second_factor.remove_all(session, holder_id=holder_id, at=at)
    sessions.end_all_of(session, holder_id, at)
    details = {"factors": number, "how": how.strip()}
    audit.append(session, by.actor, "account.factors_reset", subject, details, at)


def _tell(request: Request, session: Session, mail: str, name: str) -> None:
    words = "市の窓口が、あなたの本人確認の方法（認証アプリ・パスキー）をすべて消しました。"
    tell_of_change(get_service(request), session, mail, name, words)
