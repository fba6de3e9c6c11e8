"""Invoices for staff: the queue by due date and one invoice with everything needed to decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from einvoice import approving, queries, queues, returning
from einvoice.errors import EInvoiceError
from einvoice.matching import Result
from einvoice.models import ReceivedInvoice
from einvoice.planning import pay_day
from einvoice.states import STEP_OF_STATE, State, Step
from einvoice.view import view_css
from portal.invoices import showing
from portal.invoices.api import readable, section_of
from portal.invoices.originals import original_answer
from portal.invoices.parts import invoice_parts
from portal.invoices.rights import ACTION_OF_STEP, is_at_hand, step_for
from portal.pages import redirect, render
from portal.security import Allow, Identity, Role, may, require
from portal.web import DbSession, get_service
from records import audit, calendar

router = APIRouter(prefix="/invoices")

Reader = Annotated[Identity, Depends(require("invoice.read"))]
Lister = Annotated[Identity, Depends(require("invoice.list"))]

#: The board's columns: key, heading, states.
BOARD: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    ("section", "担当課", (State.RECEIVED, State.AT_SECTION)),
    ("head", "課の決裁", (State.AT_HEAD,)),
    ("accounting", "会計課", (State.AT_ACCOUNTING,)),
    ("treasurer", "会計管理者", (State.AT_TREASURER,)),
    ("approved", "支払準備", (State.APPROVED,)),
    ("paying", "支払手続中", (State.HANDED_OVER,)),
    ("paid", "支払済", (State.PAID,)),
    ("returned", "返戻・受付不可", (State.RETURNED, State.REFUSED)),
)
_OWN = {
    Role.DEPARTMENT: "section",
    Role.ACCOUNTING: "accounting",
    Role.TREASURER: "treasurer",
}
_WAITING_KEYS = frozenset({"section", "head", "accounting", "treasurer", "approved"})


@router.get("")
def board(
    request: Request,
    session: DbSession,
    user: Lister,
    step: str | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
    before: int | None = None,
) -> Response:
    """The person's own desk first; others a tap away. Waiting ones by due date."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices")
    service = get_service(request)
    chosen = step if step is not None else _desk_of(user)
    column = next((c for c in BOARD if c[0] == chosen), None)
    section = section_of(user)
    wanted = queues.QueueFilter(states=column[2] if column else (), section=section, text=q)
    limit = service.settings.limits.page_rows
    by_due = column is not None and column[0] in _WAITING_KEYS
    if by_due:
        rows = queues.queue(session, wanted, limit=limit, after=queues.place(after))
    else:
        rows = queues.newest(session, wanted, limit=limit, before=before)
    counts = queues.tallies(session, section=section)
    today = calendar.jst_date(service.clock.now())
    following = None
    if len(rows) == limit:
        last = rows[-1]
        following = f"after={queues.place_of(last)}" if by_due else f"before={last.serial}"
    return render(
        request,
        "invoices/board.html",
        {
            "columns": [
                {
                    "key": key,
                    "label": label,
                    "count": sum((counts[s] for s in states), queues.Tally(0)),
                }
                for key, label, states in BOARD
            ],
            "total": sum(counts.values(), queues.Tally(0)),
            "chosen": column,
            "q": q,
            "rows": [
                {
                    "row": row,
                    "words": showing.badge(row),
                    "result": showing.RESULTS.get(row.result or ""),
                    "left": showing.days_left(row, today),
                }
                for row in rows
            ],
            "following": following,
            "can_register": isinstance(may(user, "invoice.receive"), Allow),
            "bulk": _clean(session, user, column),
            "unassigned": _unassigned(session) if section is not None else 0,
        },
    )


def _clean(
    session: Session, user: Identity, column: tuple[str, str, tuple[State, ...]] | None
) -> int:
    """How many invoices of this column could be approved at once, at a step of the person's own."""
    step = next((s for s in Step if column is not None and s.value == column[0]), None)
    if step is None or not isinstance(may(user, ACTION_OF_STEP[step]), Allow):
        return 0
    wanted = queues.QueueFilter(
        states=(step.state,),
        section=section_of(user),
        results=(Result.MATCHED.value,),
        held=False,
    )
    return queues.count(session, wanted)


