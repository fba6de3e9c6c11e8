"""The auditor's desk: every act, newest first; whether the chain is whole; the trail as a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from portal.desks.audit_words import WORDS
from portal.home import Card
from portal.pages import render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import Database, audit, calendar

router = APIRouter(prefix="/audit")

Auditor = Annotated[Identity, Depends(require("audit.read"))]
PAGE = 100


def card(session: Session, user: Identity) -> Card:
    count, _ = audit.head(session)
    return Card(
        "監査記録", "/audit", count=count, text="だれが、いつ、何をしたか。書き換えの検査もできます"
    )


@router.get("")
def trail(
    request: Request, session: DbSession, user: Auditor, subject: str = "", before: int = 0
) -> Response:
    """Acts of everybody, or of one thing (``subject=contract:<id>``)."""
    last = before - 1 if before > 1 else None
    if subject.strip():
        found = list(reversed(audit.history(session, subject.strip()[:200])))
        found = [entry for entry in found if last is None or entry.seq <= last]
    else:
        found = list(islice(audit.entries(session, last=last, newest_first=True), PAGE + 1))
    shown = found[:PAGE]
    context = {
        "entries": shown,
        "next": shown[-1].seq if len(found) > PAGE else None,
        "subject": subject,
        "report": None,
        "words": WORDS,
    }
    return render(request, "desks/audit.html", context)


@router.post("/check")
def check(request: Request, session: DbSession, user: Auditor) -> Response:
    """Recompute the whole chain. Time-stamp tokens are checked by ``warifu audit verify``."""
    report = audit.verify(session)
    shown = list(islice(audit.entries(session, newest_first=True), PAGE))
    context = {
        "entries": shown,
        "next": None,
        "subject": "",
        "report": report,
        "words": WORDS,
    }
    return render(request, "desks/audit.html", context)


@router.get("/export")
def export(request: Request, user: Auditor) -> Response:
    """The whole trail as JSON Lines that verify by themselves."""
    service = get_service(request)
    day = calendar.jst_date(service.clock.now()).isoformat()
    headers = {"content-disposition": f'attachment; filename="audit-{day}.jsonl"'}
    return StreamingResponse(
        _lines(service.database), media_type="application/x-ndjson", headers=headers
    )


def _lines(database: Database) -> Iterator[str]:
    with database.reader() as session:
        for line in audit.export(session):
            yield f"{line}\n"
