"""Preparing: what 担当課 sets before it approves: 控除, the contract, the split over budget items.

Each act matches the invoice anew and raises its version: who looks at it without the change has not
seen what is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.approving import MAX_REASON, not_allowed, noted
from einvoice.budget_models import ITEM, InvoiceShare
from einvoice.deps import Deps
from einvoice.examining import rematch
from einvoice.models import DeductionRow, ReceivedInvoice
from einvoice.payment_order import BudgetShare, Deduction, DeductionKind
from einvoice.states import Move, State
from records import Actor

MAX_SHARES = 100


def set_deductions(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    deductions: Sequence[Deduction],
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> ReceivedInvoice:
    """Decide 控除 (withholding, damages …) while the invoice is with 担当課; matches anew."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.AT_SECTION:
        raise not_allowed(row, Move.APPROVE, ("控除の入力", "given deductions"))
    row.version += 1
    session.execute(delete(DeductionRow).where(DeductionRow.invoice_id == row.id))
    for seq, item in enumerate(deductions, start=1):
        session.add(
            DeductionRow(
                invoice_id=row.id,
                seq=seq,
                kind=DeductionKind(item.kind).value,
                base=item.base,
                amount=item.amount,
                income_number=item.income_number,
                payee=item.payee,
                decided_by=actor.name,
                reason=reason[:MAX_REASON],
            )
        )
    session.flush()
    listed = ", ".join(f"{item.kind.value} {int(item.amount)}" for item in deductions)
    # The trail's head is locked last: what the match claims may wait for another transaction.
    rematch(session, deps, row, at=at)
    noted(session, row, "invoice.deductions_set", actor, at, reason, deductions=listed)
    return row


def choose_contract(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    contract_no: str,
    actor: Actor,
    at: datetime,
) -> ReceivedInvoice:
    """Say which contract the invoice belongs to, where it named none; matches anew."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.AT_SECTION:
        raise not_allowed(row, Move.APPROVE, ("契約の選択", "given a contract"))
    row.version += 1
    row.contract_no, row.commitment_id = contract_no.strip()[:100], None
    chosen = row.contract_no
    rematch(session, deps, row, at=at)
    noted(session, row, "invoice.contract_chosen", actor, at, "", contract=chosen)
    return row


def set_shares(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    shares: Sequence[BudgetShare],
    actor: Actor,
    at: datetime,
) -> ReceivedInvoice:
    """Split the invoice over budget items (科目内訳); none takes the split away.

    Whether the parts add up is said by the match (BUD-005), so that a split can be entered part by
    part.
    """
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.AT_SECTION or len(shares) > MAX_SHARES:
        raise not_allowed(row, Move.APPROVE, ("科目内訳の入力", "split over budget items"))
    row.version += 1
    session.execute(delete(InvoiceShare).where(InvoiceShare.invoice_id == row.id))
    for seq, share in enumerate(shares, start=1):
        codes = {name: getattr(share.budget, name) for name in ITEM}
        session.add(InvoiceShare(invoice_id=row.id, seq=seq, amount=share.amount, **codes))
    session.flush()
    rematch(session, deps, row, at=at)
    total = sum((share.amount for share in shares), Decimal(0))
    noted(session, row, "invoice.shares_set", actor, at, f"{len(shares)}件 {int(total)}円")
    return row
