"""履行と変更 for staff: where a contract stands today, and the answers to the vendor's notices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session

from econtract import (
    cancelling,
    council,
    disposing,
    guarantees,
    living,
    performance,
    queries,
    retaining,
)
from econtract.attached import keep
from econtract.cancelling import GROUND_NAMES
from econtract.errors import EContractError
from econtract.guarantees import FORM_NAMES, PURPOSE_NAMES
from econtract.models import Contract
from econtract.template import KINDS
from portal.contracts import life_view, presenting
from portal.contracts.guards import ensure_own, ensure_readable
from portal.contracts.life_letters import LifeLetters
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter()

Reader = Annotated[Identity, Depends(require("contract.read"))]
Inspector = Annotated[Identity, Depends(require("performance.inspect"))]
Reason = Annotated[str, Form(max_length=1000)]

MAY = (
    "performance.inspect",
    "guarantee.record",
    "guarantee.check",
    "contract.amend",
    "contract.vote",
    "contract.cancel",
    "contract.decide_cancel",
    "retention.hold",
)

GUARANTEE_FIELDS = (
    "purpose",
    "form",
    "amount",
    "guarantor",
    "number",
    "valid_until",
    "reason",
)


@router.get("/contracts/{contract_id}/life")
def life(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    if user.kind == "vendor":
        return redirect(request, f"/vendor/contracts/{contract_id}/life")
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    return life_page(request, session, contract, user)


def life_page(
    request: Request,
    session: Session,
    contract: Contract,
    user: Identity,
    *,
    error: EContractError | None = None,
    shown_key: tuple[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    """The page; `error` is shown on top with what was typed (`values`, never a key), `shown_key`
    (guarantee id, 認証キー) this once."""
    service = get_service(request)
    rules = life_view.life_rules_of(service)
    today = calendar.jst_date(service.clock.now())
    facts = {
        "vendor_id": contract.vendor_id,
        "department": contract.department,
        "drafted_by": contract.drafted_by,
    }
    waiting = cancelling_open(session, contract)
    context: dict[str, Any] = {
        "contract": contract,
        "words": presenting.state_words(contract, queries.open_act(session, contract)),
        "kinds": KINDS,
        "stands": living.standing(session, contract),
        "gates": life_view.gates(session, contract, rules),
        "notices": life_view.notices(session, contract, today, rules.inspection_warning_days),
        "inspections": life_view.inspections(session, contract),
        "guarantees": living.guarantees(session, contract.id),
        "grant": living.grant(session, contract.id),
        "vote": living.vote(session, contract.id),
        "needs_vote": council.needs_vote(session, contract),
        "may_vote": contract.current_state in council.BEFORE_VOTE,
        "chain": life_view.chain(session, contract),
        "cancelled": living.cancelled(session, contract.id),
        "proposed": waiting,
        "own_proposal": waiting is not None and waiting.proposed_by == user.id,
        "grounds": GROUND_NAMES,
        "ground_options": [(ground.value, names[0]) for ground, names in GROUND_NAMES.items()],
        "forms": FORM_NAMES,
        "purposes": PURPOSE_NAMES,
        "givable": contract.current_state in guarantees.GIVABLE,
        "may": {a: isinstance(may(user, a, facts), Allow) for a in MAY},
        "user_id": user.id,
        "today": today,
        "error": error,
        "shown_key": shown_key,
        "values": dict.fromkeys(GUARANTEE_FIELDS, "") | (values or {}),
        "press": new_id(),
        "kept": retaining.keeping_of(session, contract, rules),
        "hold": retaining.standing_hold(session, contract.id),
        "disposed_on": disposing.disposed_on(session, contract.id),
    }
    return render(
        request, "contracts/life.html", context, status=error.status if error is not None else 200
    )


def cancelling_open(session: Session, contract: Contract) -> Any:
    """The proposal to cancel that waits for its second person."""
    rows = living.cancellations(session, contract.id)
    return next((row for row in rows if row.state == "proposed"), None)


@router.post("/contracts/{contract_id}/life/notices/{notice_id}/acceptance")
def accept(
    request: Request, session: DbSession, contract_id: str, notice_id: str, user: Inspector
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "performance.inspect", contract)
    at = service.clock.now()
    before = {n.id: n.answer for n in living.notices(session, contract_id)}
    row = performance.accept(session, contract_id, notice_id, actor=user.actor, at=at)
    if before.get(row.id) != row.answer:
        LifeLetters(service.settings).answered(session, contract, row, at)
    return redirect(request, f"/contracts/{contract_id}/life", notice="届を受理しました。")


@router.post("/contracts/{contract_id}/life/notices/{notice_id}/return")
def send_back(
    request: Request,
    session: DbSession,
    contract_id: str,
    notice_id: str,
    user: Inspector,
    reason: Reason = "",
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "performance.inspect", contract)
    at = service.clock.now()
    before = {n.id: n.answer for n in living.notices(session, contract_id)}
    row = performance.send_back(
        session, contract_id, notice_id, reason=reason, actor=user.actor, at=at
    )
    if before.get(row.id) != row.answer:
        LifeLetters(service.settings).answered(session, contract, row, at)
    return redirect(request, f"/contracts/{contract_id}/life", notice="届を受注者へ返しました。")


@router.post("/contracts/{contract_id}/life/vote")
def record_vote(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.vote"))],
    voted_on: Annotated[date, Form()],
    passed: Annotated[bool, Form()],
    bill_number: Annotated[str, Form(max_length=100)] = "",
    file: UploadFile | None = None,
) -> Response:
    """議決日・議案番号・議決書: from now on the city may sign, or the case has ended."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.vote", contract)
    at = service.clock.now()
    try:
        with session.begin_nested():
            first = living.vote(session, contract_id) is None
            row = council.record_vote(
                session,
                contract_id,
                voted_on=voted_on,
                bill_number=bill_number,
                passed=passed,
                files=keep(
                    service.store, [(file.filename or "", file.file.read())] if file else []
                ),
                actor=user.actor,
                at=at,
            )
            if first:
                LifeLetters(service.settings).voted(session, contract, row, at)
    except EContractError as error:
        return life_page(request, session, contract, user, error=error)
    return redirect(request, f"/contracts/{contract_id}/life", notice="議会の議決を記録しました。")


