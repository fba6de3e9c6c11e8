"""覚書 for staff: agree on something beside a contract without changing its amount; and by API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from econtract import beside, living, memorandum
from econtract.errors import EContractError
from econtract.memorandum import Agreement
from econtract.models import Contract
from portal.contracts import life_view, presenting
from portal.contracts.guards import ensure_own
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter()

Amender = Annotated[Identity, Depends(require("contract.amend"))]
Text = Annotated[str, Form(max_length=memorandum.LONGEST * 2)]
PRESS = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class NewMemorandum(BaseModel):
    """Without days it is for the term that is left."""

    subject: Annotated[str, Field(max_length=memorandum.LONGEST)]
    agreement: Annotated[str, Field(max_length=memorandum.LONGEST)]
    period_from: date | None = None
    period_to: date | None = None


@router.get("/contracts/{contract_id}/memoranda/new")
def begin(request: Request, session: DbSession, contract_id: str, user: Amender) -> Response:
    return _page(request, session, _parent(session, user, contract_id), values={})


@router.post("/contracts/{contract_id}/memoranda")
def draft(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Amender,
    period_from: Annotated[date, Form()],
    period_to: Annotated[date, Form()],
    subject: Text = "",
    agreement: Text = "",
    press: Annotated[str | None, Form(pattern=PRESS)] = None,
) -> Response:
    """What cannot stand is shown above the form, with all that was typed."""
    parent = _parent(session, user, contract_id)
    agreed = Agreement(
        subject=subject, agreement=agreement, period_from=period_from, period_to=period_to
    )
    try:
        with session.begin_nested():
            child = _draft(request, session, parent, agreed, press, user)
    except EContractError as error:
        values = {"agreed": agreed, "press": press}
        return _page(request, session, parent, values=values, error=error)
    words = f"覚書 {child.number} の下書きを作りました。"
    return redirect(request, f"/contracts/{child.id}", notice=words)


@router.post("/api/v1/contracts/{contract_id}/memoranda", status_code=201)
def draft_by_api(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: NewMemorandum,
    user: Amender,
    press: Annotated[str | None, Header(alias="idempotency-key", pattern=PRESS)] = None,
) -> dict[str, Any]:
    """Draft a memorandum beside a contract. Sent twice with one Idempotency-Key it is one."""
    parent = _parent(session, user, contract_id)
    first, last = memorandum.usual_period(session, parent, _today(request))
    agreed = Agreement(
        subject=body.subject,
        agreement=body.agreement,
        period_from=body.period_from or first,
        period_to=body.period_to or last,
    )
    child = _draft(request, session, parent, agreed, press, user)
    return {"parent": parent.number, "contract": presenting.summary(session, child)}


def _draft(
    request: Request,
    session: Session,
    parent: Contract,
    agreed: Agreement,
    press: str | None,
    user: Identity,
) -> Contract:
    service = get_service(request)
    return memorandum.draft(
        session,
        parent.id,
        agreed,
        life=life_view.life_rules_of(service),
        press=press,
        actor=user.actor,
        at=service.clock.now(),
    )


def _parent(session: Session, user: Identity, contract_id: str) -> Contract:
    parent = beside.original(session, contract_id)
    ensure_own(user, "contract.amend", parent)
    return parent


def _today(request: Request) -> date:
    return calendar.jst_date(get_service(request).clock.now())


def _page(
    request: Request,
    session: Session,
    parent: Contract,
    *,
    values: dict[str, Any],
    error: EContractError | None = None,
) -> Response:
    first, last = memorandum.usual_period(session, parent, _today(request))
    context = {
        "parent": parent,
        "stands": living.standing(session, parent),
        "chain": life_view.chain(session, parent),
        "agreed": values.get("agreed")
        or Agreement(subject="", agreement="", period_from=first, period_to=last),
        "longest": memorandum.LONGEST,
        "error": error,
        "press": values.get("press") or new_id(),
    }
    return render(
        request, "contracts/memorandum.html", context, status=error.status if error else 200
    )
