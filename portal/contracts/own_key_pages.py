"""当事者型 in the browser: present the certificate, answer the digest, for vendor and city.

Works without script and on any machine: what needs the key happens beside the browser, with the
command that the page shows. The same page always shows the step that is due.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from econtract import date_policy, own_keys, queries
from econtract.authority_errors import DateReasonRequired
from econtract.errors import EContractError
from econtract.models import Contract
from econtract.states import ContractState
from portal.contracts import ceremony, own_key_desk
from portal.contracts.ceremony import Given, Place
from portal.contracts.own_key_desk import MAX_ANSWER, MAX_CERTIFICATE, Signer
from portal.contracts.parts import alarms_recorded, rules_of
from portal.errors import CodeRefused, TooManyTries
from portal.pages import redirect, render
from portal.security import Identity, require, second_factor
from portal.web import DbSession, get_service
from records import calendar
from signing.errors import SigningError

router = APIRouter()

VENDOR = "/vendor/contracts/{contract_id}/sign/own-key"
CITY = "/contracts/{contract_id}/close/own-key"

Vendor = Annotated[Identity, Depends(require("contract.consent"))]
Officer = Annotated[Identity, Depends(require("contract.close"))]
Sha256 = Annotated[str, Form(max_length=64)]
Refusal = EContractError | SigningError | CodeRefused | TooManyTries


# --- the vendor ----------------------------------------------------------------------------------


@router.get(VENDOR)
def vendor_page(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    here = _place(request, session, user, contract_id)
    if _is_elsewhere(request, session, here):
        return redirect(request, f"/vendor/contracts/{contract_id}/sign")
    signer = own_key_desk.vendor(session, user, here, _now(request))
    return _page(request, session, user, signer)


@router.post(VENDOR + "/certificate")
def vendor_certificate(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    sha256: Sha256,
    certificate: Annotated[UploadFile, File()],
) -> Response:
    here = _place(request, session, user, contract_id)
    if _is_elsewhere(request, session, here):
        return redirect(request, f"/vendor/contracts/{contract_id}/sign")
    signer = own_key_desk.vendor(session, user, here, _now(request))
    return _ask(request, session, user, signer, certificate, sha256)


@router.get(VENDOR + "/request.json")
def vendor_request(
    request: Request, session: DbSession, contract_id: str, user: Vendor
) -> Response:
    here = _place(request, session, user, contract_id)
    return _request(session, own_key_desk.vendor(session, user, here, _now(request)), request)


@router.get(VENDOR + "/contract.pdf")
def vendor_document(
    request: Request, session: DbSession, contract_id: str, user: Vendor
) -> Response:
    here = _place(request, session, user, contract_id)
    return _document(session, own_key_desk.vendor(session, user, here, _now(request)), request)


@router.get(VENDOR + "/progress")
def vendor_progress(
    request: Request, session: DbSession, contract_id: str, user: Vendor
) -> Response:
    here = _place(request, session, user, contract_id)
    return _progress(request, session, own_key_desk.vendor(session, user, here, _now(request)))


@router.post(VENDOR + "/answer")
def vendor_answer(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    answer: Annotated[UploadFile, File()],
) -> Response:
    service = get_service(request)
    here = _place(request, session, user, contract_id)
    text = answer.file.read(MAX_ANSWER).decode("utf-8", "replace")
    try:
        with alarms_recorded(service, session), session.begin_nested():
            own_key_desk.sign_vendor(request, service, session, user, here, text)
    except (EContractError, CodeRefused) as refused:
        here = _place(request, session, user, contract_id)
        if _is_elsewhere(request, session, here):
            raise
        signer = own_key_desk.vendor(session, user, here, _now(request))
        return _page(request, session, user, signer, error=refused)
    return redirect(request, f"/vendor/contracts/{contract_id}")


@router.post(VENDOR + "/leave")
def vendor_leaves(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    """Back to signing by mail and second factor (立会人型)."""
    here = _place(request, session, user, contract_id)
    ceremony.require_opened(here, _now(request))
    _leave(request, session, user, here.contract, here.party.id)
    return redirect(request, f"/vendor/contracts/{contract_id}/sign")


# --- the city ------------------------------------------------------------------------------------


@router.get(CITY)
def city_page(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    contract = queries.contract(session, contract_id)
    if contract.state != ContractState.AWAITING_CITY:
        return redirect(request, f"/contracts/{contract_id}")
    signer = own_key_desk.city(get_service(request), session, user, contract)
    return _page(request, session, user, signer)


@router.post(CITY + "/choose")
def city_chooses(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    """Sign for the city with a certificate of the signer's own."""
    service = get_service(request)
    signer = own_key_desk.city(service, session, user, queries.contract(session, contract_id))
    own_keys.choose(
        session,
        contract_id=contract_id,
        party_id=signer.party.id,
        own_key=True,
        actor=user.actor,
        at=service.clock.now(),
    )
    return redirect(request, _path(signer))


@router.post(CITY + "/certificate")
def city_certificate(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Officer,
    sha256: Sha256,
    certificate: Annotated[UploadFile, File()],
) -> Response:
    contract = queries.contract(session, contract_id)
    signer = own_key_desk.city(get_service(request), session, user, contract)
    return _ask(request, session, user, signer, certificate, sha256)


