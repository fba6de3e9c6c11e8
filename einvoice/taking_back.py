"""Taking a hand-over back: one person asks for it with the reason, another approves.

    handed over ──ask──▶ asked ──approve──▶ taken back: its orders are cancelled, its invoices stand
                           │                approved again and can leave under new numbers
                           └──decline──▶ handed over, as if nobody had asked

Who approves neither asked for it nor made the hand-over. It is possible only until the bank's
answer to one of its orders is recorded. Pressing a button twice does it once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from einvoice import handover_queries, queries
from einvoice.approving import checked_reason
from einvoice.examining import move_all
from einvoice.handover import not_allowed
from einvoice.models import HandoverBatch, HandoverItem, ReceivedInvoice
from einvoice.refusals import RecallError, SamePersonError
from einvoice.states import Move
from records import Actor, audit


def ask(
    session: Session, *, batch_id: str, actor: Actor, at: datetime, reason: str
) -> HandoverBatch:
    """Ask that a whole hand-over be taken back. Raises `ReasonMissingError`, and
    `MoveNotAllowedError` once the bank has answered; asked already, it stays as it was asked."""
    batch = handover_queries.batch(session, batch_id, lock=True)
    if batch.taken_back_at is not None or batch.recall_asked_at is not None:
        return batch
    words = checked_reason(reason, Move.TAKE_BACK)
    _open_items(session, batch)
    batch.recall_asked_by_id, batch.recall_asked_by = actor.id, actor.name
    batch.recall_asked_at, batch.recall_reason = at, words
    _note(session, batch, "handover.recall_asked", actor, at, reason=words)
    return batch


def decline(
    session: Session, *, batch_id: str, actor: Actor, at: datetime, reason: str
) -> HandoverBatch:
    """The hand-over stands: the answer to who asked, with the reason."""
    batch = handover_queries.batch(session, batch_id, lock=True)
    if batch.taken_back_at is not None or batch.recall_asked_at is None:
        return batch
    words = checked_reason(reason, Move.TAKE_BACK)
    asked = batch.recall_asked_by or ""
    batch.recall_asked_by_id = batch.recall_asked_by = None
    batch.recall_asked_at = batch.recall_reason = None
    _note(session, batch, "handover.recall_declined", actor, at, reason=words, asked_by=asked)
    return batch


def approve(session: Session, *, batch_id: str, actor: Actor, at: datetime) -> HandoverBatch:
    """Take it back as it was asked.

    Raises `RecallError` where nobody asked, `SamePersonError` for who asked or made it,
    `MoveNotAllowedError` once the bank's answer to one of its orders is recorded."""
    batch = handover_queries.batch(session, batch_id, lock=True)
    if batch.taken_back_at is not None:
        return batch
    if batch.recall_asked_at is None or batch.recall_reason is None:
        raise RecallError(field="batch", batch=batch.number)
    earlier = (
        (batch.recall_asked_by_id, batch.recall_asked_by, "取消しの依頼", "the request"),
        (batch.made_by_id, batch.made_by, "引き渡し", "the hand-over"),
    )
    for person, name, ja, en in earlier:
        if person == actor.id:
            raise SamePersonError(
                field="actor",
                who=name or "",
                step_ja="引き渡しの取消しの承認",
                step_en="Taking back a hand-over",
                earlier_ja=ja,
                earlier_en=en,
            )
    items = _open_items(session, batch)
    words = batch.recall_reason
    batch.taken_back_by, batch.taken_back_at, batch.taken_back_reason = actor.name, at, words
    for item, _ in items:
        item.cancelled = True
    session.flush()
    details: dict[str, object] = {"batch": batch.number, "reason": words}
    rows = [row for _, row in items]
    move_all(session, rows, Move.TAKE_BACK, actor=actor, at=at, details=details)
    asked = batch.recall_asked_by or ""
    _note(session, batch, "handover.taken_back", actor, at, reason=words, asked_by=asked)
    return batch


def _open_items(
    session: Session, batch: HandoverBatch
) -> list[tuple[HandoverItem, ReceivedInvoice]]:
    """Its orders with their invoices, locked; all of them must still be on their way."""
    items = handover_queries.batch_items(session, batch.id)
    rows = {row.id: row for row in queries.lock_invoices(session, [r.id for _, r in items])}
    for item, _ in items:
        # Read anew under the lock: a payment that came back may have left again in another batch.
        session.refresh(item)
        if item.cancelled or item.bank_result is not None:
            raise not_allowed(rows[item.invoice_id], Move.TAKE_BACK)
    return [(item, rows[item.invoice_id]) for item, _ in items]


def _note(
    session: Session, batch: HandoverBatch, action: str, actor: Actor, at: datetime, **said: str
) -> None:
    subject = f"handover:{batch.id}"
    audit.append(session, actor, action, subject, {"number": batch.number, **said}, at)
