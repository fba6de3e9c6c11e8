"""JSON API of the invoice's walk for vendors and for reading: /api/v1/invoices…

    POST /api/v1/invoices                 the XML (or a ZIP) as the request's body
    POST /api/v1/invoices/form            a form instead: the service makes the XML
    GET  /api/v1/invoices                 one's own list
    GET  /api/v1/invoices/{id}            id or receipt number
    GET  /api/v1/invoices/{id}/original   the bytes as they were received
    POST /api/v1/invoices/{id}/withdraw

What staff do is in `api_desk`. Every act answers with the whole invoice.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from einvoice import queries, queues, receiving, returning
from einvoice.models import ReceivedInvoice
from einvoice.receiving import Channel
from einvoice.states import State
from einvoice.writing import write
from portal.accounts.models import Vendor
from portal.errors import NotFound
from portal.invoices import form as forms
from portal.invoices import presenting
from portal.invoices.originals import original_answer
from portal.invoices.parts import invoice_parts
from portal.invoices.taking_in import Taken, take_in
from portal.security import Identity, Role, ensure, idempotency, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1")

Submitter = Annotated[Identity, Depends(require("invoice.submit"))]
Reader = Annotated[Identity, Depends(require("invoice.read"))]
Reason = Annotated[str, Field(max_length=2000)]


Key = Annotated[str | None, Header(alias="idempotency-key", max_length=200)]
Text = Annotated[str, Field(max_length=200)]


class FormLine(BaseModel):
    """One line: amounts as text, without tax; rate "10", "8" or "0"."""

    name: Text
    quantity: Text = "1"
    unit: Text = ""
    price: Text
    rate: Text = "10"


class FormInvoice(BaseModel):
    """What a vendor without an invoicing system states; days ISO 8601."""

    contract: Text
    number: Text
    issue_date: Text
    start: Text
    end: Text
    note: Annotated[str, Field(max_length=1000)] = ""
    prepaid: Text = ""
    lines: Annotated[list[FormLine], Field(min_length=1, max_length=forms.MAX_LINES)]


class Because(BaseModel):
    reason: Reason


@router.post("/invoices")
def submit(
    request: Request,
    session: DbSession,
    data: Annotated[bytes, Body(media_type="application/xml")],
    user: Submitter,
    file_name: Annotated[str, Header(alias="x-file-name", max_length=255)] = "invoice.xml",
    idempotency_key: Key = None,
) -> Response:
    """Take in one XML invoice, or a ZIP of them. 201 with the receipt; 200 when it was known; 202
    for a ZIP that is worked off as a batch."""
    ensure(user, "invoice.submit", vendor_id=user.vendor_id)
    status, body = idempotency.once(
        session,
        holder_id=user.id,
        key=idempotency_key,
        request=data,
        at=get_service(request).clock.now(),
        act=lambda: _submit(session, request, user, data, file_name),
    )
    return JSONResponse(body, status_code=status)


def _submit(
    session: DbSession, request: Request, user: Identity, data: bytes, file_name: str
) -> idempotency.Answer:
    service = get_service(request)
    name = file_name
    if receiving.is_archive(data) and not name.lower().endswith(".zip"):
        name = "invoices.zip"
    taken = take_in(
        session,
        service,
        [(name, data)],
        user=user,
        vendor_id=user.vendor_id,
        channel=Channel.API,
    )
    if taken.batches:
        (batch,) = taken.batches
        status = 200 if batch.already else 202
        return status, presenting.batch_receipt(batch)
    if len(taken.receipts) + len(taken.refused) == 1 and not name.lower().endswith(".zip"):
        if taken.refused:
            raise taken.refused[0][1]
        (found,) = taken.receipts
        return 200 if found.already else 201, presenting.receipt(found)
    return 201 if taken.receipts else 400, _many(taken)


@router.post("/invoices/form", status_code=201)
def submit_form(
    request: Request, session: DbSession, body: FormInvoice, user: Submitter, key: Key = None
) -> Response:
    """Take in an invoice as plain JSON: the service makes the JP PINT XML from it, the contract and
    the vendor register, as the form on screen does. 400 names every field that cannot be read."""
    ensure(user, "invoice.submit", vendor_id=user.vendor_id)
    status, told = idempotency.once(
        session,
        holder_id=user.id,
        key=key,
        request=body.model_dump_json().encode(),
        at=get_service(request).clock.now(),
        act=lambda: _submit_form(session, request, user, body),
    )
    return JSONResponse(told, status_code=status)


def _submit_form(
    session: DbSession, request: Request, user: Identity, body: FormInvoice
) -> idempotency.Answer:
    service = get_service(request)
    contract = invoice_parts(service).contracts.by_number(session, body.contract)
    if contract is None or contract.vendor_id != user.vendor_id or not contract.is_concluded:
        raise NotFound()
    form = {
        **{name: getattr(body, name) for name in forms.TEXT_FIELDS},
        "lines": [line.model_dump() for line in body.lines],
    }
    vendor = session.get_one(Vendor, user.vendor_id)
    invoice, wrong = forms.composed(form, contract, vendor, service.settings.city)
    if invoice is None:
        errors = [{"field": error.field, "message": {"ja": error.ja}} for error in wrong]
        return 400, {"code": "portal.invoice_form", "errors": errors}
    found = receiving.receive(
        session,
        store=service.store,
        data=write(invoice),
        name=f"{invoice.number}.xml",
        channel=Channel.API,
        vendor_id=user.vendor_id,
        actor=user.actor,
        at=service.clock.now(),
    )
    return 200 if found.already else 201, presenting.receipt(found)


@router.get("/invoices")
def list_invoices(
    session: DbSession,
    user: Annotated[Identity, Depends(require("invoice.list"))],
    state: State | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    contract: Annotated[str | None, Query(max_length=100)] = None,
    submission: Annotated[str | None, Query(max_length=36)] = None,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Newest first. `next` is the `before` of the following page."""
    wanted = queues.QueueFilter(
        states=(state,) if state else (),
        vendor_id=user.vendor_id if user.kind == "vendor" else None,
        section=section_of(user),
        contract_no=contract,
        text=q,
        submission=submission,
    )
    rows = queues.newest(session, wanted, limit=limit, before=before)
    return {
        "invoices": [presenting.summary(row) for row in rows],
        "next": rows[-1].serial if len(rows) == limit else None,
    }


