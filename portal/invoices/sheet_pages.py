"""Registering a paper or PDF invoice with typed data: one page for vendors, one for the city."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session

from einvoice import receiving
from einvoice.contract_terms import ContractTerms
from einvoice.receiving import MAX_BYTES, Channel
from einvoice.refusals import IntakeError
from portal.accounts.models import Vendor
from portal.invoices.form import FieldError
from portal.invoices.parts import invoice_parts
from portal.invoices.sheets import FIELDS, sheet_of
from portal.pages import redirect, render
from portal.security import Identity, Role, ensure, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Submitter = Annotated[Identity, Depends(require("invoice.submit"))]
Receiver = Annotated[Identity, Depends(require("invoice.receive"))]
Word = Annotated[str, Form(max_length=200)]
VENDOR_PATH, STAFF_PATH = "/vendor/invoices/sheets", "/invoices/sheets"


def typed_values(
    contract: Word = "",
    number: Word = "",
    issue_date: Word = "",
    start: Word = "",
    end: Word = "",
    base_10: Word = "",
    base_8: Word = "",
    base_0: Word = "",
    payable: Word = "",
    marked: Word = "",
) -> dict[str, str]:
    """What was typed beside the file, by field."""
    given = (number, issue_date, start, end, base_10, base_8, base_0, payable)
    return {"contract": contract, "marked": marked, **dict(zip(FIELDS, given, strict=True))}


Typed = Annotated[dict[str, str], Depends(typed_values)]


@router.get(VENDOR_PATH)
def begin(request: Request, session: DbSession, user: Submitter, contract: str = "") -> Response:
    return _page(request, session, user, {"contract": contract}, [])


@router.get(STAFF_PATH)
def begin_for_the_city(
    request: Request, session: DbSession, user: Receiver, contract: str = ""
) -> Response:
    return _page(request, session, user, {"contract": contract}, [])


@router.post(VENDOR_PATH)
def send(
    request: Request,
    session: DbSession,
    user: Submitter,
    file: UploadFile,
    typed: Typed,
) -> Response:
    return _take(request, session, user, file, typed)


@router.post(STAFF_PATH)
def send_for_the_city(
    request: Request,
    session: DbSession,
    user: Receiver,
    file: UploadFile,
    typed: Typed,
) -> Response:
    return _take(request, session, user, file, typed)


def _take(
    request: Request, session: Session, user: Identity, file: UploadFile, typed: dict[str, str]
) -> Response:
    service = get_service(request)
    terms = _contract(request, session, user, typed["contract"])
    if terms is None:
        words = "契約番号から契約が見つかりません。契約書の番号を確かめてください。"
        return _page(request, session, user, typed, [FieldError("contract", words)])
    sheet, number, wrong = sheet_of(
        typed,
        marked=typed["marked"] == "yes",
        typed_by=user.name,
        contract=terms,
        vendor=session.get_one(Vendor, terms.vendor_id),
        city=service.settings.city,
    )
    if sheet is None:
        return _page(request, session, user, typed, wrong)
    try:
        found = receiving.receive(
            session,
            store=service.store,
            data=file.file.read(MAX_BYTES + 1),
            name=file.filename or f"{number}.pdf",
            channel=Channel.SCAN,
            vendor_id=terms.vendor_id,
            actor=user.actor,
            at=service.clock.now(),
            sheet=sheet,
        )
    except IntakeError as refused:
        words = f"{refused.message_ja}{refused.remedy_ja}"
        return _page(request, session, user, typed, [FieldError("file-file", words)])
    words = f"受け付けました。受付番号は {found.receipt_no} です。"
    if found.already:
        words = f"同じファイルを受付済みです。受付番号は {found.receipt_no} です。"
    folder = "/vendor/invoices" if user.kind == "vendor" else "/invoices"
    return redirect(request, f"{folder}/{found.receipt_no}", notice=words)


def _contract(
    request: Request, session: Session, user: Identity, number: str
) -> ContractTerms | None:
    """A concluded contract this person may register an invoice for; None for any other."""
    parts = invoice_parts(get_service(request))
    terms = parts.contracts.by_number(session, number) if number.strip() else None
    if terms is None or not terms.is_concluded:
        return None
    if user.kind == "vendor":
        if terms.vendor_id != user.vendor_id:
            return None
        ensure(user, "invoice.submit", vendor_id=terms.vendor_id)
    elif user.roles == {Role.DEPARTMENT} and terms.section != user.department:
        return None
    return terms


def _page(
    request: Request,
    session: Session,
    user: Identity,
    typed: dict[str, str],
    wrong: list[FieldError],
) -> Response:
    service = get_service(request)
    own = []
    if user.kind == "vendor":
        rows = invoice_parts(service).contracts.of_vendor(session, user.vendor_id or "")
        own = [(row.number, f"{row.number}　{row.title}") for row in rows]
    today: date = calendar.jst_date(service.clock.now())
    return render(
        request,
        "invoices/sheet.html",
        {
            "typed": {"issue_date": today.isoformat(), "marked": "", **typed},
            "contracts": own,
            "for_vendor": user.kind == "vendor",
            "action": VENDOR_PATH if user.kind == "vendor" else STAFF_PATH,
            "wrong": {error.field: error.ja for error in wrong},
            "errors": [
                (e.field if e.field.startswith("file-") else f"field-{e.field}", e.ja)
                for e in wrong
            ],
        },
        status=400 if wrong else 200,
    )
