"""JSON API of the way to the bank: hand-overs with their files, and what the bank did."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from einvoice import handover, handover_queries, settling, taking_back
from portal.errors import NotFound
from portal.invoices import presenting
from portal.invoices.api import Because, readable
from portal.invoices.parts import invoice_parts
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1")

Payer = Annotated[Identity, Depends(require("payment.order"))]
PaymentReader = Annotated[Identity, Depends(require("payment.read"))]


class NewHandover(BaseModel):
    invoices: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10_000)]
    pay_on: date
    accept_repeated: Annotated[str, Field(max_length=1_000)] = ""
    """Why the same account is paid the same amount twice in this run."""


@router.post("/handovers", status_code=201)
def hand_over(
    request: Request, session: DbSession, body: NewHandover, user: Payer
) -> dict[str, Any]:
    """Write the payment orders and the bank file of approved invoices. Once."""
    parts = invoice_parts(get_service(request))
    ids = [readable(session, user, wanted).id for wanted in body.invoices]
    done = handover.hand_over(
        session,
        parts,
        invoice_ids=ids,
        pay_on=body.pay_on,
        accept_repeated=body.accept_repeated,
        actor=user.actor,
        at=parts.clock.now(),
    )
    return _batch(session, done.batch.id)


@router.get("/handovers")
def list_handovers(
    session: DbSession,
    user: PaymentReader,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: int | None = None,
) -> dict[str, Any]:
    """Hand-overs, newest first. `before` continues with the `next` of the page before."""
    rows = handover_queries.batches(session, limit=limit + 1, before=before)
    return {
        "handovers": [presenting.batch(row) for row in rows[:limit]],
        "next": rows[limit - 1].serial if rows[limit:] else None,
    }


@router.get("/handovers/{batch_id}")
def show_handover(session: DbSession, batch_id: str, user: PaymentReader) -> dict[str, Any]:
    return _batch(session, batch_id)


@router.get("/handovers/{batch_id}/files/{name}")
def handover_file(
    request: Request,
    session: DbSession,
    batch_id: str,
    name: str,
    user: Annotated[Identity, Depends(require("payment.export"))],
) -> Response:
    parts = invoice_parts(get_service(request))
    try:
        data = handover.file_of(session, parts, batch_id=batch_id, name=name)
    except KeyError as error:
        raise NotFound() from error
    return Response(
        data,
        media_type="text/csv; charset=utf-8" if name.endswith(".csv") else "text/plain",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.post("/handovers/{batch_id}/recall")
def ask_back(
    request: Request, session: DbSession, batch_id: str, body: Because, user: Payer
) -> dict[str, Any]:
    """Ask that a hand-over be taken back; another person approves it."""
    at = get_service(request).clock.now()
    row = taking_back.ask(session, batch_id=batch_id, actor=user.actor, at=at, reason=body.reason)
    return _batch(session, row.id)


@router.post("/handovers/{batch_id}/recall/decline")
def decline_recall(
    request: Request,
    session: DbSession,
    batch_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("payment.release"))],
) -> dict[str, Any]:
    """The hand-over stands."""
    at = get_service(request).clock.now()
    row = taking_back.decline(
        session, batch_id=batch_id, actor=user.actor, at=at, reason=body.reason
    )
    return _batch(session, row.id)


@router.post("/handovers/{batch_id}/take-back")
def take_back(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: Annotated[Identity, Depends(require("payment.release"))],
) -> dict[str, Any]:
    """Approve what was asked: the orders are cancelled, the invoices stand approved again."""
    at = get_service(request).clock.now()
    row = taking_back.approve(session, batch_id=batch_id, actor=user.actor, at=at)
    return _batch(session, row.id)


@router.post("/payment-results")
def payment_results(
    request: Request,
    session: DbSession,
    data: Annotated[bytes, Body(media_type="text/csv")],
    user: Payer,
) -> dict[str, Any]:
    """What the bank did: order_no, result (PAID or FAILED), paid_on, reason."""
    at = get_service(request).clock.now()
    found = settling.settle(session, settling.read_results(data), actor=user.actor, at=at)
    return {"paid": found.paid, "failed": found.failed, "known": found.known}


def _batch(session: Session, batch_id: str) -> dict[str, Any]:
    row = handover_queries.batch(session, batch_id)
    items = handover_queries.batch_items(session, row.id)
    return {
        **presenting.batch(row),
        "orders": [presenting.item(item, invoice) for item, invoice in items],
    }
