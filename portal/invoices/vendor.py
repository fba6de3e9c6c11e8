"""Invoices for vendors: the list, sending files, the receipt, one invoice with its progress."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from einvoice import batches, queries, queues, returning
from einvoice.errors import EInvoiceError
from einvoice.models import ReceivedInvoice
from einvoice.planning import pay_day
from einvoice.receiving import MAX_ARCHIVE_BYTES, Channel
from einvoice.states import STATE_NAMES, State
from portal.invoices import showing
from portal.invoices.originals import original_answer
from portal.invoices.parts import invoice_parts
from portal.invoices.taking_in import take_in
from portal.pages import redirect, render
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import audit, calendar

router = APIRouter(prefix="/vendor/invoices")

Reader = Annotated[Identity, Depends(require("invoice.read"))]
Submitter = Annotated[Identity, Depends(require("invoice.submit"))]

OPEN = tuple(s for s in State if s not in {State.PAID, State.WITHDRAWN, State.DUPLICATE})


@router.get("")
def own_invoices(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("invoice.list"))],
    show: str = "",
    before: int | None = None,
) -> Response:
    if user.kind != "vendor":
        return redirect(request, "/invoices")
    states = (State.PAID,) if show == "paid" else (() if show == "all" else OPEN)
    limit = get_service(request).settings.limits.page_rows
    wanted = queues.QueueFilter(states=states, vendor_id=user.vendor_id)
    rows = queues.newest(session, wanted, limit=limit, before=before)
    counts = queues.tallies(session, vendor_id=user.vendor_id)
    return render(
        request,
        "invoices/vendor_list.html",
        {
            "rows": [(row, showing.badge(row, for_vendor=True)) for row in rows],
            "next": rows[-1].serial if len(rows) == limit else None,
            "show": show,
            "counts": {
                "": sum((counts[state] for state in OPEN), queues.Tally(0)),
                "paid": counts[State.PAID],
                "all": sum(counts.values(), queues.Tally(0)),
            },
            "drafts": queries.drafts(session, user.vendor_id or ""),
            "batches": [
                row
                for row in batches.latest(session, user.vendor_id or "")
                if row.finished_at is None or show == "all"
            ],
        },
    )


@router.get("/new")
def begin(request: Request, session: DbSession, user: Submitter) -> Response:
    """Two ways: send a file, or make the invoice on screen from a contract."""
    return _begin(request, session, user)


def _begin(
    request: Request,
    session: DbSession,
    user: Identity,
    errors: list[tuple[str | None, str]] | None = None,
) -> Response:
    parts = invoice_parts(get_service(request))
    contracts = [
        (terms, showing.bar(session, terms, None))
        for terms in parts.contracts.of_vendor(session, user.vendor_id or "")
    ]
    return render(
        request,
        "invoices/new.html",
        {
            "contracts": contracts,
            "drafts": queries.drafts(session, user.vendor_id or ""),
            "errors": errors or [],
        },
        status=400 if errors else 200,
    )


@router.post("/upload")
def upload(
    request: Request, session: DbSession, user: Submitter, files: list[UploadFile]
) -> Response:
    """Each file gets its receipt; what is no invoice is named beside them."""
    service = get_service(request)
    ensure(user, "invoice.submit", vendor_id=user.vendor_id)
    given = [
        (file.filename or "invoice.xml", file.file.read(MAX_ARCHIVE_BYTES + 1))
        for file in files
        if file.filename
    ]
    if not given:
        return _begin(request, session, user, [("file-files", "ファイルを選んでください。")])
    taken = take_in(
        session, service, given, user=user, vendor_id=user.vendor_id, channel=Channel.UPLOAD
    )
    if taken.batches and not taken.receipts and not taken.refused and len(taken.batches) == 1:
        (batch,) = taken.batches
        words = f"{batch.total}件をまとめて受け付けました。一括受付番号は {batch.number} です。"
        if batch.already:
            words = f"同じ ZIP を受付済みです。一括受付番号は {batch.number} です。"
        return redirect(request, f"/vendor/invoices/batches/{batch.number}", notice=words)
    if not taken.receipts and not taken.batches:
        return _begin(
            request,
            session,
            user,
            [
                ("file-files", f"{name}：{e.message_ja}{e.remedy_ja} {e.message_en} {e.remedy_en}")
                for name, e in taken.refused
            ],
        )
    if len(taken.receipts) == 1 and not taken.refused:
        (found,) = taken.receipts
        words = (
            f"同じ請求書を受付済みです。受付番号は {found.receipt_no} です。"
            if found.already
            else f"受け付けました。受付番号は {found.receipt_no} です。"
        )
        return redirect(request, f"/vendor/invoices/{found.receipt_no}", notice=words)
    return render(
        request,
        "invoices/receipts.html",
        {
            "receipts": taken.receipts,
            "refused": taken.refused,
            "submission": taken.submission,
            "batches": taken.batches,
        },
    )


@router.get("/submissions/{submission}/progress")
def submission_progress(
    request: Request, session: DbSession, submission: str, user: Reader
) -> Response:
    """For the receipt page: how many files are examined."""
    wanted = queues.QueueFilter(vendor_id=user.vendor_id or "", submission=submission)
    counts = queues.counts(session, wanted)
    total, waiting = sum(counts.values()), counts[State.RECEIVED]
    done = total - waiting
    return JSONResponse(
        {
            "done": waiting == 0,
            "percent": 100 * done // max(total, 1),
            "words": f"{total}件のうち{done}件の確認が終わりました。",
            "next": "/vendor/invoices" if waiting == 0 else None,
        }
    )


@router.get("/{invoice_id}")
def own_invoice(request: Request, session: DbSession, invoice_id: str, user: Reader) -> Response:
    if user.kind != "vendor":
        return redirect(request, f"/invoices/{invoice_id}")
    row = queries.invoice_of_vendor(session, invoice_id, user.vendor_id or "")
    return _page(request, session, row)


def _page(
    request: Request,
    session: DbSession,
    row: ReceivedInvoice,
    error: EInvoiceError | None = None,
) -> Response:
    service = get_service(request)
    parts = invoice_parts(service)
    terms = parts.contracts.by_number(session, row.contract_no) if row.contract_no else None
    findings = [
        f
        for f in showing.findings(session, row)
        if f.row.source != "match" or "V" in f.row.resolver
    ]
    same = session.get(ReceivedInvoice, row.same_as_id) if row.same_as_id else None
    before = session.get(ReceivedInvoice, row.replaces_id) if row.replaces_id else None
    returned = queries.return_of(session, row.id)
    after = (
        session.get(ReceivedInvoice, returned.corrected_by_id)
        if returned and returned.corrected_by_id
        else None
    )
    return render(
        request,
        "invoices/vendor_invoice.html",
        {
            "row": row,
            "state": row.state,
            "words": showing.badge(row, for_vendor=True),
            "steps": showing.steps(row, for_vendor=True),
            "findings": findings,
            "terms": terms,
            "bar": showing.bar(session, terms, row) if terms else None,
            "returned": returned,
            "same": same,
            "before": before,
            "after": after,
            "channel": showing.CHANNELS[row.channel],
            "view": showing.human_view(session, service.store, row, for_vendor=True),
            "history": showing.history(
                audit.history(session, f"invoice:{row.id}"), for_vendor=True
            ),
            "busy": row.status is State.RECEIVED and row.examination_error is None,
            "pay_day": pay_day(parts, row, calendar.jst_date(service.clock.now())),
            "is_sheet": row.data_sha256 is not None,
            "error": error,
            "can_withdraw": row.status in {State.RECEIVED, State.AT_SECTION},
        },
        status=400 if error else 200,
    )


@router.get("/{invoice_id}/progress")
def progress(request: Request, session: DbSession, invoice_id: str, user: Reader) -> Response:
    """For the page's poll while the worker examines."""
    row = queries.invoice_of_vendor(session, invoice_id, user.vendor_id or "")
    # An examination that gave up goes on when a person has it tried again: nothing to poll for.
    done = row.status is not State.RECEIVED or row.examination_error is not None
    return JSONResponse(
        {
            "done": done,
            "percent": None,
            "words": STATE_NAMES[row.status][0],
            "next": f"/vendor/invoices/{row.receipt_no}" if done else None,
        }
    )


@router.post("/{invoice_id}/withdraw")
def withdraw(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Submitter,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    own = queries.invoice_of_vendor(session, invoice_id, user.vendor_id or "")
    try:
        row = returning.withdraw(
            session,
            invoice_id=own.id,
            vendor_id=user.vendor_id or "",
            actor=user.actor,
            at=get_service(request).clock.now(),
            reason=reason,
        )
    except EInvoiceError as error:
        return _page(request, session, own, error)
    return redirect(
        request, f"/vendor/invoices/{row.receipt_no}", notice="請求書を取り下げました。"
    )


@router.get("/{invoice_id}/original")
def original(
    request: Request,
    session: DbSession,
    invoice_id: str,
    user: Reader,
) -> Response:
    """The file as it was received."""
    row = queries.invoice_of_vendor(session, invoice_id, user.vendor_id or "")
    return original_answer(get_service(request).store.read(row.original_sha256), row)
