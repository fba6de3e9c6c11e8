"""JSON API of the two signing acts. A vendor's key does what its person may, with the same checks.

The key stands for the signed-in person; case code and mailed one-time code are asked for as in the
browser. The answer to a signature is 202: the worker makes it; ask for the contract until the
party's act is "signed".
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from econtract import consenting, queries, sending
from portal.contracts import ceremony, presenting
from portal.contracts.api import Because, Sha256
from portal.contracts.parts import alarms_recorded, letters
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/api/v1/contracts/{contract_id}")

Vendor = Annotated[Identity, Depends(require("contract.consent"))]
Officer = Annotated[Identity, Depends(require("contract.close"))]


class Code(BaseModel):
    code: Annotated[str, Field(max_length=60)]


class Consent(BaseModel):
    sha256: Sha256
    text_version: Annotated[str, Field(max_length=40)]


class Signature(BaseModel):
    sha256: Sha256


class Closing(Signature):
    one_time_code: Annotated[str, Field(max_length=40)]
    date_reason: Annotated[str, Field(max_length=1000)] = ""


@router.post("/case-code")
def give_case_code(
    request: Request, session: DbSession, contract_id: str, body: Code, user: Vendor
) -> dict[str, Any]:
    """Open the contract for this key with the case code told by telephone or letter."""
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    ceremony.give_case_code(service, session, user, here, body.code)
    return {"next": here.step(session, service.clock.now())}


@router.post("/one-time-code/mail", status_code=202)
def mail_one_time_code(
    request: Request, session: DbSession, contract_id: str, user: Vendor
) -> dict[str, Any]:
    """Mail six digits to the person's own address."""
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    ceremony.send_code(service, session, user, here.contract)
    return {"mailed": True}


@router.post("/one-time-code")
def give_one_time_code(
    request: Request, session: DbSession, contract_id: str, body: Code, user: Vendor
) -> dict[str, Any]:
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    ceremony.give_one_time_code(service, session, user, here, body.code)
    return {"next": here.step(session, service.clock.now())}


@router.get("/consent-text")
def consent_text(
    request: Request, session: DbSession, contract_id: str, user: Vendor
) -> dict[str, Any]:
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    text = consenting.current_text(
        here.contract.kind,
        calendar.jst_date(service.clock.now()),
        city=service.settings.city.name,
    )
    return {
        "version": text.version,
        "sha256": text.sha256,
        "title": text.title,
        "paragraphs": list(text.paragraphs),
        "points": [{"label": label, "value": value} for label, value in text.points],
    }


@router.post("/consent")
def consent(
    request: Request, session: DbSession, contract_id: str, body: Consent, user: Vendor
) -> dict[str, Any]:
    """Consent to the electronic means for exactly this document (after both codes)."""
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    ceremony.require_opened(here, at)
    ceremony.note_read(session, user, here, body.sha256, at)
    with alarms_recorded(service, session):
        consenting.give(
            session,
            contract_id=contract_id,
            party_id=here.party.id,
            text_version=body.text_version,
            seen_sha256=body.sha256,
            evidence=ceremony.circumstances(request, user),
            actor=user.actor,
            at=at,
        )
    return {"next": here.step(session, at)}


@router.post("/signature", status_code=202)
def sign(
    request: Request, session: DbSession, contract_id: str, body: Signature, user: Vendor
) -> dict[str, Any]:
    """The vendor's act. Sent twice it is one act."""
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    with alarms_recorded(service, session):
        ceremony.sign(request, service, session, user, here, body.sha256)
    return presenting.full(session, queries.contract(session, contract_id))


@router.post("/decline")
def decline(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("contract.decline"))],
) -> dict[str, Any]:
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    ceremony.require_opened(here, at)
    contract = sending.decline(
        session,
        contract_id=contract_id,
        party_id=here.party.id,
        reason=body.reason,
        notices=letters(service),
        actor=user.actor,
        at=at,
    )
    return presenting.full(session, contract)


@router.post("/closing/one-time-code", status_code=202)
def mail_closing_code(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> dict[str, Any]:
    """Mail the contracting officer six digits for the city's act."""
    service = get_service(request)
    ceremony.send_code(service, session, user, queries.contract(session, contract_id))
    return {"mailed": True}


@router.post("/closing", status_code=202)
def close(
    request: Request, session: DbSession, contract_id: str, body: Closing, user: Officer
) -> dict[str, Any]:
    """The city's act: the last slot. The contract is 確定 when the worker has verified it."""
    service = get_service(request)
    with alarms_recorded(service, session):
        ceremony.close(
            request,
            service,
            session,
            user,
            contract_id,
            body.sha256,
            ceremony.Given(body.one_time_code),
            date_reason=body.date_reason,
        )
    return presenting.full(session, queries.contract(session, contract_id))
