"""A vendor's administrator manages the company's own people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.desks.people_form import PersonTyped, add_person, switch_person
from portal.pages import redirect, render
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/vendor/people")

Admin = Annotated[Identity, Depends(require("vendor.people"))]


@router.get("")
def people_page(request: Request, session: DbSession, user: Admin) -> Response:
    return _page(request, session, _own(user))


@router.post("")
def add(
    request: Request, session: DbSession, user: Admin, typed: Annotated[PersonTyped, Form()]
) -> Response:
    vendor_id = _own(user)
    wrong = add_person(session, vendor_id, typed, user, get_service(request).clock.now())
    if wrong:
        return _page(request, session, vendor_id, typed=typed, wrong=wrong, status=400)
    return redirect(request, "/vendor/people", notice="利用者を登録しました。")


@router.post("/{person_id}/switch")
def switch(request: Request, session: DbSession, user: Admin, person_id: str) -> Response:
    now = get_service(request).clock.now()
    words = switch_person(session, _own(user), person_id, user, now)
    return redirect(request, "/vendor/people", notice=words)


def _own(user: Identity) -> str:
    """The vendor whose people these are: always the person's own, never one from the request."""
    ensure(user, "vendor.people", vendor_id=user.vendor_id)
    assert user.vendor_id is not None
    return user.vendor_id


def _page(
    request: Request,
    session: Session,
    vendor_id: str,
    *,
    typed: PersonTyped | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    context = {
        "people": queries.vendor_users(session, vendor_id),
        "typed": typed or PersonTyped(),
        "wrong": wrong or {},
    }
    return render(request, "desks/vendor_people.html", context, status=status)
