"""SELECTs over what left the house: hand-overs and their orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from einvoice.models import HandoverBatch, HandoverItem, ReceivedInvoice
from einvoice.refusals import InvoiceNotFoundError
from einvoice.states import State


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Approved invoices with one due date: how many, how many are not on hold, their sum."""

    due_on: date | None
    count: int
    free: int
    payable: Decimal


def awaiting(session: Session) -> list[Awaiting]:
    """What waits to leave, a row for each due date: the figures of all, whatever a page shows."""
    row = ReceivedInvoice
    found = session.execute(
        select(
            row.due_on,
            func.count(),
            func.count().filter(row.hold_reason.is_(None)),
            func.coalesce(func.sum(row.payable), 0),
        )
        .where(row.state == State.APPROVED.value)
        .group_by(row.due_on)
        .order_by(row.due_on)
    )
    return [Awaiting(day, count, free, Decimal(total or 0)) for day, count, free, total in found]


def awaiting_ids(session: Session, due_days: Collection[date], *, limit: int) -> Sequence[str]:
    """The approved invoices with these due dates that are not on hold, by number."""
    row = ReceivedInvoice
    return session.scalars(
        select(row.id)
        .where(
            row.state == State.APPROVED.value,
            row.hold_reason.is_(None),
            row.due_on.in_(list(due_days)),
        )
        .order_by(row.serial)
        .limit(limit)
    ).all()


def batch(session: Session, batch_id: str, *, lock: bool = False) -> HandoverBatch:
    """The hand-over of this id or number ("H-000012")."""
    query = select(HandoverBatch)
    if batch_id.startswith("H-") and batch_id[2:].isdigit():
        query = query.where(HandoverBatch.serial == int(batch_id[2:]))
    else:
        query = query.where(HandoverBatch.id == batch_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise InvoiceNotFoundError(field="batch", invoice=batch_id)
    return row


def batches(
    session: Session, *, limit: int = 50, before: int | None = None
) -> Sequence[HandoverBatch]:
    """Hand-overs, newest first; `before` is the serial of the last one of the page before."""
    query = select(HandoverBatch)
    if before is not None:
        query = query.where(HandoverBatch.serial < before)
    return session.scalars(query.order_by(HandoverBatch.serial.desc()).limit(limit)).all()


def is_under_way(session: Session, found: HandoverBatch) -> bool:
    """Nothing of it was taken back, and the bank has answered nothing."""
    item = HandoverItem
    answered = select(item.id).where(
        item.batch_id == found.id, or_(item.cancelled, item.bank_result.is_not(None))
    )
    return found.taken_back_at is None and session.scalar(answered.limit(1)) is None


def asked_back(session: Session) -> Sequence[HandoverBatch]:
    """Hand-overs that somebody asks to take back and nobody has answered, oldest first."""
    return session.scalars(
        select(HandoverBatch)
        .where(HandoverBatch.recall_asked_at.is_not(None), HandoverBatch.taken_back_at.is_(None))
        .order_by(HandoverBatch.serial)
    ).all()


def batch_items(
    session: Session, batch_id: str, *, limit: int | None = None, offset: int = 0
) -> Sequence[tuple[HandoverItem, ReceivedInvoice]]:
    """What left in a batch, in the order of its files."""
    rows = session.execute(
        select(HandoverItem, ReceivedInvoice)
        .join(ReceivedInvoice, ReceivedInvoice.id == HandoverItem.invoice_id)
        .where(HandoverItem.batch_id == batch_id)
        .order_by(HandoverItem.serial)
        .limit(limit)
        .offset(offset)
    )
    return [(item, row) for item, row in rows]


def live_item(session: Session, invoice_id: str) -> HandoverItem | None:
    """The order under which an invoice left, if it did."""
    return session.scalar(
        select(HandoverItem).where(HandoverItem.invoice_id == invoice_id, ~HandoverItem.cancelled)
    )


def item_by_order(session: Session, order_no: str) -> HandoverItem | None:
    """The live order of this number."""
    return session.scalar(
        select(HandoverItem).where(HandoverItem.order_no == order_no, ~HandoverItem.cancelled)
    )


def invoices_of_orders(session: Session, order_nos: Sequence[str]) -> Sequence[str]:
    """Ids of the invoices of these live orders."""
    return session.scalars(
        select(HandoverItem.invoice_id).where(
            HandoverItem.order_no.in_(order_nos), ~HandoverItem.cancelled
        )
    ).all()


def cancelled_order(session: Session, order_no: str) -> HandoverItem | None:
    """An order that was taken back or came back from the bank."""
    return session.scalar(
        select(HandoverItem).where(HandoverItem.order_no == order_no, HandoverItem.cancelled)
    )
