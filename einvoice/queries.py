"""All SELECTs of the city side; lists and their filters are in `queues`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from einvoice.models import (
    ClaimedItem,
    Commitment,
    Creditor,
    Decision,
    DeductionRow,
    FindingRelease,
    FindingRow,
    Inspection,
    InspectionLine,
    InvoiceDraft,
    InvoiceReturn,
    ReceivedInvoice,
)
from einvoice.refusals import InvoiceNotFoundError
from einvoice.states import WAITING, State

RECEIPT = re.compile(r"(\d{2})-(\d{1,12})")


def invoice(session: Session, invoice_id: str, *, lock: bool = False) -> ReceivedInvoice:
    """The invoice of this id or receipt number. Raises `InvoiceNotFoundError`.

    `lock` takes the row FOR UPDATE and reads it anew: what is decided next is decided on what is
    there now.
    """
    query = select(ReceivedInvoice).where(_id_or_receipt(invoice_id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise InvoiceNotFoundError(field="invoice", invoice=invoice_id)
    return row


def invoice_of_vendor(session: Session, invoice_id: str, vendor_id: str) -> ReceivedInvoice:
    """The vendor's own invoice; anybody else's does not exist for it."""
    row = session.scalar(
        select(ReceivedInvoice).where(
            _id_or_receipt(invoice_id), ReceivedInvoice.vendor_id == vendor_id
        )
    )
    if row is None:
        raise InvoiceNotFoundError(field="invoice", invoice=invoice_id)
    return row


def _id_or_receipt(text: str) -> ColumnElement[bool]:
    found = RECEIPT.fullmatch(text.strip())
    if found:
        return ReceivedInvoice.serial == int(found[2])
    return ReceivedInvoice.id == text


def lock_invoices(session: Session, ids: Iterable[str]) -> list[ReceivedInvoice]:
    """Many rows FOR UPDATE, in the order of their ids so that two batches cannot deadlock."""
    query = (
        select(ReceivedInvoice)
        .where(ReceivedInvoice.id.in_(list(ids)))
        .order_by(ReceivedInvoice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def findings(session: Session, invoice_id: str) -> Sequence[FindingRow]:
    """Findings of the latest examination, in reading order."""
    return session.scalars(
        select(FindingRow).where(FindingRow.invoice_id == invoice_id).order_by(FindingRow.seq)
    ).all()


def releases(session: Session, invoice_id: str) -> dict[str, FindingRelease]:
    """Releases by check id."""
    rows = session.scalars(select(FindingRelease).where(FindingRelease.invoice_id == invoice_id))
    return {row.check_id: row for row in rows}


def decisions(session: Session, invoice_id: str) -> Sequence[Decision]:
    """Steps people took, oldest first."""
    return session.scalars(
        select(Decision).where(Decision.invoice_id == invoice_id).order_by(Decision.version)
    ).all()


def decision_on(session: Session, invoice_id: str, version: int) -> Decision | None:
    """The decision that was taken on this version of the invoice."""
    return session.scalar(
        select(Decision).where(Decision.invoice_id == invoice_id, Decision.version == version)
    )


def return_of(session: Session, invoice_id: str) -> InvoiceReturn | None:
    """The return of this invoice, if it was returned."""
    return session.get(InvoiceReturn, invoice_id)


def deductions(session: Session, invoice_id: str) -> Sequence[DeductionRow]:
    """控除 decided for the invoice."""
    return session.scalars(
        select(DeductionRow).where(DeductionRow.invoice_id == invoice_id).order_by(DeductionRow.seq)
    ).all()


def creditor(session: Session, vendor_id: str | None) -> Creditor | None:
    """The creditor of a vendor."""
    return session.get(Creditor, vendor_id) if vendor_id else None


def creditor_by_numbers(
    session: Session, *, registration: str | None, corporate: str | None
) -> Creditor | None:
    """The one creditor with this registration or corporate number; None for none or several."""
    wanted = []
    if registration:
        wanted.append(Creditor.registration_number == registration)
        if registration.startswith("T"):
            wanted.append(Creditor.corporate_number == registration[1:])
    if corporate:
        wanted.append(Creditor.corporate_number == corporate)
    if not wanted:
        return None
    rows = session.scalars(select(Creditor).where(or_(*wanted)).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def paid_since(session: Session, vendor_id: str, day: date) -> bool:
    """Whether anything was paid to the vendor after the day."""
    return (
        session.scalar(
            select(ReceivedInvoice.id)
            .where(
                ReceivedInvoice.vendor_id == vendor_id,
                ReceivedInvoice.state == State.PAID.value,
                ReceivedInvoice.paid_on >= day,
            )
            .limit(1)
        )
        is not None
    )


def inspection(session: Session, number: str) -> Inspection | None:
    """The inspection of this number."""
    return session.scalar(select(Inspection).where(Inspection.number == number))


def inspections(session: Session, contract_no: str) -> Sequence[Inspection]:
    """Inspections of a contract, oldest first."""
    return session.scalars(
        select(Inspection)
        .where(Inspection.contract_no == contract_no)
        .order_by(Inspection.inspected_on, Inspection.serial)
    ).all()


def unclaimed(session: Session, contract_no: str) -> list[Inspection]:
    """Passed inspections of a contract that no live invoice has taken, oldest first."""
    taken = (
        select(ClaimedItem.id)
        .join(InspectionLine, ClaimedItem.item == "inspection-line:" + InspectionLine.id)
        .where(InspectionLine.inspection_id == Inspection.id, ~ClaimedItem.released)
    )
    return list(
        session.scalars(
            select(Inspection)
            .where(Inspection.contract_no == contract_no, Inspection.passed, ~taken.exists())
            .order_by(Inspection.inspected_on, Inspection.serial)
        )
    )


def takers(session: Session, items: Iterable[str]) -> dict[str, ReceivedInvoice]:
    """Which live invoice holds each of these items (see `ClaimedItem`)."""
    wanted = list(items)
    if not wanted:
        return {}
    rows = session.execute(
        select(ClaimedItem.item, ReceivedInvoice)
        .join(ReceivedInvoice, ReceivedInvoice.id == ClaimedItem.invoice_id)
        .where(ClaimedItem.item.in_(wanted), ~ClaimedItem.released)
    )
    return {item: row for item, row in rows}  # noqa: C416  rows are tuples to the type checker


def related_invoices(
    session: Session,
    *,
    vendor_id: str,
    contract_no: str | None,
    excluding: str,
    gross: Decimal | None,
    key: str,
    digits: str,
    predecessors: Sequence[str] = (),
) -> Sequence[ReceivedInvoice]:
    """Invoices that bear on a claim: all of the contract, those that resemble it, and those it
    replaces. Bounded by the contract and by equal amounts, not by the vendor's whole history."""
    row = ReceivedInvoice
    alike = [row.number_key == key]
    if digits:
        alike.append(and_(row.digits_key == digits, row.gross == gross))
    if gross is not None:
        alike.append(row.gross == gross)
    choices = [and_(row.vendor_id == vendor_id, or_(*alike))]
    if contract_no:
        choices.append(row.contract_no == contract_no)
    if predecessors:
        choices.append(row.id.in_(predecessors))
    return session.scalars(
        select(row)
        .where(row.id != excluding, or_(*choices))
        .order_by(row.serial.desc())
        .limit(1_000)
    ).all()


