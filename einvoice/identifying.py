"""Identifying: whose document it is, whether it is here already, and which one it corrects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.deps import Deps, Note
from einvoice.invoice import Invoice
from einvoice.matching.situation import ClaimKind, number_key
from einvoice.models import InvoiceReturn, ReceivedInvoice


def renew_creditor(session: Session, deps: Deps, row: ReceivedInvoice, at: datetime) -> Note:
    """Bring the creditor up to date; what is returned writes it into the trail. That comes after
    the claims: the trail's head is everybody's lock and is taken last."""
    if row.vendor_id is None:
        return _nothing
    return deps.contracts.renew_creditor(session, row.vendor_id, at) or _nothing


def _nothing() -> None:
    """Nothing to note."""


def identify_vendor(
    session: Session, deps: Deps, row: ReceivedInvoice, invoice: Invoice, at: datetime
) -> Note:
    """The claimant of an invoice that no signed-in vendor sent, by its numbers."""
    if row.vendor_id is not None:
        return _nothing
    legal_id = invoice.seller.legal_id.value if invoice.seller.legal_id else None
    found = deps.contracts.vendor_of(
        session, registration=invoice.seller.registration_number, corporate=legal_id
    )
    if found is None:
        return _nothing
    if queries.live_same_bytes(session, found, row.original_sha256, excluding=row.id):
        # The vendor uploaded the same file, too: this row must not enter the unique index.
        row.is_live = False
    row.vendor_id = found
    return renew_creditor(session, deps, row, at)


def same_document(session: Session, row: ReceivedInvoice) -> ReceivedInvoice | None:
    """The live invoice with the same content, however it was written or sent."""
    if row.vendor_id is None:
        return None
    same = queries.live_same_bytes(session, row.vendor_id, row.original_sha256, excluding=row.id)
    if same is not None:
        return same
    holder = queries.holder_of_number(session, row.vendor_id, row.number_key or "")
    if holder is not None and holder.id != row.id and holder.fingerprint == row.fingerprint:
        return holder
    return None


def link_predecessor(session: Session, row: ReceivedInvoice, invoice: Invoice) -> None:
    """Link the returned invoice that this one corrects: named by it, or of the same number."""
    if row.vendor_id is None:
        return
    keys = [number_key(item.number) for item in invoice.preceding_invoices if item.number]
    before = queries.returned_with_number(session, row.vendor_id, [*keys, row.number_key or ""])
    if before is None:
        return
    row.replaces_id = before.id
    if row.claim_kind == ClaimKind.ORDINARY.value:
        row.claim_kind = before.claim_kind
    session.execute(
        update(InvoiceReturn)
        .where(InvoiceReturn.invoice_id == before.id)
        .values(corrected_by_id=row.id)
    )
