"""契約日と署名日の差異: every concluded contract whose printed day is not the day of signing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from econtract import date_policy
from econtract.date_policy import Reported
from portal.contracts.guards import seen_department
from portal.contracts.parts import rules_of
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter()

Reader = Annotated[Identity, Depends(require("authority.read"))]

COLUMNS = (
    ("契約番号", "number"), ("件名", "title"), ("担当課", "department"),
    ("落札決定日", "award_date"), ("契約書の契約日", "contract_date"),
    ("受注者の署名日", "vendor_signed_on"), ("市の署名日", "city_signed_on"),
    ("確定時刻", "concluded_at"), ("履行期間の始まり", "period_from"), ("差（日）", "days"),
    ("理由", "reason"),
)  # fmt: skip


@router.get("/contracts/dates")
def report_page(request: Request, session: DbSession, user: Reader, since: str = "") -> Response:
    rules = rules_of(get_service(request))
    context = {
        "rows": date_policy.report(session, since=_day(since), department=seen_department(user)),
        "tolerance": rules.date_tolerance_days,
        "since": since if _day(since) else "",
    }
    return render(request, "contracts/dates.html", context)


@router.get("/contracts/dates.csv")
def report_csv(session: DbSession, user: Reader, since: str = "") -> Response:
    rows = date_policy.report(session, since=_day(since), department=seen_department(user))
    return Response(
        _csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": "attachment; filename=contract-dates.csv"},
    )


@router.get("/api/v1/contracts-dates")
def report_api(session: DbSession, user: Reader, since: str = "") -> dict[str, Any]:
    """The five days of each contract, the difference in days, and the reason given."""
    rows = date_policy.report(session, since=_day(since), department=seen_department(user))
    return {
        "contracts": [
            {
                name: value.isoformat() if hasattr(value, "isoformat") else value
                for _, name in COLUMNS
                for value in (getattr(row, name),)
            }
            for row in rows
        ]
    }


def _csv(rows: Sequence[Reported]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([heading for heading, _ in COLUMNS])
    for row in rows:
        writer.writerow([_safe(getattr(row, name)) for _, name in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _safe(value: object) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    words = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if isinstance(value, str) and words[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{words}"
    return words


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
