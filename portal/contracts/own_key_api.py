"""JSON API of signing with a party's own key: certificate in, digest out, answer in.

A program does what the pages do, after the same codes (`/case-code`, `/one-time-code`, `/consent`);
the city's program gives its second factor with the answer.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from econtract import own_keys, queries
from econtract.errors import ConsentMissing
from portal.contracts import ceremony, own_key_desk, presenting
from portal.contracts.api import Sha256
from portal.contracts.ceremony import Given
from portal.contracts.own_key_desk import MAX_ANSWER, MAX_CERTIFICATE, Signer
from portal.contracts.parts import alarms_recorded
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1/contracts/{contract_id}")

Vendor = Annotated[Identity, Depends(require("contract.consent"))]
Officer = Annotated[Identity, Depends(require("contract.close"))]


class Certificate(BaseModel):
    sha256: Sha256
    certificate: Annotated[str, Field(max_length=MAX_CERTIFICATE)]
    """PEM, the party's own first."""


class Answered(BaseModel):
    answer: Annotated[dict[str, Any], Field(max_length=10)]


class ClosingAnswered(Answered):
    one_time_code: Annotated[str, Field(max_length=40)]
    date_reason: Annotated[str, Field(max_length=1000)] = ""


@router.post("/own-key/certificate", status_code=202)
def present(
    request: Request, session: DbSession, contract_id: str, body: Certificate, user: Vendor
) -> dict[str, Any]:
    """Choose to sign with this certificate's key; ask for the request until its state is ready."""
    service = get_service(request)
    at = service.clock.now()
    signer = _vendor(request, session, contract_id, user)
    if queries.consent(session, signer.party.id, body.sha256) is None:
        raise ConsentMissing()
    row = own_key_desk.ask(service, session, user, signer, body.certificate.encode(), body.sha256)
    _choose(session, signer, user, at)
    return own_key_desk.facts(row)


@router.get("/own-key")
def state(request: Request, session: DbSession, contract_id: str, user: Vendor) -> dict[str, Any]:
    signer = _vendor(request, session, contract_id, user)
    return _facts(request, session, signer)


@router.get("/own-key/request")
def digest(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    """What `warifu sign` answers."""
    return _digest(request, session, _vendor(request, session, contract_id, user))


@router.get("/own-key/document")
def document(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    """The PDF whose digest it is."""
    return _document(request, session, _vendor(request, session, contract_id, user))


@router.post("/own-key/answer", status_code=202)
def answer(
    request: Request, session: DbSession, contract_id: str, body: Answered, user: Vendor
) -> dict[str, Any]:
    """The vendor's act. Sent twice it is one act."""
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    with alarms_recorded(service, session):
        own_key_desk.sign_vendor(
            request, service, session, user, here, json.dumps(body.answer)[:MAX_ANSWER]
        )
    return presenting.full(session, queries.contract(session, contract_id))


@router.post("/closing/own-key/certificate", status_code=202)
def present_for_city(
    request: Request, session: DbSession, contract_id: str, body: Certificate, user: Officer
) -> dict[str, Any]:
    service = get_service(request)
    signer = _city(request, session, contract_id, user)
    row = own_key_desk.ask(service, session, user, signer, body.certificate.encode(), body.sha256)
    _choose(session, signer, user, service.clock.now())
    return own_key_desk.facts(row)


@router.get("/closing/own-key")
def state_for_city(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> dict[str, Any]:
    return _facts(request, session, _city(request, session, contract_id, user))


@router.get("/closing/own-key/request")
def digest_for_city(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> Response:
    return _digest(request, session, _city(request, session, contract_id, user))


@router.get("/closing/own-key/document")
def document_for_city(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> Response:
    return _document(request, session, _city(request, session, contract_id, user))


@router.post("/closing/own-key/answer", status_code=202)
def answer_for_city(
    request: Request, session: DbSession, contract_id: str, body: ClosingAnswered, user: Officer
) -> dict[str, Any]:
    """The city's act with the signer's own key and second factor."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    with alarms_recorded(service, session):
        own_key_desk.sign_city(
            request,
            service,
            session,
            user,
            contract,
            json.dumps(body.answer)[:MAX_ANSWER],
            Given(body.one_time_code),
            date_reason=body.date_reason,
        )
    return presenting.full(session, queries.contract(session, contract_id))


def _vendor(request: Request, session: DbSession, contract_id: str, user: Identity) -> Signer:
    at = get_service(request).clock.now()
    here = ceremony.place(session, user, contract_id, at)
    return own_key_desk.vendor(session, user, here, at)


def _city(request: Request, session: DbSession, contract_id: str, user: Identity) -> Signer:
    contract = queries.contract(session, contract_id)
    return own_key_desk.city(get_service(request), session, user, contract)


def _choose(session: DbSession, signer: Signer, user: Identity, at: datetime) -> None:
    own_keys.choose(
        session,
        contract_id=signer.contract.id,
        party_id=signer.party.id,
        own_key=True,
        actor=user.actor,
        at=at,
    )


def _facts(request: Request, session: DbSession, signer: Signer) -> dict[str, Any]:
    at = get_service(request).clock.now()
    return own_key_desk.facts(own_keys.current(session, signer.contract, signer.party, at))


def _digest(request: Request, session: DbSession, signer: Signer) -> Response:
    at = get_service(request).clock.now()
    row = own_keys.ready(session, signer.contract, signer.party, at)
    return Response(row.request or "", media_type="application/json")


def _document(request: Request, session: DbSession, signer: Signer) -> Response:
    service = get_service(request)
    row = own_keys.ready(session, signer.contract, signer.party, service.clock.now())
    return Response(own_key_desk.document(service, row), media_type="application/pdf")
