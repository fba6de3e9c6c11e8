"""SELECTs over what left the house: hand-overs and their orders."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.models import HandoverBatch, HandoverItem, ReceivedInvoice
from einvoice.refusals import InvoiceNotFoundError


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


def batches(session: Session, *, limit: int = 50) -> Sequence[HandoverBatch]:
    """Hand-overs, newest first."""
    return session.scalars(
        select(HandoverBatch).order_by(HandoverBatch.serial.desc()).limit(limit)
    ).all()


def asked_back(session: Session) -> Sequence[HandoverBatch]:
    """Hand-overs that somebody asks to take back and nobody has answered, oldest first."""
    return session.scalars(
        select(HandoverBatch)
        .where(HandoverBatch.recall_asked_at.is_not(None), HandoverBatch.taken_back_at.is_(None))
        .order_by(HandoverBatch.serial)
    ).all()


def batch_items(session: Session, batch_id: str) -> Sequence[tuple[HandoverItem, ReceivedInvoice]]:
    """What left in a batch, in the order of its files."""
    rows = session.execute(
        select(HandoverItem, ReceivedInvoice)
        .join(ReceivedInvoice, ReceivedInvoice.id == HandoverItem.invoice_id)
        .where(HandoverItem.batch_id == batch_id)
        .order_by(HandoverItem.serial)
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
