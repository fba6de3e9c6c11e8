"""JSON API of the city's desks: inspect, approve, return. The way to the bank is `api_payments`.

`seen` in a body is the invoice's `version` that the person decided on; a decision on an older one
is answered 409 with who was faster. Pressing twice answers the same twice.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from einvoice import approving, committing, examining, inspection, preparing, returning
from einvoice.due_dates import Fault
from einvoice.models import ReceivedInvoice
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.states import STEP_OF_STATE, Step
from portal import tally
from portal.errors import NotFound
from portal.invoices import presenting
from portal.invoices.api import Because, readable
from portal.invoices.parts import invoice_parts
from portal.invoices.rights import (
    ACTION_OF_STEP,
    desk_of,
    ensure_at_hand,
    ensure_release,
    ensure_step,
)
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/api/v1")

Text = Annotated[str, Field(max_length=2000)]
Number = Annotated[str, Field(max_length=100)]
Yen = Annotated[int, Field(ge=0, le=10**15)]


class AcceptedItem(BaseModel):
    contract_line: Number | None = None
    name: Annotated[str, Field(max_length=300)] = ""
    quantity: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)] | None = None
    gross: Yen | None = None


class NewInspection(BaseModel):
    contract_no: Number
    passed: bool = True
    notified_on: date
    inspected_on: date
    items: Annotated[list[AcceptedItem], Field(max_length=2000)] = []
    period: tuple[date, date] | None = None
    performed_on: date | None = None
    note: Text = ""
    number: Annotated[str, Field(max_length=50)] | None = None


class NewCommitment(BaseModel):
    number: Annotated[str, Field(max_length=50)]
    contract_no: Number
    fiscal_year: Annotated[int, Field(ge=2019, le=2100)]
    dated_on: date
    amount: Yen
    account: Annotated[str, Field(max_length=10)]
    section: Annotated[str, Field(max_length=10)]
    kan: Annotated[str, Field(max_length=10)]
    kou: Annotated[str, Field(max_length=10)]
    moku: Annotated[str, Field(max_length=10)]
    jigyo: Annotated[str, Field(max_length=10)]
    setsu: Annotated[str, Field(max_length=10)]
    saisetsu: Annotated[str, Field(max_length=10)]
    is_combined: bool = False
    carried_over: bool = False


class Approval(BaseModel):
    step: Step
    seen: int
    comment: Text = ""


class Return(BaseModel):
    seen: int
    checks: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] = []
    note: Text = ""
    fault: Fault = Fault.SLIGHT


class SendBack(Because):
    seen: int


class Release(Because):
    check: Annotated[str, Field(max_length=60)]


class OneDeduction(BaseModel):
    kind: DeductionKind
    base: Yen
    amount: Yen
    income_number: Annotated[str, Field(max_length=50)] = ""
    payee: Annotated[str, Field(max_length=300)] = ""


class Deductions(BaseModel):
    deductions: Annotated[list[OneDeduction], Field(max_length=50)]
    reason: Text = ""


class Choice(BaseModel):
    contract_no: Number


Inspector = Annotated[Identity, Depends(require("invoice.inspect"))]
Returner = Annotated[Identity, Depends(require("invoice.return"))]


@router.post("/inspections", status_code=201)
def record_inspection(
    request: Request,
    session: DbSession,
    body: NewInspection,
    user: Inspector,
    press: Annotated[
        str | None,
        Header(alias="idempotency-key", pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    ] = None,
) -> dict[str, Any]:
    """Record an inspection; invoices that wait for it are matched anew at once.

    Sent twice with the same `number` or the same Idempotency-Key (a UUID) it is one.
    """
    parts = invoice_parts(get_service(request))
    at = parts.clock.now()
    terms = parts.contracts.by_number(session, body.contract_no)
    if terms is None:
        raise NotFound()
    ensure(user, "performance.inspect", vendor_id=terms.vendor_id, department=terms.section)
    form = inspection.InspectionForm(
        passed=body.passed,
        notified_on=body.notified_on,
        inspected_on=body.inspected_on,
        items=tuple(
            inspection.AcceptedItem(
                contract_line=item.contract_line,
                name=item.name,
                quantity=item.quantity,
                gross=Decimal(item.gross) if item.gross is not None else None,
            )
            for item in body.items
        ),
        period=body.period,
        performed_on=body.performed_on,
        note=body.note,
        number=body.number,
        press=press,
    )
    row = inspection.record(session, terms, form, actor=user.actor, at=at)
    tally.answer_notices(session, row, actor=user.actor, at=at)
    matched = examining.rematch_contract(session, parts, contract_no=terms.number, at=at)
    return {**presenting.inspection(row), "matched": matched}


@router.post("/commitments", status_code=201)
def record_commitment(
    request: Request, session: DbSession, body: NewCommitment, user: Inspector
) -> dict[str, Any]:
    """Enter the 支出負担行為 that the city's accounting system has made for a contract."""
    parts = invoice_parts(get_service(request))
    at = parts.clock.now()
    row = committing.record(
        session,
        committing.CommitmentForm(**{**body.model_dump(), "amount": Decimal(body.amount)}),
        actor=user.actor,
        at=at,
    )
    matched = examining.rematch_contract(session, parts, contract_no=row.contract_no, at=at)
    return {"id": row.id, "number": row.number, "matched": matched}


