"""The operator's list of staff: who they are, what they may do, a first password, switching off."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from portal.accounts import queries, registering
from portal.accounts.models import User
from portal.errors import Conflict, NotFound
from portal.pages import redirect, render
from portal.security import Identity, Role, require, sessions
from portal.security.case_code import LETTERS
from portal.security.roles import STAFF_ROLES
from portal.web import DbSession, get_service

router = APIRouter(prefix="/staff")

Operator = Annotated[Identity, Depends(require("staff.manage"))]
LOGIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
ROLES = [role for role in Role if role in STAFF_ROLES]


class StaffTyped(BaseModel):
    """The form as it was sent; what is wrong is said beside the field."""

    login_name: str = ""
    display_name: str = ""
    department: str = ""
    title: str = ""
    roles: list[str] = []


@router.get("")
def staff_list(request: Request, session: DbSession, user: Operator) -> Response:
    return _page(request, session)


@router.post("")
def add(
    request: Request, session: DbSession, user: Operator, typed: Annotated[StaffTyped, Form()]
) -> Response:
    wrong = _wrong(session, typed)
    if wrong:
        return _page(request, session, typed=typed, wrong=wrong, status=400)
    password = new_password()
    added = registering.add_staff(
        session,
        login_name=typed.login_name,
        display_name=" ".join(typed.display_name.split()),
        department=" ".join(typed.department.split()),
        title=" ".join(typed.title.split()),
        roles={Role(role) for role in typed.roles},
        password=password,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return _page(request, session, told=(added, password))


@router.post("/{user_id}/roles")
def change_roles(
    request: Request,
    session: DbSession,
    user: Operator,
    user_id: str,
    typed: Annotated[StaffTyped, Form()],
) -> Response:
    person = _other(session, user, user_id)
    roles = {Role(role) for role in typed.roles if role in {r.value for r in ROLES}}
    now = get_service(request).clock.now()
    registering.set_roles(session, user=person, roles=roles, actor=user.actor, at=now)
    return redirect(request, "/staff", notice=f"{person.display_name} さんの権限を変えました。")


@router.post("/{user_id}/password")
def new_password_for(
    request: Request, session: DbSession, user: Operator, user_id: str
) -> Response:
    person = _other(session, user, user_id)
    password = new_password()
    now = get_service(request).clock.now()
    registering.set_password(session, user=person, password=password, actor=user.actor, at=now)
    sessions.end_all_of(session, person.id, now)
    return _page(request, session, told=(person, password))


@router.post("/{user_id}/switch")
def switch(request: Request, session: DbSession, user: Operator, user_id: str) -> Response:
    person = _other(session, user, user_id)
    now = get_service(request).clock.now()
    registering.switch_staff(
        session, user=person, active=not person.active, actor=user.actor, at=now
    )
    words = "利用を再開しました。" if person.active else "利用を止めました。"
    return redirect(request, "/staff", notice=f"{person.display_name} さん：{words}")


def new_password() -> str:
    """Sixteen letters without look-alikes in four groups (78 bits), to be told once."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def _other(session: Session, by: Identity, user_id: str) -> User:
    """:raises NotFound: no such person. :raises Conflict: nobody changes their own rights."""
    person = session.get(User, user_id, with_for_update=True)
    if person is None:
        raise NotFound()
    if person.id == by.id:
        raise Conflict()
    return person


def _wrong(session: Session, typed: StaffTyped) -> dict[str, str]:
    wrong = {}
    name = unicodedata.normalize("NFKC", typed.login_name).strip().lower()
    if not LOGIN_NAME.fullmatch(name):
        wrong["login_name"] = "半角の英数字と . _ - で、2〜64文字にしてください。"
    elif queries.user_by_login_name(session, name) is not None:
        wrong["login_name"] = "このログイン名はすでに使われています。"
    if not 1 <= len(typed.display_name.strip()) <= 100:
        wrong["display_name"] = "氏名を1〜100文字で入力してください。"
    if len(typed.department) > 100 or len(typed.title) > 100:
        wrong["department"] = "所属と役職は100文字以内にしてください。"
    if not typed.roles or not set(typed.roles) <= {role.value for role in ROLES}:
        wrong["roles"] = "権限を1つ以上選んでください。"
    if Role.DEPARTMENT.value in typed.roles and not typed.department.strip():
        wrong["department"] = "担当課の権限には所属が必要です（所属の課の書類だけが見えます）。"
    return wrong


def _page(
    request: Request,
    session: Session,
    *,
    typed: StaffTyped | None = None,
    wrong: dict[str, str] | None = None,
    told: tuple[User, str] | None = None,
    status: int = 200,
) -> Response:
    context = {
        "people": queries.staff(session),
        "roles": ROLES,
        "role_names": {role.value: role.ja for role in ROLES},
        "typed": typed or StaffTyped(),
        "wrong": wrong or {},
        "told": told,
    }
    return render(request, "desks/staff.html", context, status=status)
