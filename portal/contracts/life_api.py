"""JSON API of a contract's life: /api/v1/contracts/{id}/life and the acts below it."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from econtract import amending, beside, cancelling, council, guarantees, performance, queries
from econtract.amending import Change
from econtract.attached import MAX_BYTES, MAX_FILES, keep
from econtract.guarantees import GuaranteeForm, Purpose
from econtract.performance import Kind
from econtract.repricing import NewPrices
from portal.contracts import life_view, presenting
from portal.contracts.guards import ensure_own, ensure_readable
from portal.contracts.life_letters import LifeLetters
from portal.contracts.parts import rules_of
from portal.contracts.sealed_keys import LONGEST_KEY, seal
from portal.contracts.vendor_life_pages import given
from portal.errors import BadRequest
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/api/v1/contracts/{contract_id}")

Press = Annotated[
    str | None,
    Header(alias="idempotency-key", pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
]
Reason = Annotated[str, Field(max_length=1000)]
LONGEST_BASE64 = MAX_BYTES * 4 // 3 + 8


class File(BaseModel):
    name: Annotated[str, Field(max_length=400)]
    content_base64: Annotated[str, Field(max_length=LONGEST_BASE64)]


Files = Annotated[list[File], Field(max_length=MAX_FILES)]


class NewNotice(BaseModel):
    kind: Kind
    performed_on: date
    note: Annotated[str, Field(max_length=2000)] = ""
    files: Files = []


class Answer(BaseModel):
    accepted: bool
    reason: Reason = ""


class NewGuarantee(BaseModel):
    purpose: Purpose
    form: guarantees.Form
    amount: Annotated[int, Field(ge=0, le=10**13)] = 0
    guarantor: Annotated[str, Field(max_length=400)] = ""
    number: Annotated[str, Field(max_length=60)] = ""
    key: Annotated[str, Field(max_length=LONGEST_KEY)] = ""
    valid_until: date | None = None
    reason: Reason = ""
    files: Files = []


class Vote(BaseModel):
    voted_on: date
    bill_number: Annotated[str, Field(max_length=60)]
    passed: bool
    evidence: File


class OtherChange(BaseModel):
    item: Annotated[str, Field(max_length=400)]
    before: Annotated[str, Field(max_length=400)] = ""
    after: Annotated[str, Field(max_length=400)] = ""


class NewAmendment(BaseModel):
    amount_change: Annotated[int, Field(ge=-(10**13), le=10**13)] = 0
    period_to: date | None = None
    reason: Reason
    others: Annotated[list[OtherChange], Field(max_length=amending.MAX_OTHER_CHANGES)] = []
    unit_prices: Annotated[str, Field(max_length=60_000)] = ""
    monthly_amount: Annotated[int, Field(gt=0, le=10**13)] | None = None
    prices_from: date | None = None
    dry_run: bool = False


class Proposal(BaseModel):
    ground: cancelling.Ground
    reason: Reason
    effective_on: date


class Decision(BaseModel):
    agreed: bool
    answer: Reason = ""


Recorder = Annotated[Identity, Depends(require("guarantee.record"))]


@router.get("/life")
def life(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.read"))],
) -> dict[str, Any]:
    """Terms in force, gates, notices with their clocks, guarantees (no keys), amendments."""
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    service = get_service(request)
    rules = life_view.life_rules_of(service)
    is_vendor = user.kind == "vendor"
    return life_view.as_json(session, contract, rules, service.clock.now(), for_vendor=is_vendor)


@router.post("/notices", status_code=201)
def give_notice(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: NewNotice,
    user: Annotated[Identity, Depends(require("performance.report"))],
    press: Press = None,
) -> dict[str, Any]:
    """The vendor's notice. Sent twice with one Idempotency-Key it is one."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    row = given(
        service,
        session,
        contract,
        user,
        kind=body.kind,
        performed_on=body.performed_on,
        note=body.note,
        files=_files(body.files),
        press=press,
    )
    warning = life_view.life_rules_of(service).inspection_warning_days
    today = calendar.jst_date(service.clock.now())
    return life_view.notice_json(contract, row, today, warning)