@router.post("/invoices/{invoice_id}/approve")
def approve(
    request: Request,
    session: DbSession,
    invoice_id: str,
    body: Approval,
    user: Annotated[Identity, Depends(require("invoice.list"))],
) -> dict[str, Any]:
    parts = invoice_parts(get_service(request))
    row = readable(session, user, invoice_id)
    today = calendar.jst_date(parts.clock.now())
    capacity = ensure_step(session, user, row, body.step, today)
    approving.approve(
        session,
        parts,
        invoice_id=row.id,
        step=body.step,
        seen=body.seen,
        actor=user.actor,
        at=parts.clock.now(),
        comment=body.comment,
        capacity=capacity,
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/return")
def give_back(
    request: Request, session: DbSession, invoice_id: str, body: Return, user: Returner
) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    ensure_at_hand(user, row)
    returning.give_back(
        session,
        invoice_id=row.id,
        seen=body.seen,
        actor=user.actor,
        at=get_service(request).clock.now(),
        checks=body.checks,
        note=body.note,
        fault=body.fault,
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/send-back")
def send_back(
    request: Request,
    session: DbSession,
    invoice_id: str,
    body: SendBack,
    user: Annotated[Identity, Depends(require("invoice.list"))],
) -> dict[str, Any]:
    """Whoever may decide at the step it stands at may send it back to 担当課."""
    row = readable(session, user, invoice_id)
    today = calendar.jst_date(get_service(request).clock.now())
    ensure_step(session, user, row, STEP_OF_STATE.get(row.status, Step.ACCOUNTING), today)
    approving.send_back(
        session,
        invoice_id=row.id,
        seen=body.seen,
        actor=user.actor,
        at=get_service(request).clock.now(),
        reason=body.reason,
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/hold")
def hold(
    request: Request, session: DbSession, invoice_id: str, body: Because, user: Returner
) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    at = get_service(request).clock.now()
    approving.hold(
        session,
        invoice_id=row.id,
        actor=user.actor,
        at=at,
        reason=body.reason,
        desk=desk_of(user),
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/lift-hold")
def lift_hold(
    request: Request, session: DbSession, invoice_id: str, body: Because, user: Returner
) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    ensure_at_hand(user, row)
    at = get_service(request).clock.now()
    approving.lift_hold(
        session,
        invoice_id=row.id,
        actor=user.actor,
        at=at,
        reason=body.reason,
        desk=desk_of(user),
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/release")
def release(
    request: Request, session: DbSession, invoice_id: str, body: Release, user: Returner
) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    ensure_release(session, user, row, body.check)
    approving.release(
        session,
        invoice_id=row.id,
        check_id=body.check,
        actor=user.actor,
        at=get_service(request).clock.now(),
        reason=body.reason,
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/deductions")
def set_deductions(
    request: Request, session: DbSession, invoice_id: str, body: Deductions, user: Inspector
) -> dict[str, Any]:
    parts = invoice_parts(get_service(request))
    row = _inspectable(session, user, invoice_id)
    preparing.set_deductions(
        session,
        parts,
        invoice_id=row.id,
        deductions=[
            Deduction(
                kind=item.kind,
                base=Decimal(item.base),
                amount=Decimal(item.amount),
                income_number=item.income_number,
                payee=item.payee,
            )
            for item in body.deductions
        ],
        actor=user.actor,
        at=parts.clock.now(),
        reason=body.reason,
    )
    return presenting.full(session, row)


@router.post("/invoices/{invoice_id}/contract")
def choose_contract(
    request: Request, session: DbSession, invoice_id: str, body: Choice, user: Inspector
) -> dict[str, Any]:
    parts = invoice_parts(get_service(request))
    row = _inspectable(session, user, invoice_id)
    preparing.choose_contract(
        session,
        parts,
        invoice_id=row.id,
        contract_no=body.contract_no,
        actor=user.actor,
        at=parts.clock.now(),
    )
    return presenting.full(session, row)


def _inspectable(session: Session, user: Identity, invoice_id: str) -> ReceivedInvoice:
    row = readable(session, user, invoice_id)
    if row.section is not None:
        ensure(user, ACTION_OF_STEP[Step.SECTION], vendor_id=row.vendor_id, department=row.section)
    return row
