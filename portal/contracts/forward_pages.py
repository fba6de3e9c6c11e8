"""転送: a vendor's person hands the contract on within the company; the record says to whom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from econtract import authorities
from econtract.authority_errors import ForwardRefused
from econtract.errors import AuthorityMissing
from portal.accounts import queries as accounts
from portal.accounts.models import VendorUser
from portal.contracts import ceremony, signatories
from portal.contracts.parts import letters
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Vendor = Annotated[Identity, Depends(require("contract.consent"))]


@router.get("/vendor/contracts/{contract_id}/forward")
def forward_page(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    return _page(request, session, contract_id, user)


@router.post("/vendor/contracts/{contract_id}/forward")
def forward(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    person: Annotated[str, Form(max_length=36)] = "",
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    try:
        to = _forward(request, session, contract_id, user, person, note)
    except ForwardRefused as refused:
        return _page(request, session, contract_id, user, error=refused)
    words = f"{to.name} さんへ案内を送りました。あなたの操作はこれで終わりです。"
    return redirect(request, "/vendor/contracts", notice=words)


class To(BaseModel):
    person_id: Annotated[str, Field(max_length=36)]
    note: Annotated[str, Field(max_length=200)] = ""


@router.post("/api/v1/contracts/{contract_id}/forward", status_code=202)
def api_forward(
    request: Request, session: DbSession, contract_id: str, body: To, user: Vendor
) -> dict[str, Any]:
    """Hand the contract on to another person of the same vendor."""
    to = _forward(request, session, contract_id, user, body.person_id, body.note)
    return {"forwarded_to": {"id": to.id, "name": to.name}}


def _forward(
    request: Request, session: Session, contract_id: str, user: Identity, person: str, note: str
) -> VendorUser:
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    return signatories.forward(
        session,
        letters(service),
        contract=here.contract,
        party=here.party,
        to=session.get(VendorUser, person),
        note=note,
        by=user,
        actor=user.actor,
        at=at,
    )


def _page(
    request: Request,
    session: Session,
    contract_id: str,
    user: Identity,
    *,
    error: ForwardRefused | None = None,
) -> Response:
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    if not here.is_turn:
        return redirect(request, f"/vendor/contracts/{contract_id}")
    people = []
    for person in accounts.vendor_users(session, user.vendor_id or ""):
        if not person.active or person.id == user.id:
            continue
        words = "契約書に名前のある人です。" if person.mail == here.party.email.lower() else ""
        if not words:
            try:
                row = authorities.require(
                    session,
                    here.contract,
                    organisation_id=user.vendor_id or "-",
                    holder_id=person.id,
                    holder_name=person.name,
                    day=calendar.jst_date(at),
                )
                words = f"この契約に署名できます（{row.capacity}）。"
            except AuthorityMissing as missing:
                words = f"署名はできません。{missing.values['why_ja']}"
        people.append((person.id, f"{person.name}　{person.title}", words))
    context = {
        "contract": here.contract,
        "people": people,
        "error": f"{error.message_ja}{error.remedy_ja}" if error else None,
    }
    return render(request, "contracts/forward.html", context, status=409 if error else 200)
