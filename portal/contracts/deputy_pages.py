"""代決者: the holder of a role names who decides in their place, for how long and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract import deputies
from econtract.errors import EContractError
from econtract.making_errors import DeputyRefused
from portal.accounts import queries as people
from portal.accounts.models import User
from portal.pages import redirect, render
from portal.security import Identity, Role, require
from portal.security.rights import ACTIONS
from portal.web import DbSession, get_service
from records import Actor, calendar

router = APIRouter(prefix="/contracts/deputies")

Holder = Annotated[Identity, Depends(require("decision.deputise"))]
Words = Annotated[str, Form(max_length=1000)]


@router.get("")
def show(request: Request, session: DbSession, user: Holder) -> Response:
    return _page(request, session, user, {}, None)


@router.post("")
def name(
    request: Request,
    session: DbSession,
    user: Holder,
    role: Words = "",
    deputy: Words = "",
    valid_from: Words = "",
    valid_until: Words = "",
    reason: Words = "",
) -> Response:
    service = get_service(request)
    typed = {
        "role": role, "deputy": deputy, "valid_from": valid_from, "valid_until": valid_until,
        "reason": reason,
    }  # fmt: skip
    try:
        if role not in {r.value for r in _roles(user)}:
            raise _wrong("role", "あなたの役ではありません。", "It is not a role of yours.")
        chosen = next((p for p in _people(session, user) if p.id == deputy), None)
        if chosen is None:
            raise _wrong("deputy", "職員を選んでください。", "Choose a member of staff.")
        with service.database.transaction() as own:
            deputies.name(
                own,
                role=role,
                department=user.department or "",
                deputy=Actor("staff", chosen.id, chosen.display_name),
                valid_from=_day("valid_from", valid_from),
                valid_until=_day("valid_until", valid_until),
                reason=reason,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, user, typed, refused)
    words = f"{chosen.display_name} さんを代決者にしました。"
    return redirect(request, "/contracts/deputies", notice=words)


@router.post("/end")
def end(
    request: Request, session: DbSession, user: Holder, deputy_id: Annotated[str, Form()]
) -> Response:
    at = get_service(request).clock.now()
    row = deputies.end(session, deputy_id, actor=user.actor, at=at)
    return redirect(
        request, "/contracts/deputies", notice=f"{row.deputy_name} さんの代決を終えました。"
    )


def _roles(user: Identity) -> list[Role]:
    """Roles of theirs in which somebody decides."""
    return [role for role in Role if role in user.roles & ACTIONS["contract.decide"].roles]


def _people(session: Session, user: Identity) -> list[User]:
    """Staff who may decide at all, without the person, each once."""
    found: dict[str, User] = {}
    for role in sorted(ACTIONS["contract.decide"].roles):
        for person in people.staff_with_role(session, role):
            if person.id != user.id:
                found[person.id] = person
    return sorted(found.values(), key=lambda p: (p.department != user.department, p.display_name))


def _day(field: str, raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise _wrong(field, "日付を選んでください。", "Choose a day.") from error


def _wrong(field: str, ja: str, en: str) -> DeputyRefused:
    return DeputyRefused(field=field, why_ja=ja, why_en=en)


def _page(
    request: Request,
    session: Session,
    user: Identity,
    typed: dict[str, str],
    error: EContractError | None,
) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    return render(
        request,
        "contracts/deputies.html",
        {
            "named": deputies.of_principal(session, user.id),
            "held": deputies.held_by(session, user.id, today),
            "roles": [(r.value, r.ja) for r in _roles(user)],
            "role_names": {r.value: r.ja for r in Role},
            "people": [
                (p.id, f"{p.display_name}（{p.department}　{p.title}）")
                for p in _people(session, user)
            ],
            "typed": typed,
            "error": error,
            "today": today,
        },
        status=400 if error else 200,
    )
