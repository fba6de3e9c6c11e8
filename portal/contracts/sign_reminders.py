"""Reminders to sign, by hand (page and API) and by the daily job; and the switch to paper."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from econtract import paper, queries, sign_reminding
from econtract.errors import MoveRefused, SigningOverdue
from econtract.models import Party
from econtract.sign_reminding import RemindedToday
from portal.contracts import ceremony, presenting
from portal.contracts.guards import ensure_own
from portal.contracts.parts import letters
from portal.pages import redirect
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service
from records import Actor

router = APIRouter()
SYSTEM = Actor("system", "contracts", "warifu")

Reminder = Annotated[Identity, Depends(require("contract.remind"))]
Vendor = Annotated[Identity, Depends(require("contract.decline"))]


class Because(BaseModel):
    reason: Annotated[str, Field(max_length=1000)]


def remind_signers(service: Service) -> None:
    """Job "portal.remind_signers", daily: each contract in its own transaction, once a day."""
    with service.database.reader() as session:
        waiting = sign_reminding.due(session, service.clock.now())
    for contract_id in waiting:
        # Signed, or reminded by hand, since we looked: then there is nothing to do.
        with (
            suppress(RemindedToday, MoveRefused, SigningOverdue),
            service.database.transaction() as session,
        ):
            _remind(service, session, contract_id, by_hand=False, actor=SYSTEM)


@router.post("/contracts/{contract_id}/reminder")
def remind(request: Request, session: DbSession, contract_id: str, user: Reminder) -> Response:
    service = get_service(request)
    ensure_own(user, "contract.remind", queries.contract(session, contract_id))
    place = f"/contracts/{contract_id}"
    try:
        party = _remind(service, session, contract_id, by_hand=True, actor=user.actor)
    except RemindedToday as refused:
        words = f"{refused.message_ja}{refused.remedy_ja}"
        return redirect(request, place, notice=words, tone="warning")
    except SigningOverdue as refused:
        words = f"{refused.message_ja}「案内を送り直す」を押すと、新しい期限で送ります。"
        return redirect(request, place, notice=words, tone="warning")
    words = f"{party.organisation} {party.person} 様へ催促を送りました。前のリンクは使えません。"
    return redirect(request, place, notice=words)


@router.post("/api/v1/contracts/{contract_id}/reminder", status_code=202)
def api_remind(
    request: Request, session: DbSession, contract_id: str, user: Reminder
) -> dict[str, Any]:
    """At most one a day, by hand or by itself; 409 otherwise."""
    ensure_own(user, "contract.remind", queries.contract(session, contract_id))
    party = _remind(get_service(request), session, contract_id, by_hand=True, actor=user.actor)
    return {"reminded": {"organisation": party.organisation, "person": party.person}}


@router.post("/vendor/contracts/{contract_id}/paper")
def to_paper(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The vendor takes back its consent to the electronic means."""
    _to_paper(request, session, contract_id, user, reason)
    words = "市へ伝えました。この契約は紙で結びます。市の担当課からご連絡します。"
    return redirect(request, f"/vendor/contracts/{contract_id}", notice=words, tone="info")


@router.post("/api/v1/contracts/{contract_id}/paper")
def api_to_paper(
    request: Request, session: DbSession, contract_id: str, body: Because, user: Vendor
) -> dict[str, Any]:
    _to_paper(request, session, contract_id, user, body.reason)
    return presenting.full(session, queries.contract(session, contract_id))


def _remind(
    service: Service, session: Session, contract_id: str, *, by_hand: bool, actor: Actor
) -> Party:
    at = service.clock.now()
    contract, party = sign_reminding.remind(
        session, contract_id, by_hand=by_hand, actor=actor, at=at
    )
    letters(service).reminder(session, contract, party, at)
    return party


def _to_paper(
    request: Request, session: Session, contract_id: str, user: Identity, reason: str
) -> None:
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    if not paper.is_on_paper(here.contract):
        ceremony.require_opened(here, at)
    contract = paper.switch(
        session,
        contract_id=contract_id,
        party_id=here.party.id,
        reason=reason,
        actor=user.actor,
        at=at,
    )
    letters(service).to_paper(session, contract, here.party, at)
