"""更新カレンダー and 検査の期限: what ends or falls due in the next months, by section."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from econtract import living, renewals
from econtract.performance import KIND_NAMES, Kind
from econtract.template import KINDS
from portal.contracts import life_view
from portal.contracts.guards import seen_department
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Lister = Annotated[Identity, Depends(require("contract.list"))]
Months = Annotated[int, Query(ge=1, le=24)]


@router.get("/contracts/calendar")
def renewal_calendar(
    request: Request, session: DbSession, user: Lister, months: Months = 6
) -> Response:
    """Contracts by the month in which they end."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/contracts")
    found = _ending(request, session, user, months)
    by_month = [
        (month, list(rows))
        for month, rows in groupby(found, key=lambda e: e.ends_on.replace(day=1))
    ]
    context = {
        "by_month": by_month,
        "months": months,
        "total": len(found),
        "kinds": KINDS,
        "reminders": life_view.life_rules_of(get_service(request)).reminder_days,
    }
    return render(request, "contracts/calendar.html", context)


@router.get("/api/v1/contract-endings")
def endings(
    request: Request, session: DbSession, user: Lister, months: Months = 6
) -> dict[str, Any]:
    """The same for programs. A vendor sees none: the list is the city's planning."""
    found = [] if user.kind == "vendor" else _ending(request, session, user, months)
    return {
        "endings": [
            {
                "contract_id": e.contract.id,
                "number": e.contract.number,
                "title": e.contract.title,
                "department": e.contract.department,
                "ends_on": e.ends_on.isoformat(),
                "days_left": e.days_left,
                "spans_fiscal_years": e.spans_years,
            }
            for e in found
        ]
    }


@router.get("/contracts/inspections")
def inspections_due(request: Request, session: DbSession, user: Lister) -> Response:
    """Notices that wait for the city, the nearest term first."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/contracts")
    service = get_service(request)
    today = calendar.jst_date(service.clock.now())
    warning = life_view.life_rules_of(service).inspection_warning_days
    department = seen_department(user)
    waiting = [
        (life_view.due_of(contract, notice, today, warning), notice, contract)
        for notice, contract in living.waiting_notices(session)
        if department is None or contract.department == department
    ]
    waiting.sort(key=lambda each: each[0].on if each[0] else date.max)
    rows = [
        {"row": notice, "contract": contract, "kind": KIND_NAMES[Kind(notice.kind)][0], "due": due}
        for due, notice, contract in waiting
    ]
    return render(request, "contracts/inspections.html", {"rows": rows})


def _ending(
    request: Request, session: DbSession, user: Identity, months: int
) -> list[renewals.Ending]:
    today = calendar.jst_date(get_service(request).clock.now())
    month = today.year * 12 + today.month - 1 + months
    last = date(month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return list(
        renewals.ending(
            session, first=today, last=last, today=today, department=seen_department(user)
        )
    )
