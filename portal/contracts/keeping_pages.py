"""長期保存: when the next archive timestamps fall due, by year and contract by contract."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from econtract import renewing
from portal.contracts.guards import seen_department
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

SHOWN = 50
FOREVER = timedelta(days=366 * 200)


@router.get("/contracts/keeping")
def keeping_page(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("contract.list"))],
) -> Response:
    if user.kind == "vendor":
        return redirect(request, "/vendor/contracts")
    now: datetime = get_service(request).clock.now()
    department = seen_department(user)
    by_year = renewing.due_by_year(session, department=department)
    this_year = calendar.jst_date(now).year
    bars = [
        (f"{year}年", count, "late" if year < this_year else "plain")
        for year, count in by_year.items()
    ]
    following = renewing.due(session, now + FOREVER, limit=SHOWN, department=department)
    context = {
        "bars": bars,
        "total": sum(by_year.values()),
        "rows": following,
        "late": sum(c.renewal_due is not None and c.renewal_due <= now for c in following),
        "now": now,
    }
    return render(request, "contracts/keeping.html", context)