@router.get("/invoices/{invoice_id}")
def show(request: Request, session: DbSession, invoice_id: str, user: Reader) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    found = presenting.full(session, row, for_vendor=user.kind == "vendor")
    if row.contract_no and user.kind == "staff":
        parts = invoice_parts(get_service(request))
        terms = parts.contracts.by_number(session, row.contract_no)
        found["contract"] = presenting.contract_side(session, terms) if terms else None
    return found


@router.get("/invoices/{invoice_id}/original")
def original(request: Request, session: DbSession, invoice_id: str, user: Reader) -> Response:
    """The bytes as they were received, re-hashed on the way."""
    row = readable(session, user, invoice_id)
    data = get_service(request).store.read(row.original_sha256)
    return original_answer(data, row)


@router.post("/invoices/{invoice_id}/withdraw")
def withdraw(
    request: Request, session: DbSession, invoice_id: str, body: Because, user: Submitter
) -> dict[str, Any]:
    row = readable(session, user, invoice_id)
    returning.withdraw(
        session,
        invoice_id=row.id,
        vendor_id=user.vendor_id or "",
        actor=user.actor,
        at=get_service(request).clock.now(),
        reason=body.reason,
    )
    return presenting.full(session, row, for_vendor=True)


def readable(session: DbSession, user: Identity, invoice_id: str) -> ReceivedInvoice:
    """The invoice, if this person may see it. A vendor is told the same of another's invoice as
    of one that does not exist."""
    if user.kind == "vendor":
        return queries.invoice_of_vendor(session, invoice_id, user.vendor_id or "")
    row = queries.invoice(session, invoice_id)
    facts = {"vendor_id": row.vendor_id, "department": row.section}
    # Before its contract is known an invoice has no section: every section may look for it.
    if row.section is not None:
        ensure(user, "invoice.read", **facts)
    elif not user.roles & {Role.DEPARTMENT, Role.ACCOUNTING, Role.TREASURER, Role.AUDITOR}:
        raise NotFound()
    return row


def section_of(user: Identity) -> str | None:
    """A section's people see their section's invoices; the others all."""
    return user.department if user.roles == {Role.DEPARTMENT} else None


def _many(taken: Taken) -> dict[str, Any]:
    return {
        "submission": taken.submission,
        "receipts": [presenting.receipt(found) for found in taken.receipts],
        "refused": [
            {
                "name": name,
                "code": error.code,
                "message": {"ja": error.message_ja, "en": error.message_en},
                "remedy": {"ja": error.remedy_ja, "en": error.remedy_en},
            }
            for name, error in taken.refused
        ],
    }
