"""決裁簿: the register of decisions, on a page and as CSV."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from econtract import register
from portal.contracts.guards import seen_department
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import audit, calendar

router = APIRouter(prefix="/contracts/decisions")

Reader = Annotated[Identity, Depends(require("decision.read"))]
Words = Annotated[str, Query(max_length=100)]


def wanted(
    user: Reader, since: Words = "", until: Words = "", q: Words = ""
) -> tuple[register.Wanted, str]:
    """The filter as typed, and what of it is no day. A department sees its own."""
    problem = ""
    days: dict[str, date | None] = {}
    for name, raw in (("since", since), ("until", until)):
        try:
            days[name] = date.fromisoformat(raw) if raw else None
        except ValueError:
            days[name], problem = None, "日付は 2026-11-23 の形で書いてください。"
    if days["since"] and days["until"] and days["since"] > days["until"]:
        problem = "「から」が「まで」より後です。"
    found = register.Wanted(days["since"], days["until"], seen_department(user), q)
    return found, problem


Filter = Annotated[tuple[register.Wanted, str], Depends(wanted)]


@router.get("")
def show(request: Request, session: DbSession, user: Reader, chosen: Filter) -> Response:
    filter_, problem = chosen
    lines = () if problem else register.lines(session, filter_)
    return render(
        request,
        "contracts/register.html",
        {
            "lines": lines,
            "filter": filter_,
            "problem": problem,
            "most": register.MOST_SHOWN,
            "query": request.url.query,
        },
        status=400 if problem else 200,
    )


@router.get("/register.csv")
def as_csv(request: Request, session: DbSession, user: Reader, chosen: Filter) -> Response:
    """Everything the filter finds, for a spreadsheet. Who took it is in the trail."""
    filter_, problem = chosen
    if problem:
        filter_ = replace(filter_, since=None, until=None)
    lines = register.lines(session, filter_, limit=register.MOST_WRITTEN)
    at = get_service(request).clock.now()
    audit.append(
        session, user.actor, "decisions.exported", "decisions:register", {"rows": len(lines)}, at
    )
    name = f"kessaibo-{calendar.jst_date(at).isoformat()}.csv"
    return Response(
        register.as_csv(lines),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
