"""契約保証と前払金 for staff: entering, checking by somebody else, and looking at a 認証キー."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile

from econtract import guarantees, queries
from econtract.attached import keep
from econtract.errors import EContractError
from econtract.guarantees import GuaranteeForm, Purpose
from portal.contracts import typed_values
from portal.contracts.guards import ensure_own
from portal.contracts.life_pages import life_page
from portal.contracts.sealed_keys import LONGEST_KEY, open_sealed, seal
from portal.pages import redirect
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/contracts/{contract_id}/guarantees")

Recorder = Annotated[Identity, Depends(require("guarantee.record"))]
Checker = Annotated[Identity, Depends(require("guarantee.check"))]
Day = Annotated[str, Form(max_length=20)]


@router.post("")
def record(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Recorder,
    purpose: Annotated[Purpose, Form()],
    form: Annotated[guarantees.Form, Form()],
    file: UploadFile | None = None,
    amount: Annotated[str, Form(max_length=30)] = "",
    guarantor: Annotated[str, Form(max_length=400)] = "",
    number: Annotated[str, Form(max_length=60)] = "",
    key: Annotated[str, Form(max_length=LONGEST_KEY)] = "",
    valid_until: Day = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
    press: Annotated[str | None, Form(pattern="^[0-9a-f-]{36}$")] = None,
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.record", contract)
    try:
        with session.begin_nested():
            guarantees.record(
                session,
                contract_id,
                GuaranteeForm(
                    purpose=purpose,
                    form=form,
                    amount=typed_values.yen_or_zero(amount, "amount", ("保証の額", "amount")),
                    guarantor=guarantor,
                    number=number,
                    sealed_key=seal(service.settings, contract_id, key),
                    valid_until=typed_values.day_or_none(
                        valid_until, "valid_until", ("保証の期限", "end")
                    ),
                    reason=reason,
                    files=keep(
                        service.store, [(file.filename or "", file.file.read())] if file else []
                    ),
                    press=press,
                ),
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as error:
        typed = {
            "purpose": purpose.value,
            "form": form.value,
            "amount": amount,
            "guarantor": guarantor,
            "number": number,
            "valid_until": valid_until,
            "reason": reason,
        }
        return life_page(request, session, contract, user, error=error, values=typed)
    notice = "保証を登録しました。別の職員が証書を確認すると、数えられます。"
    return redirect(request, f"/contracts/{contract_id}/life#guarantees", notice=notice)


@router.post("/advance")
def grant_advance(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Recorder,
    advance_percent: Annotated[int, Form()] = 0,
    interim_percent: Annotated[int, Form()] = 0,
    part_payments: Annotated[int, Form()] = 0,
) -> Response:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.record", contract)
    try:
        with session.begin_nested():
            guarantees.grant_advance(
                session,
                contract_id,
                advance_percent=advance_percent,
                interim_percent=interim_percent,
                part_payments=part_payments,
                actor=user.actor,
                at=get_service(request).clock.now(),
            )
    except EContractError as error:
        return life_page(request, session, contract, user, error=error)
    notice = "前払の条件を登録しました。請求の審査に使われます。"
    return redirect(request, f"/contracts/{contract_id}/life#guarantees", notice=notice)


@router.post("/interim")
def certify_interim(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("performance.inspect"))],
    certified_on: Annotated[date, Form()],
) -> Response:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "performance.inspect", contract)
    try:
        with session.begin_nested():
            guarantees.certify_interim(
                session,
                contract_id,
                certified_on=certified_on,
                actor=user.actor,
                at=get_service(request).clock.now(),
            )
    except EContractError as error:
        return life_page(request, session, contract, user, error=error)
    notice = "中間前払の認定を記録しました。"
    return redirect(request, f"/contracts/{contract_id}/life#guarantees", notice=notice)


@router.post("/{guarantee_id}/check")
def check(
    request: Request, session: DbSession, contract_id: str, guarantee_id: str, user: Checker
) -> Response:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.check", contract)
    guarantees.check(
        session, contract_id, guarantee_id, actor=user.actor, at=get_service(request).clock.now()
    )
    notice = "保証を確認済みにしました。"
    return redirect(request, f"/contracts/{contract_id}/life#guarantees", notice=notice)


@router.post("/{guarantee_id}/end")
def end(
    request: Request,
    session: DbSession,
    contract_id: str,
    guarantee_id: str,
    user: Recorder,
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.record", contract)
    guarantees.end(
        session,
        contract_id,
        guarantee_id,
        reason=reason,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    notice = "保証を終わりにしました。記録は残ります。"
    return redirect(request, f"/contracts/{contract_id}/life#guarantees", notice=notice)


@router.post("/{guarantee_id}/key")
def show_key(
    request: Request, session: DbSession, contract_id: str, guarantee_id: str, user: Checker
) -> Response:
    """The 認証キー, this once, after the trail says who looked."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.check", contract)
    row = guarantees.note_key_shown(
        session, contract_id, guarantee_id, actor=user.actor, at=service.clock.now()
    )
    assert row.sealed_key is not None
    key = open_sealed(service.settings, contract_id, row.sealed_key)
    response = life_page(request, session, contract, user, shown_key=(row.id, key))
    response.headers["cache-control"] = "no-store"
    return response