def holder_of_number(session: Session, vendor_id: str, key: str) -> ReceivedInvoice | None:
    """The live invoice that holds a number."""
    return session.scalar(
        select(ReceivedInvoice).where(
            ReceivedInvoice.vendor_id == vendor_id,
            ReceivedInvoice.number_key == key,
            ReceivedInvoice.holds_number,
        )
    )


def live_same_bytes(
    session: Session, vendor_id: str, sha256: str, *, excluding: str
) -> ReceivedInvoice | None:
    """Another live invoice of the vendor with the same bytes."""
    return session.scalar(
        select(ReceivedInvoice).where(
            ReceivedInvoice.vendor_id == vendor_id,
            ReceivedInvoice.original_sha256 == sha256,
            ReceivedInvoice.is_live,
            ReceivedInvoice.id != excluding,
        )
    )


def returned_with_number(
    session: Session, vendor_id: str, keys: Sequence[str]
) -> ReceivedInvoice | None:
    """The latest returned invoice of the vendor with one of these numbers, not yet corrected."""
    return session.scalar(
        select(ReceivedInvoice)
        .join(InvoiceReturn, InvoiceReturn.invoice_id == ReceivedInvoice.id)
        .where(
            ReceivedInvoice.vendor_id == vendor_id,
            ReceivedInvoice.number_key.in_(keys),
            ReceivedInvoice.state == State.RETURNED.value,
            InvoiceReturn.corrected_by_id.is_(None),
        )
        .order_by(ReceivedInvoice.serial.desc())
        .limit(1)
    )


