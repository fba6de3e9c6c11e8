"""Ordering a piece of work, finding it again, and doing it in the worker, once.

waiting ──prepare──▶ done       result and files are there
                 └─▶ failed     what was wrong with the order is said; nothing to retry
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotFound, PortalError
from portal.prepared.models import PreparedWork
from portal.service import Service
from records import Actor, audit, jobs, new_id

JOB = "portal.prepare"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a builder makes."""

    result: dict[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


Tell = Callable[[int, int], None]
Builder = Callable[[Service, PreparedWork, Tell], Prepared]


def order(
    session: Session,
    *,
    kind: str,
    title: str,
    wanted: dict[str, Any],
    request_key: str,
    actor: Actor,
    at: datetime,
    vendor_id: str | None = None,
) -> PreparedWork:
    """Order a piece of work; the same form sent twice gives the one already ordered."""
    known = session.scalar(
        select(PreparedWork).where(
            PreparedWork.made_by_id == actor.id, PreparedWork.request_key == request_key[:80]
        )
    )
    if known is not None:
        return known
    row = PreparedWork(
        id=new_id(),
        kind=kind,
        request_key=request_key[:80],
        made_by_id=actor.id,
        made_by=actor.name,
        vendor_id=vendor_id,
        made_at=at,
        title=title[:200],
        wanted=wanted,
        state="waiting",
        trouble="",
        files={},
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, JOB, key=row.id, args={"work_id": row.id})
    audit.append(
        session,
        actor,
        "prepared.ordered",
        f"prepared:{row.id}",
        {"kind": kind, "no": row.number},
        at,
    )
    return row


def found(
    session: Session, number: str, *, kind: str, vendor_id: str | None = None
) -> PreparedWork:
    """The piece of this number or id. For a vendor only its own exists."""
    query = select(PreparedWork).where(PreparedWork.kind == kind)
    if number.startswith("P-") and number[2:].isdigit() and len(number) < 20:
        query = query.where(PreparedWork.serial == int(number[2:]))
    else:
        query = query.where(PreparedWork.id == number)
    if vendor_id is not None:
        query = query.where(PreparedWork.vendor_id == vendor_id)
    row = session.scalar(query)
    if row is None:
        raise NotFound()
    return row


def latest(
    session: Session, kind: str, *, limit: int = 20, title: str | None = None
) -> Sequence[PreparedWork]:
    """The newest pieces of a kind."""
    query = select(PreparedWork).where(PreparedWork.kind == kind)
    if title is not None:
        query = query.where(PreparedWork.title == title)
    return session.scalars(query.order_by(PreparedWork.serial.desc()).limit(limit)).all()


def progress_of(session: Session, row: PreparedWork, *, then: str) -> dict[str, Any]:
    """For the page's poll."""
    if row.state != "waiting":
        return {"done": True, "percent": 100, "words": "できました。", "next": then}
    known = jobs.progress(session, f"prepared:{row.id}")
    percent = 100 * known.done // max(known.total, 1) if known else 0
    return {
        "done": False,
        "percent": percent,
        "words": f"計算しています（{percent}％）。" if known else "順番を待っています。",
        "next": None,
    }


def file_of(service: Service, row: PreparedWork, name: str) -> bytes:
    """A file of the piece, as it was written."""
    if name not in row.files:
        raise NotFound()
    return service.store.read(row.files[name][0])


def prepare(service: Service, builders: Mapping[str, Builder], *, work_id: str) -> None:
    """The job. Twice run it is done once: files are named by the piece, and a piece that is done
    is left alone."""
    with service.database.transaction() as session:
        row = session.get(PreparedWork, work_id)
        if row is None or row.state != "waiting":
            return
        session.expunge(row)

    def tell(done: int, total: int) -> None:
        with service.database.transaction() as session:
            jobs.report_progress(
                session, f"prepared:{work_id}", done=done, total=total, at=service.clock.now()
            )

    try:
        made = builders[row.kind](service, row, tell)
        trouble = ""
    except PortalError as refused:
        made, trouble = Prepared({}), f"{refused.message_ja} {refused.remedy_ja}"
    kept = {
        name: service.store.put(data, name=f"prepared/{work_id}/{name}")
        for name, data in made.files.items()
    }
    with service.database.transaction() as session:
        now = session.get(PreparedWork, work_id, with_for_update=True)
        if now is None or now.state != "waiting":
            return
        now.state = "failed" if trouble else "done"
        now.trouble = trouble
        now.result = made.result
        now.files = {name: [stored.sha256, stored.size] for name, stored in kept.items()}
        now.done_at = service.clock.now()
        audit.append(
            session,
            Actor("system", "worker", "warifu"),
            f"prepared.{now.state}",
            f"prepared:{now.id}",
            {"no": now.number, "files": {name: stored.sha256 for name, stored in kept.items()}},
            service.clock.now(),
        )


def fail(service: Service, work_id: str) -> None:
    """The worker has given the piece up: the page must not wait for it for ever."""
    with service.database.transaction() as session:
        row = session.get(PreparedWork, work_id, with_for_update=True)
        if row is not None and row.state == "waiting":
            row.state = "failed"
            row.trouble = "作成できませんでした。運用担当者に、この番号を伝えてください。"
            row.done_at = service.clock.now()