@router.post("/notices/{notice_id}/answer")
def answer_notice(
    request: Request,
    session: DbSession,
    contract_id: str,
    notice_id: str,
    body: Answer,
    user: Annotated[Identity, Depends(require("performance.inspect"))],
) -> dict[str, Any]:
    """受理 or 返却. Notices of completion are answered by recording an inspection."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "performance.inspect", contract)
    at = service.clock.now()
    if body.accepted:
        row = performance.accept(session, contract_id, notice_id, actor=user.actor, at=at)
    else:
        row = performance.send_back(
            session, contract_id, notice_id, reason=body.reason, actor=user.actor, at=at
        )
    LifeLetters(service.settings).answered(session, contract, row, at)
    warning = life_view.life_rules_of(service).inspection_warning_days
    return life_view.notice_json(contract, row, calendar.jst_date(at), warning)


@router.post("/guarantees", status_code=201)
def record_guarantee(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: NewGuarantee,
    user: Recorder,
    press: Press = None,
) -> dict[str, Any]:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.record", contract)
    row = guarantees.record(
        session,
        contract_id,
        GuaranteeForm(
            purpose=body.purpose,
            form=body.form,
            amount=Decimal(body.amount),
            guarantor=body.guarantor,
            number=body.number,
            sealed_key=seal(service.settings, contract_id, body.key),
            valid_until=body.valid_until,
            reason=body.reason,
            files=keep(service.store, _files(body.files)),
            press=press,
        ),
        actor=user.actor,
        at=service.clock.now(),
    )
    return {"id": row.id, "checked": row.checked_at is not None}


@router.post("/guarantees/{guarantee_id}/check")
def check_guarantee(
    request: Request,
    session: DbSession,
    contract_id: str,
    guarantee_id: str,
    user: Annotated[Identity, Depends(require("guarantee.check"))],
) -> dict[str, Any]:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "guarantee.check", contract)
    at = get_service(request).clock.now()
    row = guarantees.check(session, contract_id, guarantee_id, actor=user.actor, at=at)
    return {"id": row.id, "checked": True, "checked_by": row.checked_by_name}


@router.post("/vote")
def record_vote(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Vote,
    user: Annotated[Identity, Depends(require("contract.vote"))],
) -> dict[str, Any]:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.vote", contract)
    at = service.clock.now()
    row = council.record_vote(
        session,
        contract_id,
        voted_on=body.voted_on,
        bill_number=body.bill_number,
        passed=body.passed,
        files=keep(service.store, _files([body.evidence])),
        actor=user.actor,
        at=at,
    )
    if row.recorded_at == at:
        LifeLetters(service.settings).voted(session, contract, row, at)
    return presenting.full(session, contract)


@router.post("/amendments", status_code=201)
def amend(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: NewAmendment,
    user: Annotated[Identity, Depends(require("contract.amend"))],
    press: Press = None,
) -> dict[str, Any]:
    """Draft an amendment; with `dry_run` only the comparison, and nothing is written."""
    service = get_service(request)
    parent = beside.original(session, contract_id)
    ensure_own(user, "contract.amend", parent)
    rules, life_rules = rules_of(service), life_view.life_rules_of(service)
    at = service.clock.now()
    change = Change(
        amount_change=Decimal(body.amount_change),
        period_to=body.period_to,
        reason=body.reason,
        others=amending.checked_others([(o.item, o.before, o.after) for o in body.others]),
        prices=NewPrices(
            table=body.unit_prices,
            monthly=None if body.monthly_amount is None else Decimal(body.monthly_amount),
            valid_from=body.prices_from,
        ),
    )
    compared = amending.compare(
        session, parent, change, rules=rules, life=life_rules, day=calendar.jst_date(at)
    )
    answer: dict[str, Any] = {
        "parent": parent.number,
        "position": compared.position,
        "changes": [{"item": i, "before": b, "after": a} for i, b, a in compared.rows()],
        "cumulative_percent": str(compared.cumulative),
        "vote_needed": compared.vote_needed,
        "vote_reason": compared.vote_reason,
    }
    if not body.dry_run:
        child = amending.draft(
            session,
            parent.id,
            change,
            rules=rules,
            life=life_rules,
            press=press,
            actor=user.actor,
            at=at,
        )
        answer["contract"] = presenting.summary(session, child)
    return answer


@router.post("/cancellation")
def propose_cancellation(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Proposal,
    user: Annotated[Identity, Depends(require("contract.cancel"))],
) -> dict[str, Any]:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.cancel", contract)
    row = cancelling.propose(
        session,
        contract_id,
        ground=body.ground,
        reason=body.reason,
        effective_on=body.effective_on,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return {"id": row.id, "state": row.state}


@router.post("/cancellation/{cancellation_id}")
def decide_cancellation(
    request: Request,
    session: DbSession,
    contract_id: str,
    cancellation_id: str,
    body: Decision,
    user: Annotated[Identity, Depends(require("contract.decide_cancel"))],
) -> dict[str, Any]:
    service = get_service(request)
    at = service.clock.now()
    told = LifeLetters(service.settings)
    row = cancelling.decide(
        session,
        contract_id,
        cancellation_id,
        agreed=body.agreed,
        answer=body.answer,
        tell=lambda own, found, cancelled: told.cancelled(own, found, cancelled, at),
        actor=user.actor,
        at=at,
    )
    return {"id": row.id, "state": row.state, "effective_on": row.effective_on.isoformat()}


def _files(files: list[File]) -> list[tuple[str, bytes]]:
    found = []
    for file in files:
        try:
            found.append((file.name, base64.b64decode(file.content_base64, validate=True)))
        except (binascii.Error, ValueError) as error:
            raise BadRequest(
                field="files",
                detail_ja=f"「{file.name[:100]}」の content_base64 を読めません。",
                detail_en=f"content_base64 of '{file.name[:100]}' is not base64.",
            ) from error
    return found
