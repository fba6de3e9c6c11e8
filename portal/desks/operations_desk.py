"""The operator's desk: what waits, what stopped, and a button that takes stopped work up again.

Shows kinds of work and numbers, never what it is about: the operator has no right to contents.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from portal import health
from portal.home import Card
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import audit, jobs

router = APIRouter(prefix="/operations")

Reader = Annotated[Identity, Depends(require("operations.read"))]
Actor = Annotated[Identity, Depends(require("operations.act"))]

STATES = {
    "waiting": ("待ち", "plain"),
    "running": ("実行中", "info"),
    "retrying": ("再試行を待っています", "warning"),
    "failed": ("止まっています", "error"),
}


def count_stopped(session: Session, user: Identity) -> int:
    return sum(each.count for each in jobs.counts(session) if each.state == "failed")


def card(session: Session, user: Identity) -> Card:
    stopped = count_stopped(session, user)
    return Card(
        "止まっている仕事",
        "/operations",
        count=stopped,
        text="原因を直してから、再開を押してください。二重に処理されることはありません",
        tone="waiting",
    )


@router.get("")
def operations(request: Request, session: DbSession, user: Reader) -> Response:
    context = {
        "parts": health.examine(get_service(request)),
        "counts": jobs.counts(session),
        "failed": jobs.failed(session),
        "states": STATES,
    }
    return render(request, "desks/operations.html", context)


@router.post("/jobs/{job_id}/retry")
def retry(request: Request, session: DbSession, user: Actor, job_id: int) -> Response:
    """Pressed twice it is taken up once: only a stopped job moves."""
    moved = jobs.retry(session, job_id)
    if moved:
        now = get_service(request).clock.now()
        audit.append(session, user.actor, "operations.retried", f"job:{job_id}", {}, now)
    words = "再開しました。" if moved else "この仕事は止まっていません。"
    return redirect(request, "/operations", notice=words, tone="success" if moved else "info")
