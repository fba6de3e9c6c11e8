"""支払明細: the payments of a vendor in a year; for the vendor itself and for staff."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from einvoice import statements
from einvoice.statements import Statement
from portal.errors import NotFound
from portal.pages import redirect, render
from portal.prepared import ordering
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter()

Vendor = Annotated[Identity, Depends(require("statement.own"))]
Staff = Annotated[Identity, Depends(require("payment.read"))]
Year = Annotated[int | None, Query(ge=2000, le=2100)]
Kind = Literal["fiscal", "calendar"]
KIND = "statement"
PDF = "statement.pdf"
YEARS_SHOWN = 8


def _found(
    request: Request, session: Session, vendor_id: str, year: int | None, kind: Kind
) -> Statement:
    today = calendar.jst_date(get_service(request).clock.now())
    this = calendar.fiscal_year(today) if kind == "fiscal" else today.year
    return statements.statement(session, vendor_id=vendor_id, year=year or this, kind=kind)


def _page(
    request: Request, session: Session, found: Statement, *, base: str, vendor: bool
) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    return render(
        request,
        "invoices/statement.html",
        {
            "found": found,
            "base": base,
            "query": f"vendor={found.vendor_id}&year={found.year}&kind={found.kind}",
            "for_vendor": vendor,
            "years": _years(session, found, today),
            "payees": [] if vendor else statements.payees(session),
            "request_key": new_id(),
        },
    )


def _years(session: Session, found: Statement, today: date) -> list[int]:
    known = statements.years(session, found.vendor_id)
    first = min(known[0] - 1 if known else today.year, found.year)
    last = max(today.year, found.year)
    return list(range(last, max(first, last - YEARS_SHOWN) - 1, -1))


@router.get("/vendor/statement")
def own(
    request: Request, session: DbSession, user: Vendor, year: Year = None, kind: Kind = "fiscal"
) -> Response:
    found = _found(request, session, user.vendor_id or "", year, kind)
    return _page(request, session, found, base="/vendor/statement", vendor=True)


@router.get("/vendor/statement.csv")
def own_csv(
    request: Request, session: DbSession, user: Vendor, year: Year = None, kind: Kind = "fiscal"
) -> Response:
    return _csv(_found(request, session, user.vendor_id or "", year, kind))


@router.post("/vendor/statement")
def order_own(
    request: Request,
    session: DbSession,
    user: Vendor,
    year: Annotated[int, Form(ge=2000, le=2100)],
    kind: Annotated[Kind, Form()],
    request_key: Annotated[str, Form(max_length=80)],
) -> Response:
    number = _order(request, session, user, user.vendor_id or "", year, kind, request_key)
    return redirect(request, f"/vendor/statement/{number}")


@router.get("/vendor/statement/{number}")
def own_paper(request: Request, session: DbSession, number: str, user: Vendor) -> Response:
    return _paper(request, session, number, user.vendor_id or "", "/vendor/statement")


@router.get("/vendor/statement/{number}/progress")
def own_progress(request: Request, session: DbSession, number: str, user: Vendor) -> Response:
    return _progress(session, number, user.vendor_id or "", "/vendor/statement")


@router.get("/vendor/statement/{number}/pdf")
def own_pdf(request: Request, session: DbSession, number: str, user: Vendor) -> Response:
    return _pdf(request, session, number, user.vendor_id or "")


@router.get("/statements")
def of_vendor(
    request: Request,
    session: DbSession,
    user: Staff,
    vendor: Annotated[str, Query(max_length=36)] = "",
    year: Year = None,
    kind: Kind = "fiscal",
) -> Response:
    found = _found(request, session, vendor, year, kind)
    return _page(request, session, found, base="/statements", vendor=False)


@router.get("/statements.csv")
def of_vendor_csv(
    request: Request,
    session: DbSession,
    user: Staff,
    vendor: Annotated[str, Query(max_length=36)],
    year: Year = None,
    kind: Kind = "fiscal",
) -> Response:
    return _csv(_found(request, session, vendor, year, kind))


@router.post("/statements")
def order_of_vendor(
    request: Request,
    session: DbSession,
    user: Staff,
    vendor: Annotated[str, Form(max_length=36)],
    year: Annotated[int, Form(ge=2000, le=2100)],
    kind: Annotated[Kind, Form()],
    request_key: Annotated[str, Form(max_length=80)],
) -> Response:
    number = _order(request, session, user, vendor, year, kind, request_key)
    return redirect(request, f"/statements/{number}")


@router.get("/statements/{number}")
def paper(request: Request, session: DbSession, number: str, user: Staff) -> Response:
    return _paper(request, session, number, None, "/statements")


@router.get("/statements/{number}/progress")
def progress(request: Request, session: DbSession, number: str, user: Staff) -> Response:
    return _progress(session, number, None, "/statements")


@router.get("/statements/{number}/pdf")
def pdf(request: Request, session: DbSession, number: str, user: Staff) -> Response:
    return _pdf(request, session, number, None)


@router.get("/api/v1/statements")
def as_json(
    request: Request, session: DbSession, user: Vendor, year: Year = None, kind: Kind = "fiscal"
) -> dict[str, Any]:
    """A vendor's own payments of a year, for its books."""
    found = _found(request, session, user.vendor_id or "", year, kind)
    return {
        "year": found.year,
        "kind": found.kind,
        "payable": int(found.payable),
        "withheld": int(found.withheld),
        "other_deductions": int(found.other),
        "net": int(found.net),
        "payments": [
            {
                "paid_on": one.paid_on.isoformat(),
                "receipt_no": one.receipt_no,
                "number": one.invoice_no,
                "contract_no": one.contract_no,
                "payable": int(one.payable),
                "withheld": int(one.withheld),
                "other_deductions": int(one.other),
                "net": int(one.net),
            }
            for one in found.payments
        ],
    }


def _csv(found: Statement) -> Response:
    name = f"statement_{found.kind}_{found.year}.csv"
    return Response(
        statements.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _order(
    request: Request,
    session: Session,
    user: Identity,
    vendor_id: str,
    year: int,
    kind: Kind,
    key: str,
) -> str:
    found = statements.statement(session, vendor_id=vendor_id, year=year, kind=kind)
    if not found.payments:
        raise NotFound()
    row = ordering.order(
        session,
        kind=KIND,
        title=f"支払明細 {found.vendor} {_year_words(found)}",
        wanted={"vendor_id": vendor_id, "year": year, "kind": kind},
        request_key=key or new_id(),
        actor=user.actor,
        at=get_service(request).clock.now(),
        vendor_id=vendor_id,
    )
    return row.number


def _year_words(found: Statement) -> str:
    return f"{found.year}年度" if found.kind == "fiscal" else f"{found.year}年（1月～12月）"


def _paper(
    request: Request, session: Session, number: str, vendor_id: str | None, base: str
) -> Response:
    row = ordering.found(session, number, kind=KIND, vendor_id=vendor_id)
    return render(request, "invoices/statement_paper.html", {"row": row, "base": base})


def _progress(session: Session, number: str, vendor_id: str | None, base: str) -> Response:
    row = ordering.found(session, number, kind=KIND, vendor_id=vendor_id)
    return JSONResponse(ordering.progress_of(session, row, then=f"{base}/{row.number}"))


def _pdf(request: Request, session: Session, number: str, vendor_id: str | None) -> Response:
    row = ordering.found(session, number, kind=KIND, vendor_id=vendor_id)
    return Response(
        ordering.file_of(get_service(request), row, PDF),
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{row.number}_{PDF}"'},
    )
