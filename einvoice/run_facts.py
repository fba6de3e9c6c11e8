"""What the orders of a run need beside the invoices themselves, read in a few queries for all.

A run holds up to 10,000 invoices: asking for each one's findings, decisions and accounts would be
a hundred thousand questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from einvoice import recalling
from einvoice.budget_models import InvoiceShare
from einvoice.models import (
    Commitment,
    Creditor,
    Decision,
    DeductionRow,
    FindingRelease,
    FindingRow,
    HandoverItem,
    ReceivedInvoice,
)
from einvoice.payment_order import BudgetShare

_PORTION = 5_000


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """Rows that belong to one invoice; each list in its own order."""

    creditor: Creditor | None
    commitment: Commitment | None
    deductions: Sequence[DeductionRow] = ()
    shares: tuple[BudgetShare, ...] = ()
    findings: Sequence[FindingRow] = ()
    releases: Sequence[FindingRelease] = ()
    decisions: Sequence[Decision] = ()


def facts_of(session: Session, rows: Sequence[ReceivedInvoice]) -> dict[str, InvoiceFacts]:
    """By the invoice's id."""
    ids = [row.id for row in rows]
    vendors = {row.vendor_id for row in rows if row.vendor_id}
    commitments = {row.commitment_id for row in rows if row.commitment_id}
    creditor = {row.vendor_id: row for row in _found(session, Creditor.vendor_id, vendors)}
    commitment = {row.id: row for row in _found(session, Commitment.id, commitments)}
    deductions = _grouped(session, DeductionRow, ids, DeductionRow.seq)
    shares = _grouped(session, InvoiceShare, ids, InvoiceShare.seq)
    findings = _grouped(session, FindingRow, ids, FindingRow.seq)
    releases = _grouped(session, FindingRelease, ids, FindingRelease.check_id)
    decisions = _grouped(session, Decision, ids, Decision.version)
    return {
        row.id: InvoiceFacts(
            creditor=creditor.get(row.vendor_id or ""),
            commitment=commitment.get(row.commitment_id or ""),
            deductions=deductions[row.id],
            shares=tuple(recalling.share_of(share) for share in shares[row.id]),
            findings=findings[row.id],
            releases=releases[row.id],
            decisions=decisions[row.id],
        )
        for row in rows
    }


def left_before(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Invoices of these that are under a live order: id → the batch."""
    found = _found(session, HandoverItem.invoice_id, ids)
    return {item.invoice_id: item.batch_id for item in found if not item.cancelled}


def _grouped(
    session: Session, table: Any, ids: Sequence[str], order: InstrumentedAttribute[Any]
) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in _found(session, table.invoice_id, ids, order):
        found[row.invoice_id].append(row)
    return found


def _found(
    session: Session,
    column: InstrumentedAttribute[str],
    wanted: Iterable[str],
    *order: InstrumentedAttribute[Any],
) -> list[Any]:
    """Rows whose column is one of these, in portions: a statement takes 65,535 values."""
    values = sorted(wanted)
    rows: list[Any] = []
    for start in range(0, len(values), _PORTION):
        portion = values[start : start + _PORTION]
        rows += session.scalars(
            select(column.class_).where(column.in_(portion)).order_by(column, *order)
        )
    return rows