@router.post("/contracts/{contract_id}/life/cancellation")
def propose_cancellation(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.cancel"))],
    ground: Annotated[cancelling.Ground, Form()],
    effective_on: Annotated[date, Form()],
    reason: Reason = "",
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.cancel", contract)
    try:
        with session.begin_nested():
            cancelling.propose(
                session,
                contract_id,
                ground=ground,
                reason=reason,
                effective_on=effective_on,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as error:
        return life_page(request, session, contract, user, error=error)
    notice = "解除の伺いを契約担当者に回しました。まだ受注者には知らせていません。"
    return redirect(request, f"/contracts/{contract_id}/life", notice=notice)


@router.post("/contracts/{contract_id}/life/cancellation/{cancellation_id}")
def decide_cancellation(
    request: Request,
    session: DbSession,
    contract_id: str,
    cancellation_id: str,
    user: Annotated[Identity, Depends(require("contract.decide_cancel"))],
    agreed: Annotated[bool, Form()],
    answer: Reason = "",
) -> Response:
    service = get_service(request)
    at = service.clock.now()
    contract = queries.contract(session, contract_id)
    told = LifeLetters(service.settings)
    try:
        with session.begin_nested():
            cancelling.decide(
                session,
                contract_id,
                cancellation_id,
                agreed=agreed,
                answer=answer,
                tell=lambda own, found, row: told.cancelled(own, found, row, at),
                actor=user.actor,
                at=at,
            )
    except EContractError as error:
        return life_page(request, session, contract, user, error=error)
    notice = "契約を解除し、受注者へ通知しました。" if agreed else "解除の伺いを退けました。"
    return redirect(request, f"/contracts/{contract_id}/life", notice=notice)


@router.get("/contracts/{contract_id}/life/files/{sha256}")
@router.get("/vendor/contracts/{contract_id}/life/files/{sha256}")
def attached_file(
    request: Request, session: DbSession, contract_id: str, sha256: str, user: Reader
) -> Response:
    """A download, never shown inline; the hash must stand on a row of this very contract."""
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    name, data = living.attached_file(
        session, get_service(request).store, contract_id, sha256, actor=user.actor
    )
    ending = name.rpartition(".")[2] if "." in name else "bin"
    plain = ending if ending.isascii() and ending.isalnum() else "bin"
    return Response(
        data,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{contract.number}.{plain}"; '
            f"filename*=UTF-8''{quote(name)}"
        },
    )
