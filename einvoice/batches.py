"""Batches: a ZIP of up to 10,000 invoices is taken in at once and worked off in portions.

    receive_batch   the ZIP is kept, a batch with its number is made, the sender is answered
    work_off        the job: one portion, one short transaction, then the next portion's turn

So nobody waits for 10,000 files, and the audit trail's head is held for one portion only. `done` on
the row says where the next portion starts and moves in the transaction that takes the portion in: a
job that is killed, repeated or run twice takes each file once. A file that is no invoice is named
and does not stop the others; a file that is here already keeps the receipt it has. Files of a batch
are examined after what people send one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from einvoice import receiving
from einvoice.deps import Deps
from einvoice.models import IntakeBatch, IntakeFile
from einvoice.receiving import Channel
from einvoice.refusals import ArchiveError, IntakeError, InvoiceNotFoundError
from records import Actor, Store, audit, jobs, new_id

PORTION = 50
BEHIND = -10
"""Priority of what belongs to a batch: people's single invoices go first."""
_NAME = 255


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    """What the sender of many is told at once. `already`: this very ZIP was received before."""

    batch_id: str
    number: str
    total: int
    already: bool


def receive_batch(
    session: Session,
    *,
    store: Store,
    data: bytes,
    name: str,
    channel: Channel,
    vendor_id: str | None,
    actor: Actor,
    at: datetime,
) -> BatchReceipt:
    """Take a ZIP in. Raises `ArchiveError` or `FileTooLargeError` where it cannot be opened."""
    total = receiving.archive_size(data, name)
    stored = store.put(data)
    batch_id = new_id()
    made = session.scalar(
        insert(IntakeBatch)
        .values(
            id=batch_id,
            vendor_id=vendor_id,
            channel=channel.value,
            name=name[:_NAME],
            sha256=stored.sha256,
            size=stored.size,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            received_at=at,
            total=total,
            done=0,
            accepted=0,
            known=0,
            refused=0,
        )
        .on_conflict_do_nothing()
        .returning(IntakeBatch.id)
    )
    if made is None:
        row = session.scalars(
            select(IntakeBatch).where(
                IntakeBatch.sha256 == stored.sha256,
                IntakeBatch.vendor_id.is_not_distinct_from(vendor_id),
            )
        ).one()
        return BatchReceipt(row.id, row.number, row.total, already=True)
    row = session.get_one(IntakeBatch, batch_id)
    _go_on(session, batch_id)
    details = {"number": row.number, "total": total, "sha256": stored.sha256}
    audit.append(session, actor, "batch.received", f"batch:{batch_id}", details, at)
    return BatchReceipt(batch_id, row.number, total, already=False)


def work_off(deps: Deps, *, batch_id: str) -> None:
    """The job: take one portion in, then leave the turn to others."""
    with deps.database.transaction() as session:
        row = session.get(IntakeBatch, batch_id)
        if row is None or row.finished_at is not None:
            return
        sha256, name, first = row.sha256, row.name, row.done
    data = deps.store.read(sha256)
    portion = list(receiving.archive_portion(data, name, first=first, count=PORTION))
    with deps.database.transaction() as session:
        row = session.get_one(IntakeBatch, batch_id, with_for_update=True, populate_existing=True)
        if row.done != first:
            return  # another run was faster; it has seen to the next portion, too
        for position, (file_name, content) in enumerate(portion, start=first):
            session.add(_take(session, deps, row, position, file_name, content))
        row.done = first + len(portion)
        if row.done >= row.total:
            row.finished_at = deps.clock.now()
            _note_end(session, row)
        else:
            _go_on(session, batch_id)


def batch(session: Session, batch_id: str, *, vendor_id: str | None = None) -> IntakeBatch:
    """The batch of this id or number; a vendor's own where one is given.

    Raises `InvoiceNotFoundError`.
    """
    query = select(IntakeBatch)
    if batch_id.startswith("B-") and batch_id[2:].isdigit() and len(batch_id) < 20:
        query = query.where(IntakeBatch.serial == int(batch_id[2:]))
    else:
        query = query.where(IntakeBatch.id == batch_id)
    if vendor_id is not None:
        query = query.where(IntakeBatch.vendor_id == vendor_id)
    row = session.scalar(query)
    if row is None:
        raise InvoiceNotFoundError(field="batch", invoice=batch_id)
    return row


def files(
    session: Session, batch_id: str, *, outcome: str | None = None, limit: int = 200
) -> Sequence[IntakeFile]:
    """What became of the files so far, in the order of the ZIP."""
    query = select(IntakeFile).where(IntakeFile.batch_id == batch_id)
    if outcome is not None:
        query = query.where(IntakeFile.outcome == outcome)
    return session.scalars(query.order_by(IntakeFile.position).limit(limit)).all()


def latest(session: Session, vendor_id: str, *, limit: int = 10) -> Sequence[IntakeBatch]:
    """The vendor's batches, newest first."""
    return session.scalars(
        select(IntakeBatch)
        .where(IntakeBatch.vendor_id == vendor_id)
        .order_by(IntakeBatch.serial.desc())
        .limit(limit)
    ).all()


def _take(
    session: Session,
    deps: Deps,
    row: IntakeBatch,
    position: int,
    name: str,
    content: bytes | ArchiveError,
) -> IntakeFile:
    file = IntakeFile(batch_id=row.id, position=position, name=_shown(name), outcome="refused")
    try:
        if isinstance(content, ArchiveError):
            raise content
        found = receiving.receive(
            session,
            store=deps.store,
            data=content,
            name=name,
            channel=Channel(row.channel),
            vendor_id=row.vendor_id,
            actor=Actor(row.actor_kind, row.actor_id, row.actor_name),  # type: ignore[arg-type]
            at=deps.clock.now(),
            submission=row.id,
            priority=BEHIND,
        )
    except IntakeError as refused:
        file.message_ja = f"{refused.message_ja}{refused.remedy_ja}"
        file.message_en = f"{refused.message_en} {refused.remedy_en}"
        row.refused += 1
        return file
    file.invoice_id = found.invoice_id
    file.outcome = "known" if found.already else "accepted"
    if found.already:
        row.known += 1
    else:
        row.accepted += 1
    return file


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[-_NAME:] or "?"


def _go_on(session: Session, batch_id: str) -> None:
    jobs.enqueue(
        session,
        "einvoice.work_off",
        key=batch_id,
        args={"batch_id": batch_id},
        priority=BEHIND,
    )


def _note_end(session: Session, row: IntakeBatch) -> None:
    session.flush()
    actor = Actor("system", "einvoice", "請求書の一括受付")
    details = {
        "number": row.number,
        "accepted": row.accepted,
        "known": row.known,
        "refused": row.refused,
    }
    assert row.finished_at is not None
    audit.append(session, actor, "batch.finished", f"batch:{row.id}", details, row.finished_at)
