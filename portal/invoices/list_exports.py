"""Every list of invoices as a CSV, and the report of due dates with the interest of being late."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from einvoice import lateness, queues
from einvoice.models import ReceivedInvoice
from einvoice.states import STATE_NAMES
from portal.invoices import showing
from portal.invoices.api import section_of
from portal.invoices.staff import BOARD
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Lister = Annotated[Identity, Depends(require("invoice.list"))]
MOST_ROWS = 100_000
PORTION = 1_000
HEADER = (
    *("受付番号", "受付日", "経路", "請求者", "請求書番号", "請求日", "契約番号", "契約名"),
    *("担当課", "税込合計", "請求額", "照合", "状態", "支払期限", "支払予定日", "支払日", "保留"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("/invoices/export.csv")
def export_queue(
    request: Request,
    session: DbSession,
    user: Lister,
    step: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The list that the board shows, all its pages."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices/export.csv")
    column = next((c for c in BOARD if c[0] == step), None)
    wanted = queues.QueueFilter(
        states=column[2] if column else (), section=section_of(user), text=q
    )
    return csv_answer(_lines(session, wanted), f"invoices-{step or 'all'}.csv")


@router.get("/vendor/invoices/export.csv")
def export_own(request: Request, session: DbSession, user: Lister) -> Response:
    """The vendor's own invoices."""
    if user.kind != "vendor":
        return redirect(request, "/invoices/export.csv")
    wanted = queues.QueueFilter(vendor_id=user.vendor_id or "")
    return csv_answer(_lines(session, wanted, for_vendor=True), "invoices.csv")


@router.get("/due-dates")
def due_dates(request: Request, session: DbSession, user: Lister) -> Response:
    """Late and nearly late invoices, and those of the fiscal year that were paid late."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices")
    today = calendar.jst_date(get_service(request).clock.now())
    open_rows, paid_rows = _due(session, user, today)
    return render(
        request,
        "invoices/due_dates.html",
        {
            "late": [row for row in open_rows if row.days_late],
            "near": [row for row in open_rows if not row.days_late],
            "paid": paid_rows,
            "interest": lateness.total_interest([r for r in open_rows if r.days_late]),
            "paid_interest": lateness.total_interest(paid_rows),
            "today": today,
            "badge": showing.badge,
        },
    )


@router.get("/due-dates.csv")
def due_dates_csv(request: Request, session: DbSession, user: Lister) -> Response:
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices")
    today = calendar.jst_date(get_service(request).clock.now())
    open_rows, paid_rows = _due(session, user, today)
    header = (
        *("受付番号", "請求者", "担当課", "状態", "請求額", "支払期限", "支払日"),
        *("残り営業日", "遅延日数", "率(%)", "遅延利息"),
    )
    lines = (
        (
            row.invoice.receipt_no,
            row.invoice.seller_name,
            row.invoice.section,
            STATE_NAMES[row.invoice.status][0],
            _yen(row.invoice.payable),
            row.invoice.due_on,
            row.invoice.paid_on,
            row.left,
            row.days_late,
            row.rate,
            _yen(row.interest),
        )
        for row in (*open_rows, *paid_rows)
    )
    return csv_answer(lines, "due-dates.csv", header)


def _due(
    session: Session, user: Identity, today: date
) -> tuple[list[lateness.DueRow], list[lateness.DueRow]]:
    section = section_of(user)
    year = calendar.fiscal_year(today)
    return (
        lateness.near_or_late(session, today=today, section=section),
        lateness.paid_late(session, first=date(year, 4, 1), last=today, section=section),
    )


def _lines(
    session: Session, wanted: queues.QueueFilter, *, for_vendor: bool = False
) -> Iterator[Sequence[object]]:
    """Rows, newest first, read in portions so that a long list needs no memory."""
    before: int | None = None
    for _ in range(MOST_ROWS // PORTION):
        rows = queues.newest(session, wanted, limit=PORTION, before=before)
        for row in rows:
            yield _line(row, for_vendor=for_vendor)
        if len(rows) < PORTION:
            return
        before = rows[-1].serial
        session.expunge_all()


def _line(row: ReceivedInvoice, *, for_vendor: bool) -> Sequence[object]:
    result = showing.RESULTS.get(row.result or "", ("", ""))[0]
    return (
        row.receipt_no,
        row.received_on,
        showing.CHANNELS[row.channel],
        row.seller_name,
        row.number,
        row.issue_date,
        row.contract_no,
        row.contract_title,
        row.section,
        _yen(row.gross),
        _yen(row.payable),
        "" if for_vendor else result,
        showing.badge(row, for_vendor=for_vendor)[0],
        row.due_on,
        row.pay_on,
        row.paid_on,
        "" if for_vendor else row.hold_reason,
    )


def _yen(amount: object) -> object:
    return "" if amount is None else f"{amount:.0f}"


def csv_answer(
    lines: Iterable[Sequence[object]], name: str, header: Sequence[str] = HEADER
) -> StreamingResponse:
    """UTF-8 with BOM, CRLF: opens in a spreadsheet as it is. Text that a spreadsheet would take
    for a formula starts with an apostrophe."""

    def written() -> Iterator[str]:
        yield "\ufeff"
        yield _row(header)
        for line in lines:
            yield _row(line)

    return StreamingResponse(
        written(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _row(line: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([_cell(value) for value in line])
    return buffer.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
