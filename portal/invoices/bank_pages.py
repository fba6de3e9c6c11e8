"""金融機関・支店 by name or reading: their codes, and how old the list is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from einvoice import bank_list
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()


@router.get("/banks")
def search(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("invoice.read"))],
    q: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    last = bank_list.latest(session)
    today = calendar.jst_date(get_service(request).clock.now())
    return render(
        request,
        "invoices/banks.html",
        {
            "q": q,
            "last": last,
            "age": (today - last.published_on).days if last else None,
            "fresh_days": bank_list.FRESH_DAYS,
            "found": bank_list.search(session, q) if q.strip() else [],
        },
    )
