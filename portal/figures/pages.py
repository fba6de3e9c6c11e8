"""実績: the indicators of a period with charts and formulas; the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

import econtract.measuring
from einvoice import measuring
from einvoice.measuring import Measured, Rate
from portal.errors import BadRequest
from portal.figures.charting import charts, indicators
from portal.figures.savings import savings
from portal.home import NavItem, register_nav
from portal.pages import render
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Reader = Annotated[Identity, Depends(require("figures.read"))]
Day = Annotated[str, Query(max_length=10)]
Section = Annotated[str, Query(max_length=100)]


def register() -> None:
    """Add the link; called once when the routers are built."""
    register_nav(NavItem("実績", "/figures", "figures.read", order=40, side="staff"))


def _asked(service: Service, first: str, last: str) -> tuple[date, date]:
    """The period; without one, the fiscal year so far. Raises `BadRequest` for what is no day."""
    today = calendar.jst_date(service.clock.now())
    year = calendar.fiscal_year(today)
    try:
        start = date.fromisoformat(first) if first else date(year, 4, 1)
        end = date.fromisoformat(last) if last else min(today, date(year + 1, 3, 31))
    except ValueError as error:
        raise BadRequest(field="first") from error
    if start > end or (end - start).days > 366 * 6:
        raise BadRequest(field="first")
    return start, end


def _measured(session: Session, service: Service, first: str, last: str, section: str) -> Measured:
    start, end = _asked(service, first, last)
    today = calendar.jst_date(service.clock.now())
    return measuring.measure(
        session, first=start, last=end, today=today, section=section.strip() or None
    )


@router.get("/figures")
def overview(
    request: Request,
    session: DbSession,
    user: Reader,
    first: Day = "",
    last: Day = "",
    section: Section = "",
) -> Response:
    service = get_service(request)
    found = _measured(session, service, first, last, section)
    contracts = econtract.measuring.concluded(session, first=found.first, last=found.last)
    return render(
        request,
        "figures/overview.html",
        {
            "found": found,
            "section": section,
            "indicators": indicators(found),
            "charts": charts(found),
            "savings": savings(found.electronic.part, contracts),
            "query": f"first={found.first}&last={found.last}&section={section}",
        },
    )


@router.get("/figures.csv")
def table(
    request: Request,
    session: DbSession,
    user: Reader,
    first: Day = "",
    last: Day = "",
    section: Section = "",
) -> Response:
    """Every figure of the page, one row each."""
    found = _measured(session, get_service(request), first, last, section)
    contracts = econtract.measuring.concluded(session, first=found.first, last=found.last)
    lines: list[tuple[object, ...]] = [("期間", "", "", f"{found.first}～{found.last}", "", "", "")]
    lines += [("指標", i.name, "", i.value, i.part, i.whole, i.formula) for i in indicators(found)]
    for lead in found.leads:
        lines.append(("所要日数", lead.name, "中央値", lead.median, lead.count, "", "日"))
        lines.append(("所要日数", lead.name, "90％点", lead.p90, lead.count, "", "日"))
    lines += [
        ("原因", c.check_id, c.words, c.invoices, c.returned, "", "件（うち返戻）")
        for c in found.causes
    ]
    lines += [
        ("受付の口", name, "", count, count, found.received, "件") for name, count in found.doors
    ]
    for month in found.months:
        shown = f"{month.month:%Y-%m}"
        for name, rate in (
            ("電子請求の割合", month.electronic),
            ("一度で通った割合", month.first_pass),
            ("期限後の支払", month.late),
        ):
            lines.append(("月別", name, shown, _percent(rate), rate.part, rate.whole, "％"))
        lines.append(("月別", "支払までの日数 中央値", shown, month.median_days, "", "", "日"))
        lines.append(("月別", "支払までの日数 90％点", shown, month.p90_days, "", "", "日"))
    lines += [
        ("削減", s.name, s.whose, round(s.value, 1), "", "", f"{s.formula}（{s.unit}） {s.source}")
        for s in savings(found.electronic.part, contracts)
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("区分", "名前", "内訳", "値", "分子・件数", "分母", "単位・式"))
    writer.writerows(tuple("" if cell is None else cell for cell in line) for line in lines)
    return _csv(buffer.getvalue().encode("utf-8-sig"), "figures.csv")


def _percent(rate: Rate) -> float | None:
    return None if rate.percent is None else round(rate.percent, 2)


@router.get("/figures/invoices.csv")
def rows(
    request: Request, user: Reader, first: Day = "", last: Day = "", section: Section = ""
) -> Response:
    """One line an invoice: what the figures are counted from, without names of persons."""
    service = get_service(request)
    start, end = _asked(service, first, last)
    wanted = section.strip() or None

    def pieces() -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerow(measuring.ROW_HEAD)
        after: int | None = 0
        while after is not None:
            with service.database.reader() as session:
                lines, after = measuring.rows_after(
                    session, first=start, last=end, section=wanted, after=after
                )
            writer.writerows(lines)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()

    return StreamingResponse(
        pieces(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="invoices.csv"'},
    )


@router.get("/api/v1/figures")
def as_json(
    request: Request,
    session: DbSession,
    user: Reader,
    first: Day = "",
    last: Day = "",
    section: Section = "",
) -> dict[str, Any]:
    found = _measured(session, get_service(request), first, last, section)
    contracts = econtract.measuring.concluded(session, first=found.first, last=found.last)
    told = asdict(found)
    for key in ("electronic_yen", "received_yen", "interest"):
        told[key] = int(told[key])
    told["savings"] = [asdict(saving) for saving in savings(found.electronic.part, contracts)]
    return told


def _csv(data: bytes, name: str) -> Response:
    return Response(
        data,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
