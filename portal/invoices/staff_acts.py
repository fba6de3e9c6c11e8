"""What staff press on an invoice: approve, return, hold, release, deduct, choose the contract.

Each answers with the page again: a refusal is told on it, beside what is true now.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from einvoice import approving, examining, preparing, queries, returning
from einvoice.due_dates import Fault
from einvoice.errors import EInvoiceError
from einvoice.models import ReceivedInvoice
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.refusals import PaymentOrderError
from einvoice.states import STEP_OF_STATE, State, Step
from portal.invoices.api import readable
from portal.invoices.parts import invoice_parts
from portal.invoices.rights import (
    ACTION_OF_STEP,
    desk_of,
    ensure_at_hand,
    ensure_release,
    ensure_step,
)
from portal.invoices.staff import invoice_page
from portal.pages import redirect
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/invoices/{invoice_id}")

Lister = Annotated[Identity, Depends(require("invoice.list"))]
Inspector = Annotated[Identity, Depends(require("invoice.inspect"))]
Returner = Annotated[Identity, Depends(require("invoice.return"))]
Words = Annotated[str, Form(max_length=2000)]
_NEXT = {
    Step.SECTION: "会計課へ送りました。",
    Step.HEAD: "会計課へ送りました。",
    Step.ACCOUNTING: "審査を終えました。",
    Step.TREASURER: "決裁しました。支払準備に進みます。",
}


@router.post("/approve")
def approve(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Lister,
    step: Annotated[Step, Form()],
    seen: Annotated[int, Form()],
    comment: Words = "",
) -> Response:
    parts = invoice_parts(get_service(request))
    row = readable(session, user, invoice_id)
    capacity = ensure_step(session, user, row, step, calendar.jst_date(parts.clock.now()))

    def act() -> None:
        approving.approve(
            session,
            parts,
            invoice_id=row.id,
            step=step,
            seen=seen,
            actor=user.actor,
            at=parts.clock.now(),
            comment=comment,
            capacity=capacity,
        )

    done = _done(request, session, user, row, act)
    if done:
        return done
    session.refresh(row)
    words = "課の決裁へ送りました。" if row.status is State.AT_HEAD else _NEXT[step]
    return redirect(request, "/invoices", notice=f"請求書 {row.receipt_no}：{words}")


@router.post("/return")
def give_back(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Returner,
    seen: Annotated[int, Form()],
    checks: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006  FastAPI copies it
    note: Words = "",
    fault: Annotated[Fault, Form()] = Fault.SLIGHT,
) -> Response:
    row = readable(session, user, invoice_id)
    ensure_at_hand(user, row)
    at = get_service(request).clock.now()

    def act() -> None:
        returning.give_back(
            session,
            invoice_id=row.id,
            seen=seen,
            actor=user.actor,
            at=at,
            checks=checks,
            note=note,
            fault=fault,
        )

    done = _done(request, session, user, row, act)
    return done or redirect(
        request,
        f"/invoices/{row.receipt_no}",
        notice=f"請求書 {row.receipt_no} を返戻し、受注者へ理由をメールで知らせました。",
    )


@router.post("/send-back")
def send_back(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Annotated[Identity, Depends(require("invoice.list"))],
    seen: Annotated[int, Form()],
    reason: Words = "",
) -> Response:
    row = readable(session, user, invoice_id)
    at = get_service(request).clock.now()
    ensure_step(session, user, row, _step_of(row), calendar.jst_date(at))

    def act() -> None:
        approving.send_back(
            session, invoice_id=row.id, seen=seen, actor=user.actor, at=at, reason=reason
        )

    done = _done(request, session, user, row, act)
    return done or redirect(request, "/invoices", notice="担当課へ差し戻しました。")


@router.post("/hold")
def hold(
    request: Request, session: DbSession, invoice_id: str, user: Returner, reason: Words = ""
) -> Response:
    row = readable(session, user, invoice_id)
    at = get_service(request).clock.now()

    def act() -> None:
        approving.hold(
            session,
            invoice_id=row.id,
            actor=user.actor,
            at=at,
            reason=reason,
            desk=desk_of(user),
        )

    done = _done(request, session, user, row, act)
    return done or _again(request, row, "保留にしました。")


@router.post("/lift-hold")
def lift_hold(
    request: Request, session: DbSession, invoice_id: str, user: Returner, reason: Words = ""
) -> Response:
    row = readable(session, user, invoice_id)
    ensure_at_hand(user, row)
    at = get_service(request).clock.now()

    def act() -> None:
        approving.lift_hold(
            session,
            invoice_id=row.id,
            actor=user.actor,
            at=at,
            reason=reason,
            desk=desk_of(user),
        )

    done = _done(request, session, user, row, act)
    return done or _again(request, row, "保留を解除しました。")


@router.post("/release")
def release(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Returner,
    check: Annotated[str, Form(max_length=60)],
    reason: Words = "",
) -> Response:
    row = readable(session, user, invoice_id)
    ensure_release(session, user, row, check)
    at = get_service(request).clock.now()

    def act() -> None:
        approving.release(
            session,
            invoice_id=row.id,
            check_id=check,
            actor=user.actor,
            at=at,
            reason=reason,
        )

    done = _done(request, session, user, row, act)
    return done or _again(request, row, f"指摘 {check} を解除しました。")


@router.post("/examine")
def examine_again(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Annotated[Identity, Depends(require("invoice.receive"))],
) -> Response:
    """Have an examination tried again that gave up."""
    row = readable(session, user, invoice_id)
    at = get_service(request).clock.now()
    examining.try_again(session, invoice_id=row.id, actor=user.actor, at=at)
    return _again(request, row, "もう一度、自動の確認にかけました。")


@router.post("/contract")
def choose_contract(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Inspector,
    contract_no: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    parts = invoice_parts(get_service(request))
    row = _inspectable(session, user, invoice_id)

    def act() -> None:
        preparing.choose_contract(
            session,
            parts,
            invoice_id=row.id,
            contract_no=contract_no,
            actor=user.actor,
            at=parts.clock.now(),
        )

    done = _done(request, session, user, row, act)
    return done or _again(request, row, "契約を選び、照合し直しました。")


@router.post("/deductions")
def set_deductions(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Inspector,
    kind: Annotated[DeductionKind, Form()],
    amount: Annotated[str, Form(max_length=20)] = "",
    base: Annotated[str, Form(max_length=20)] = "",
    income_number: Annotated[str, Form(max_length=50)] = "",
    reason: Words = "",
) -> Response:
    """Add one deduction, or take all off with an amount of 0."""
    parts = invoice_parts(get_service(request))
    row = _inspectable(session, user, invoice_id)

    def act() -> None:
        wanted = _yen(amount, "amount", row)
        kept = [
            Deduction(
                kind=DeductionKind(item.kind),
                base=item.base,
                amount=item.amount,
                income_number=item.income_number,
                payee=item.payee,
            )
            for item in queries.deductions(session, row.id)
            if item.kind != kind.value
        ]
        if wanted > 0:
            new = Deduction(
                kind=kind,
                base=_yen(base or "0", "base", row),
                amount=wanted,
                income_number=income_number.strip(),
            )
            kept.append(new)
        preparing.set_deductions(
            session,
            parts,
            invoice_id=row.id,
            deductions=kept,
            actor=user.actor,
            at=parts.clock.now(),
            reason=reason,
        )

    done = _done(request, session, user, row, act)
    return done or _again(request, row, "控除を記録し、照合し直しました。")


def _done(
    request: Request,
    session: Session,
    user: Identity,
    row: ReceivedInvoice,
    act: Callable[[], None],
) -> Response | None:
    """Do it; a refusal undoes the act alone and is shown on the invoice's page."""
    try:
        with session.begin_nested():
            act()
    except EInvoiceError as error:
        session.expire_all()
        fresh = readable(session, user, row.id)
        return invoice_page(request, session, user, fresh, error)
    return None


def _again(request: Request, row: ReceivedInvoice, words: str) -> Response:
    return redirect(request, f"/invoices/{row.receipt_no}", notice=words)


def _inspectable(session: Session, user: Identity, invoice_id: str) -> ReceivedInvoice:
    row = readable(session, user, invoice_id)
    if row.section is not None:
        ensure(user, ACTION_OF_STEP[Step.SECTION], vendor_id=row.vendor_id, department=row.section)
    return row


def _step_of(row: ReceivedInvoice) -> Step:
    return STEP_OF_STATE.get(row.status, Step.ACCOUNTING)


def _yen(text: str, field: str, row: ReceivedInvoice) -> Decimal:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("円", "").strip()
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal(-1)
    if (
        not amount.is_finite()
        or amount < 0
        or amount != amount.to_integral_value()
        or amount > 10**15
    ):
        raise PaymentOrderError(
            field=field,
            order=row.receipt_no,
            reason_ja=f"「{text}」は金額（0円以上の整数）として読めません",
            reason_en=f"“{text}” is no amount of yen",
        )
    return amount
