"""How far a batch of many invoices is: a page for the vendor, the same for programs, all as CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from einvoice import batches
from einvoice.models import IntakeBatch
from einvoice.receiving import MAX_ARCHIVE_FILES
from portal.invoices import presenting
from portal.invoices.list_exports import csv_answer
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession

router = APIRouter()

Submitter = Annotated[Identity, Depends(require("invoice.submit"))]
OUTCOMES = {"accepted": "受付", "known": "受付済みと同じ", "refused": "受付できません"}


def _own(session: DbSession, user: Identity, number: str) -> IntakeBatch:
    return batches.batch(session, number, vendor_id=user.vendor_id or "")


@router.get("/vendor/invoices/batches/{number}")
def show(request: Request, session: DbSession, number: str, user: Submitter) -> Response:
    row = _own(session, user, number)
    return render(
        request,
        "invoices/intake_batch.html",
        {
            "row": row,
            "percent": 100 * row.done // max(row.total, 1),
            "refused": batches.files(session, row.id, outcome="refused"),
        },
    )


@router.get("/vendor/invoices/batches/{number}/progress")
def progress(session: DbSession, number: str, user: Submitter) -> Response:
    row = _own(session, user, number)
    done = row.finished_at is not None
    return JSONResponse(
        {
            "done": done,
            "percent": 100 * row.done // max(row.total, 1),
            "words": f"{row.total}件のうち{row.done}件を受け付けました。",
            "next": f"/vendor/invoices/batches/{row.number}" if done else None,
        }
    )


@router.get("/vendor/invoices/batches/{number}/files.csv")
def files_csv(session: DbSession, number: str, user: Submitter) -> Response:
    """Every file with what became of it."""
    row = _own(session, user, number)
    found = batches.files(session, row.id, limit=MAX_ARCHIVE_FILES)
    lines = (
        (f.position + 1, f.name, OUTCOMES[f.outcome], f.invoice_id, f.message_ja) for f in found
    )
    header = ("順番", "ファイル", "結果", "請求書のID", "理由")
    return csv_answer(lines, f"{row.number}.csv", header)


@router.get("/api/v1/invoice-batches/{number}")
def tell(
    session: DbSession,
    number: str,
    user: Submitter,
    outcome: Annotated[str, Query(pattern="^(accepted|known|refused)$")] = "refused",
    limit: Annotated[int, Query(ge=0, le=MAX_ARCHIVE_FILES)] = 200,
) -> dict[str, Any]:
    """How far it is, with the files of one outcome (those refused unless another is asked for)."""
    row = _own(session, user, number)
    found = batches.files(session, row.id, outcome=outcome, limit=limit)
    return presenting.intake_batch(row, found)
