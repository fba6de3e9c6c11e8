"""Many at once for staff: approving clean invoices in two clicks.

Clean is what the match found without any finding and nobody holds. The first click shows what
would be approved, with the sum; the second approves each invoice on its own, in its own transaction
and on the version the page showed: whatever changed meanwhile stays, and is named with the reason.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from einvoice import approving, queues
from einvoice.errors import EInvoiceError
from einvoice.matching import Result
from einvoice.models import ReceivedInvoice
from einvoice.states import Step
from portal.errors import PortalError
from portal.invoices.api import readable, section_of
from portal.invoices.parts import invoice_parts
from portal.invoices.rights import capacity_at, ensure_step
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/invoices/bulk")

Lister = Annotated[Identity, Depends(require("invoice.list"))]
MOST = 100


@router.get("/{step}")
def show(request: Request, session: DbSession, step: Step, user: Lister) -> Response:
    """What could be approved at once at this step."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices")
    return _page(request, session, user, step, [])


@router.post("/{step}")
def approve(
    request: Request,
    session: DbSession,
    step: Step,
    user: Lister,
    pick: Annotated[list[str], Form(max_length=MOST)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Approve what was picked: "receipt:version" each."""
    parts = invoice_parts(get_service(request))
    done, left = 0, []
    for picked in pick:
        receipt, _, seen = picked.partition(":")
        try:
            row = readable(session, user, receipt)
            today = calendar.jst_date(parts.clock.now())
            capacity = ensure_step(session, user, row, step, today)
            with parts.database.transaction() as own:
                approving.approve(
                    own,
                    parts,
                    invoice_id=row.id,
                    step=step,
                    seen=int(seen) if seen.isdigit() else 0,
                    actor=user.actor,
                    at=parts.clock.now(),
                    capacity=capacity,
                )
            done += 1
        except (EInvoiceError, PortalError) as refused:
            left.append((receipt[:40], refused))
    session.expire_all()
    words = f"{done}件を承認しました。"
    if left:
        return _page(request, session, user, step, left, words if done else "")
    return redirect(request, f"/invoices?step={step.value}", notice=words)


def clean(
    session: Session, request: Request, user: Identity, step: Step, *, limit: int = MOST
) -> list[ReceivedInvoice]:
    """Invoices at this step without any finding or hold that this person may decide, by due
    date."""
    wanted = queues.QueueFilter(
        states=(step.state,),
        section=section_of(user),
        results=(Result.MATCHED.value,),
        held=False,
    )
    today = calendar.jst_date(get_service(request).clock.now())
    return [
        row
        for row in queues.queue(session, wanted, limit=limit)
        if capacity_at(session, user, row, step, today) is not None
    ]


def _page(
    request: Request,
    session: Session,
    user: Identity,
    step: Step,
    left: list[tuple[str, EInvoiceError | PortalError]],
    words: str = "",
) -> Response:
    rows = clean(session, request, user, step)
    return render(
        request,
        "invoices/bulk.html",
        {
            "rows": rows,
            "step": step.value,
            "step_words": approving.STEP_NAMES[step][0],
            "total": sum((row.payable or Decimal(0) for row in rows), Decimal(0)),
            "left": left,
            "done_words": words,
            "most": MOST,
        },
        status=409 if left else 200,
    )