def chain(session: Session, row: ReceivedInvoice) -> list[tuple[ReceivedInvoice, InvoiceReturn]]:
    """The returned predecessors of a claim with their returns, oldest first."""
    found: list[tuple[ReceivedInvoice, InvoiceReturn]] = []
    current = row
    while current.replaces_id is not None and len(found) < 100:
        current = session.get_one(ReceivedInvoice, current.replaces_id)
        returned = return_of(session, current.id)
        if returned is not None:
            found.append((current, returned))
    return found[::-1]


def commitments(session: Session, contract_no: str) -> Sequence[Commitment]:
    """支出負担行為 of a contract, newest year first."""
    return session.scalars(
        select(Commitment)
        .where(Commitment.contract_no == contract_no)
        .order_by(Commitment.fiscal_year.desc(), Commitment.number)
    ).all()


def used_of_commitment(session: Session, commitment_id: str, *, excluding: str) -> Decimal:
    """Yen of a commitment that other live invoices already take."""
    return session.scalar(
        select(func.coalesce(func.sum(ReceivedInvoice.payable), 0)).where(
            ReceivedInvoice.commitment_id == commitment_id,
            ReceivedInvoice.is_live,
            ReceivedInvoice.id != excluding,
        )
    ) or Decimal(0)


def drafts(session: Session, vendor_id: str) -> Sequence[InvoiceDraft]:
    """Forms a vendor has begun, the latest first."""
    return session.scalars(
        select(InvoiceDraft)
        .where(InvoiceDraft.vendor_id == vendor_id, InvoiceDraft.invoice_id.is_(None))
        .order_by(InvoiceDraft.updated_at.desc())
    ).all()


def draft(
    session: Session, draft_id: str, vendor_id: str, *, lock: bool = False
) -> InvoiceDraft | None:
    """A vendor's own draft."""
    query = select(InvoiceDraft).where(
        InvoiceDraft.id == draft_id, InvoiceDraft.vendor_id == vendor_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def claims_on(session: Session, contract_no: str) -> Sequence[ReceivedInvoice]:
    """Live invoices on a contract, oldest first: the history under the bar."""
    return session.scalars(
        select(ReceivedInvoice)
        .where(ReceivedInvoice.contract_no == contract_no, ReceivedInvoice.is_live)
        .order_by(ReceivedInvoice.serial)
    ).all()


def waiting(session: Session) -> list[str]:
    """Ids of all invoices that wait for people, the nearest due date first."""
    return list(
        session.scalars(
            select(ReceivedInvoice.id)
            .where(ReceivedInvoice.state.in_([state.value for state in WAITING]))
            .order_by(ReceivedInvoice.due_on, ReceivedInvoice.serial)
        )
    )


def waiting_on_contract(session: Session, contract_no: str) -> list[str]:
    """Ids of invoices before 担当課 that are on the contract, or on none yet."""
    return list(
        session.scalars(
            select(ReceivedInvoice.id).where(
                ReceivedInvoice.state == State.AT_SECTION.value,
                or_(
                    ReceivedInvoice.contract_no == contract_no,
                    ReceivedInvoice.contract_no.is_(None),
                ),
            )
        )
    )


def without_contract(session: Session, *, limit: int = 200) -> Sequence[ReceivedInvoice]:
    """Invoices before 担当課 that belong to no contract yet, oldest first."""
    return session.scalars(
        select(ReceivedInvoice)
        .where(ReceivedInvoice.state == State.AT_SECTION.value, ReceivedInvoice.section.is_(None))
        .order_by(ReceivedInvoice.serial)
        .limit(limit)
    ).all()


def open_returns(session: Session, vendor_id: str) -> int:
    """How many returned invoices the vendor has not corrected yet."""
    return (
        session.scalar(
            select(func.count(ReceivedInvoice.id))
            .join(InvoiceReturn, InvoiceReturn.invoice_id == ReceivedInvoice.id)
            .where(
                ReceivedInvoice.vendor_id == vendor_id,
                ReceivedInvoice.state == State.RETURNED.value,
                InvoiceReturn.corrected_by_id.is_(None),
            )
        )
        or 0
    )
