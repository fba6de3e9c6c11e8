"""検査調書: what an inspector recorded, on one page that prints; the vendor sees the same.

The record itself is the invoice side's (`einvoice.inspection`): one inspection, shown from both.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from econtract import living, queries
from einvoice import queries as invoices
from einvoice.due_dates import inspection_due
from portal.contracts.guards import ensure_readable
from portal.errors import NotFound
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession

router = APIRouter()


@router.get("/inspections/{number}/record")
def inspection_record(
    request: Request,
    session: DbSession,
    number: str,
    user: Annotated[Identity, Depends(require("contract.read"))],
) -> Response:
    row = invoices.inspection(session, number)
    contract = queries.by_number(session, row.contract_no) if row is not None else None
    if row is None or contract is None:
        raise NotFound()
    ensure_readable(session, user, contract)
    is_works = contract.kind == "works"
    context = {
        "row": row,
        "contract": contract,
        "stands": living.standing(session, contract),
        "due": inspection_due(row.notified_on, is_works=is_works),
        "days": 14 if is_works else 10,
        "for_vendor": user.kind == "vendor",
    }
    return render(request, "contracts/inspection_record.html", context)
