"""The network's pages: what came and went, one message with its evidence, what is owed.

Prefix /network. For accounting, who answers for invoices, and for the auditor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from einvoice.models import ReceivedInvoice
from peppol.evidence import export
from portal.home import Card
from portal.network import queries, resending, showing
from portal.network.bundle import evidence_bundle
from portal.network.queries import Shelf
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import Database, audit, calendar

router = APIRouter(prefix="/network")

Reader = Annotated[Identity, Depends(require("network.read"))]
Resender = Annotated[Identity, Depends(require("network.resend"))]


def card(session: Session, user: Identity) -> Card | None:
    """Shown where the network is used."""
    if not queries.is_used(session):
        return None
    trouble = queries.figures(session, showing.now()).trouble
    return Card(
        "ネットワークの送受信",
        "/network?shelf=trouble" if trouble else "/network",
        count=trouble,
        text="届かなかった送信・回答と、取り込めなかった受信です",
        tone="waiting" if trouble else "plain",
    )


@router.get("")
def listing(
    request: Request,
    session: DbSession,
    user: Reader,
    shelf: Shelf = Shelf.ALL,
    q: Annotated[str, Query(max_length=200)] = "",
    before: int | None = None,
) -> Response:
    """Messages, newest first, with how it goes above them."""
    service = get_service(request)
    limit = service.settings.limits.page_rows
    rows = queries.messages(session, shelf, text=q, limit=limit, before=before)
    found = queries.figures(session, service.clock.now())
    return render(
        request,
        "network/list.html",
        {
            "shelves": showing.shelves(found),
            "shelf": shelf.value,
            "q": q,
            "figures": found,
            "rows": [showing.Line.of(row) for row in rows],
            "following": rows[-1].serial if len(rows) == limit else None,
            "mode": service.settings.peppol.mode,
            "network": showing.NETWORKS[service.settings.peppol.network],
            "undelivered": [showing.Owed.of(each) for each in queries.undelivered(session)]
            if shelf is Shelf.TROUBLE
            else [],
        },
    )


@router.get("/evidence.jsonl")
def all_evidence(request: Request, user: Reader) -> Response:
    """The evidence of every message, a line of JSON each."""
    service = get_service(request)
    day = calendar.jst_date(service.clock.now()).isoformat()
    headers = {"content-disposition": f'attachment; filename="peppol-evidence-{day}.jsonl"'}
    return StreamingResponse(
        _lines(service.database), media_type="application/x-ndjson", headers=headers
    )


def _lines(database: Database) -> Iterator[str]:
    with database.reader() as session:
        yield from export(queries.evidence(session))


@router.get("/{message_id}")
def show(request: Request, session: DbSession, user: Reader, message_id: str) -> Response:
    """One message: state, parties, proof, answers, history."""
    row = queries.message(session, message_id)
    invoice = session.get(ReceivedInvoice, row.invoice_id) if row.invoice_id else None
    can_resend = isinstance(may(user, "network.resend"), Allow) and resending.is_open(session, row)
    return render(
        request,
        "network/message.html",
        {
            "row": row,
            "line": showing.Line.of(row),
            "proof": showing.proof(row),
            "answers": [showing.Owed.of(each) for each in queries.answers_about(session, row)],
            "replies": [showing.Reply.of(each) for each in queries.replies_about(session, row)],
            "invoice": invoice,
            "can_resend": can_resend,
            "as_new": row.last_error == resending.REFUSED,
            "replacement": resending.replacement(session, row),
            "history": [
                (entry.at, entry.actor.name, showing.ACTS.get(entry.action, entry.action))
                for entry in audit.history(session, f"network:{row.id}")
            ],
        },
    )


@router.get("/{message_id}/evidence.zip")
def evidence(request: Request, session: DbSession, user: Reader, message_id: str) -> Response:
    """Everything that proves this message, in one file."""
    row = queries.message(session, message_id)
    name = f"peppol-{row.serial}.zip"
    return Response(
        evidence_bundle(row, get_service(request).store),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.post("/{message_id}/resend")
def resend(request: Request, session: DbSession, user: Resender, message_id: str) -> Response:
    """Send a failed message again. Pressed twice it is sent once."""
    at = get_service(request).clock.now()
    sent = resending.resend(session, message_id=message_id, actor=user.actor, at=at)
    return redirect(
        request,
        f"/network/{sent.id}",
        notice="再送を始めました。結果は数分でこの画面に出ます。",
        tone="success",
    )


@router.post("/answers/{answer_id}/resend")
def resend_answer(request: Request, session: DbSession, user: Resender, answer_id: str) -> Response:
    """Try an answer that nobody took once more."""
    at = get_service(request).clock.now()
    about = resending.resend_answer(session, answer_id=answer_id, actor=user.actor, at=at)
    return redirect(
        request,
        f"/network/{about}" if about else "/network?shelf=trouble",
        notice="回答の再送を始めました。",
        tone="success",
    )
