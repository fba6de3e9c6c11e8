"""Making an invoice on screen: 1 what is claimed · 2 look and send · 3 the receipt.

The draft is saved at every step; sending it twice sends it once, because the draft remembers the
receipt it became.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from einvoice import queries, receiving
from einvoice.contract_terms import ContractTerms
from einvoice.invoice import Invoice
from einvoice.models import InvoiceDraft, ReceivedInvoice
from einvoice.receiving import Channel
from einvoice.view import view_html
from einvoice.writing import write
from portal.accounts.models import Vendor
from portal.errors import NotFound
from portal.invoices import form as forms
from portal.invoices import showing
from portal.invoices.form import FieldError
from portal.invoices.parts import invoice_parts
from portal.pages import redirect, render
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter(prefix="/vendor/drafts")

Submitter = Annotated[Identity, Depends(require("invoice.submit"))]
Word = Annotated[str, Form(max_length=300)]
Column = Annotated[list[str], Form(max_length=forms.MAX_LINES)]
MOST_DRAFTS = 50


@router.post("")
def begin(
    request: Request,
    session: DbSession,
    user: Submitter,
    contract: Annotated[str, Form(max_length=100)],
) -> Response:
    """A new draft against a contract, or the one that is open for it already."""
    service = get_service(request)
    terms = _contract(request, session, user, contract)
    at = service.clock.now()
    drafts = queries.drafts(session, user.vendor_id or "")
    for known in drafts:
        if known.contract_no == terms.number:
            return redirect(request, f"/vendor/drafts/{known.id}")
    for old in drafts[MOST_DRAFTS - 1 :]:
        session.delete(old)
    bar = showing.bar(session, terms, None)
    ahead = sum(
        (
            row.payable or Decimal(0)
            for row in queries.claims_on(session, terms.number)
            if row.claim_kind != "ordinary"
        ),
        Decimal(0),
    )
    draft = InvoiceDraft(
        id=new_id(),
        vendor_id=user.vendor_id or "",
        contract_no=terms.number,
        form=forms.prefilled(
            terms, calendar.jst_date(at), bar.left, ahead, queries.unclaimed(session, terms.number)
        ),
        updated_at=at,
    )
    session.add(draft)
    session.flush()
    return redirect(request, f"/vendor/drafts/{draft.id}")


@router.get("/{draft_id}")
def edit(request: Request, session: DbSession, draft_id: str, user: Submitter) -> Response:
    draft = _draft(session, user, draft_id)
    sent = _sent(request, session, draft)
    return sent or _edit(request, session, user, draft, [])


def _edit(
    request: Request,
    session: Session,
    user: Identity,
    draft: InvoiceDraft,
    wrong: list[FieldError],
) -> Response:
    terms = _contract(request, session, user, draft.contract_no)
    return render(
        request,
        "invoices/form.html",
        {
            "draft": draft,
            "form": draft.form,
            "terms": terms,
            "bar": showing.bar(session, terms, None),
            "rates": forms.RATES,
            "wrong": {error.field: error.ja for error in wrong},
            "errors": [(f"field-{error.field}", error.ja) for error in wrong],
        },
        status=400 if wrong else 200,
    )


@router.post("/{draft_id}")
def save(
    request: Request,
    session: DbSession,
    draft_id: str,
    user: Submitter,
    number: Word = "",
    issue_date: Word = "",
    start: Word = "",
    end: Word = "",
    note: Annotated[str, Form(max_length=1000)] = "",
    prepaid: Word = "",
    name: Column = [],  # noqa: B006  FastAPI copies it
    quantity: Column = [],  # noqa: B006
    unit: Column = [],  # noqa: B006
    price: Column = [],  # noqa: B006
    rate: Column = [],  # noqa: B006
    act: Annotated[str, Form(max_length=10)] = "next",
) -> Response:
    """Save; "add" gives another line, "next" goes on when everything can be read."""
    draft = _draft(session, user, draft_id, lock=True)
    if sent := _sent(request, session, draft):
        return sent
    fields = {
        "number": number,
        "issue_date": issue_date,
        "start": start,
        "end": end,
        "note": note,
        "prepaid": prepaid,
    }
    columns = {"name": name, "quantity": quantity, "unit": unit, "price": price, "rate": rate}
    form = forms.from_fields(fields, columns)
    if act == "add" and len(form["lines"]) < forms.MAX_LINES:
        form["lines"].append({"name": "", "quantity": "1", "unit": "", "price": "", "rate": "10"})
    draft.form, draft.updated_at = form, get_service(request).clock.now()
    session.flush()
    if act == "add":
        return _edit(request, session, user, draft, [])
    if act == "later":
        return redirect(
            request, "/vendor/invoices", notice="下書きを保存しました。一覧から続けられます。"
        )
    _, wrong = _composed(request, session, user, draft)
    if wrong:
        return _edit(request, session, user, draft, wrong)
    return redirect(request, f"/vendor/drafts/{draft.id}/confirm")


@router.get("/{draft_id}/confirm")
def confirm(request: Request, session: DbSession, draft_id: str, user: Submitter) -> Response:
    """The invoice as the city will read it, before it is sent."""
    draft = _draft(session, user, draft_id)
    if sent := _sent(request, session, draft):
        return sent
    invoice, wrong = _composed(request, session, user, draft)
    if invoice is None:
        return _edit(request, session, user, draft, wrong)
    terms = _contract(request, session, user, draft.contract_no)
    bar = showing.bar(session, terms, None)
    payable = invoice.totals.payable or Decimal(0)
    return render(
        request,
        "invoices/confirm.html",
        {
            "draft": draft,
            "terms": terms,
            "payable": payable,
            "over": max(payable - bar.left, Decimal(0)),
            "left": bar.left,
            "view": str(view_html(invoice)),
        },
    )


@router.post("/{draft_id}/send")
def send(request: Request, session: DbSession, draft_id: str, user: Submitter) -> Response:
    """Make the XML and receive it like any other. Pressed twice, it was sent once."""
    service = get_service(request)
    draft = _draft(session, user, draft_id, lock=True)
    if sent := _sent(request, session, draft):
        return sent
    invoice, wrong = _composed(request, session, user, draft)
    if invoice is None:
        return _edit(request, session, user, draft, wrong)
    ensure(user, "invoice.submit", vendor_id=draft.vendor_id)
    receipt = receiving.receive(
        session,
        store=service.store,
        data=write(invoice),
        name=f"{invoice.number}.xml",
        channel=Channel.FORM,
        vendor_id=user.vendor_id,
        actor=user.actor,
        at=service.clock.now(),
    )
    draft.invoice_id = receipt.invoice_id
    words = f"請求書を送りました。受付番号は {receipt.receipt_no} です。"
    if receipt.already:
        words = f"同じ請求書を受付済みです。受付番号は {receipt.receipt_no} です。"
    return redirect(request, f"/vendor/invoices/{receipt.receipt_no}", notice=words)


@router.post("/{draft_id}/discard")
def discard(request: Request, session: DbSession, draft_id: str, user: Submitter) -> Response:
    draft = _draft(session, user, draft_id, lock=True)
    if sent := _sent(request, session, draft):
        return sent
    session.delete(draft)
    return redirect(request, "/vendor/invoices", notice="下書きを捨てました。")


def _draft(session: Session, user: Identity, draft_id: str, *, lock: bool = False) -> InvoiceDraft:
    found = queries.draft(session, draft_id, user.vendor_id or "", lock=lock)
    if found is None:
        raise NotFound()
    return found


def _sent(request: Request, session: Session, draft: InvoiceDraft) -> Response | None:
    """The receipt of a draft that was sent already."""
    if draft.invoice_id is None:
        return None
    row = session.get_one(ReceivedInvoice, draft.invoice_id)
    return redirect(
        request,
        f"/vendor/invoices/{row.receipt_no}",
        notice=f"この請求書は送信済みです。受付番号は {row.receipt_no} です。",
        tone="info",
    )


def _contract(request: Request, session: Session, user: Identity, number: str) -> ContractTerms:
    """A concluded contract of this vendor; anybody else's does not exist for it."""
    parts = invoice_parts(get_service(request))
    terms = parts.contracts.by_number(session, number)
    if terms is None or terms.vendor_id != user.vendor_id or not terms.is_concluded:
        raise NotFound()
    return terms


def _composed(
    request: Request, session: Session, user: Identity, draft: InvoiceDraft
) -> tuple[Invoice | None, list[FieldError]]:
    service = get_service(request)
    contract = _contract(request, session, user, draft.contract_no)
    vendor = session.get_one(Vendor, user.vendor_id)
    form: dict[str, Any] = draft.form
    return forms.composed(form, contract, vendor, service.settings.city)