@router.get(CITY + "/request.json")
def city_request(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    contract = queries.contract(session, contract_id)
    return _request(
        session, own_key_desk.city(get_service(request), session, user, contract), request
    )


@router.get(CITY + "/contract.pdf")
def city_document(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> Response:
    contract = queries.contract(session, contract_id)
    return _document(
        session, own_key_desk.city(get_service(request), session, user, contract), request
    )


@router.get(CITY + "/progress")
def city_progress(
    request: Request, session: DbSession, contract_id: str, user: Officer
) -> Response:
    contract = queries.contract(session, contract_id)
    return _progress(
        request, session, own_key_desk.city(get_service(request), session, user, contract)
    )


@router.post(CITY + "/code")
def city_code(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    """Mail the officer a one-time code: the certificate does not stand for the second factor."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    signer = own_key_desk.city(service, session, user, contract)
    try:
        ceremony.send_code(service, session, user, contract)
    except TooManyTries as refused:
        return _page(request, session, user, signer, error=refused)
    words = "6桁の番号をメールで送りました。"
    return redirect(request, _path(signer), notice=words)


@router.post(CITY + "/answer")
def city_answer(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Officer,
    answer: Annotated[UploadFile, File()],
    code: Annotated[str, Form(max_length=40)] = "",
    date_reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    text = answer.file.read(MAX_ANSWER).decode("utf-8", "replace")
    try:
        with alarms_recorded(service, session), session.begin_nested():
            own_key_desk.sign_city(
                request,
                service,
                session,
                user,
                contract,
                text,
                Given(code),
                date_reason=date_reason,
            )
    except (EContractError, CodeRefused, TooManyTries) as refused:
        contract = queries.contract(session, contract_id)
        if contract.state != ContractState.AWAITING_CITY:
            raise
        signer = own_key_desk.city(service, session, user, contract)
        return _page(request, session, user, signer, error=refused, date_reason=date_reason)
    return redirect(request, f"/contracts/{contract_id}")


@router.post(CITY + "/leave")
def city_leaves(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    """Back to the city's key that the service keeps."""
    contract = queries.contract(session, contract_id)
    signer = own_key_desk.city(get_service(request), session, user, contract)
    _leave(request, session, user, contract, signer.party.id)
    return redirect(request, f"/contracts/{contract_id}/close")


# --- both ----------------------------------------------------------------------------------------


def _ask(
    request: Request,
    session: Session,
    user: Identity,
    signer: Signer,
    certificate: UploadFile,
    sha256: str,
) -> Response:
    path = _path(signer)
    data = certificate.file.read(MAX_CERTIFICATE + 1)
    try:
        own_key_desk.ask(get_service(request), session, user, signer, data, sha256)
    except (EContractError, SigningError) as refused:
        return _page(request, session, user, signer, error=refused)
    return redirect(request, path)


def _request(session: Session, signer: Signer, request: Request) -> Response:
    row = own_keys.ready(session, signer.contract, signer.party, _now(request))
    assert row.request is not None
    headers = {"content-disposition": 'attachment; filename="request.json"'}
    return Response(row.request, media_type="application/json", headers=headers)


def _document(session: Session, signer: Signer, request: Request) -> Response:
    row = own_keys.ready(session, signer.contract, signer.party, _now(request))
    headers = {"content-disposition": 'attachment; filename="contract.pdf"'}
    data = own_key_desk.document(get_service(request), row)
    return Response(data, media_type="application/pdf", headers=headers)


def _progress(request: Request, session: Session, signer: Signer) -> Response:
    row = own_keys.current(session, signer.contract, signer.party, _now(request))
    waits = row is not None and row.state == "opening"
    words = "署名の依頼を作っています。" if waits else "できました。"
    return JSONResponse({"done": not waits, "percent": None, "words": words, "next": _path(signer)})


def _leave(
    request: Request, session: Session, user: Identity, contract: Contract, party_id: str
) -> None:
    own_keys.choose(
        session,
        contract_id=contract.id,
        party_id=party_id,
        own_key=False,
        actor=user.actor,
        at=_now(request),
    )


def _page(
    request: Request,
    session: Session,
    user: Identity,
    signer: Signer,
    *,
    error: Refusal | None = None,
    date_reason: str = "",
) -> Response:
    service = get_service(request)
    at = _now(request)
    contract = queries.contract(session, signer.contract.id)
    party = next(p for p in queries.parties(session, contract.id) if p.id == signer.party.id)
    document = queries.document(session, contract)
    assert document is not None
    is_city = party.side == "city"
    context = {
        "contract": contract,
        "party": party,
        "signer": signer,
        "document": document,
        "is_city": is_city,
        "base": _path(signer),
        "error": f"{error.message_ja}{error.remedy_ja}" if error else None,
        "error_en": f"{error.message_en} {error.remedy_en}" if error else None,
        "ways": second_factor.ways(session, user.id) if is_city else None,
        "difference": date_policy.difference(contract, calendar.jst_date(at), rules_of(service))
        if is_city
        else None,
        "needs_reason": isinstance(error, DateReasonRequired),
        "date_reason": date_reason,
        **own_key_desk.shown(session, contract, party, at),
    }
    return render(request, "contracts/own_key.html", context, status=400 if error else 200)


def _place(request: Request, session: Session, user: Identity, contract_id: str) -> Place:
    return ceremony.place(session, user, contract_id, _now(request))


def _is_elsewhere(request: Request, session: Session, here: Place) -> bool:
    """Whether another screen of the ceremony is due first, or the vendor's part is over."""
    return here.step(session, _now(request)) != "sign"


def _path(signer: Signer) -> str:
    pattern = CITY if signer.party.side == "city" else VENDOR
    return pattern.format(contract_id=signer.contract.id)


def _now(request: Request) -> datetime:
    return get_service(request).clock.now()