def _desk_of(user: Identity) -> str:
    return next((key for role, key in _OWN.items() if role in user.roles), "")


def _unassigned(session: Session) -> int:
    """Invoices before 担当課 whose contract, and so whose section, is not known yet."""
    return len(queries.without_contract(session))


@router.get("/unassigned")
def unassigned(request: Request, session: DbSession, user: Lister) -> Response:
    """Invoices that found no contract: any section may look for its own."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/invoices")
    return render(request, "invoices/unassigned.html", {"rows": queries.without_contract(session)})


@router.get("/view.css")
def view_style(request: Request, user: Lister) -> Response:
    """The style of the human view, which belongs to the invoice half."""
    return Response(view_css(), media_type="text/css", headers={"cache-control": "max-age=300"})


@router.get("/{invoice_id}")
def show(request: Request, session: DbSession, invoice_id: str, user: Reader) -> Response:
    if user.kind == "vendor":
        return redirect(request, f"/vendor/invoices/{invoice_id}")
    return invoice_page(request, session, user, readable(session, user, invoice_id))


def invoice_page(
    request: Request,
    session: DbSession,
    user: Identity,
    row: ReceivedInvoice,
    error: EInvoiceError | None = None,
) -> Response:
    """One invoice: what to do, findings, contract beside it, the invoice itself, history."""
    service = get_service(request)
    parts = invoice_parts(service)
    terms = parts.contracts.by_number(session, row.contract_no) if row.contract_no else None
    today = calendar.jst_date(service.clock.now())
    step = step_for(session, user, row, today)
    waiting = STEP_OF_STATE.get(row.status)
    facts = {"vendor_id": row.vendor_id, "department": row.section}
    can_return = (
        isinstance(may(user, "invoice.return", facts), Allow)
        if row.section
        else bool(user.roles & {Role.DEPARTMENT, Role.ACCOUNTING})
    )
    findings = showing.findings(session, row)
    candidates = (
        parts.contracts.of_vendor(session, row.vendor_id)
        if row.vendor_id and row.contract_no is None
        else []
    )
    before = session.get(ReceivedInvoice, row.replaces_id) if row.replaces_id else None
    same = session.get(ReceivedInvoice, row.same_as_id) if row.same_as_id else None
    return render(
        request,
        "invoices/invoice.html",
        {
            "row": row,
            "state": row.state,
            "words": showing.badge(row),
            "steps": showing.steps(row),
            "step": step.value if step else None,
            "step_words": approving.STEP_NAMES[step][0] if step else "",
            "waits_for": approving.STEP_NAMES[waiting][0] if waiting else None,
            "is_section": step is Step.SECTION,
            "can_return": can_return
            and is_at_hand(user, row)
            and row.status is not State.RECEIVED
            and waiting is not None,
            "result": showing.RESULTS.get(row.result or ""),
            "findings": findings,
            "open": [f for f in findings if f.open],
            "proposed": [f.check_id for f in returning.proposed_reasons(session, row)],
            "terms": terms,
            "bar": showing.bar(session, terms, row) if terms else None,
            "claims": queries.claims_on(session, terms.number) if terms else [],
            "inspections": queries.inspections(session, terms.number) if terms else [],
            "candidates": candidates,
            "choices": [(c.number, c.title, f"{c.number}　{c.gross:,.0f}円") for c in candidates],
            "deductions": queries.deductions(session, row.id),
            "returned": queries.return_of(session, row.id),
            "before": before,
            "same": same,
            "left": showing.days_left(row, today),
            "channel": showing.CHANNELS[row.channel],
            "view": showing.human_view(session, service.store, row),
            "history": showing.history(audit.history(session, f"invoice:{row.id}")),
            "error": error,
            "busy": row.status is State.RECEIVED and row.examination_error is None,
            "can_examine": row.examination_error is not None
            and isinstance(may(user, "invoice.receive"), Allow),
            "pay_day": pay_day(parts, row, today),
            "is_sheet": row.data_sha256 is not None,
        },
        status=400 if error else 200,
    )


@router.get("/{invoice_id}/original")
def original(request: Request, session: DbSession, invoice_id: str, user: Reader) -> Response:
    """The file as it was received."""
    row = readable(session, user, invoice_id)
    return original_answer(get_service(request).store.read(row.original_sha256), row)
