"""Recalling: what the city's tables say of an invoice beside contract, inspection and claims.

Filled into the `Situation` by `einvoice.gathering`; the values are those of `matching.background`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from einvoice.budget_models import ITEM, AdvanceToSettle, BudgetAllotment, InvoiceShare
from einvoice.contract_terms import ContractTerms, TaxRegime
from einvoice.matching.background import AttachedInvoice, Bounce, OpenAdvance, Transcript
from einvoice.models import Commitment, Creditor, HandoverBatch, HandoverItem, ReceivedInvoice
from einvoice.payment_order import BudgetCode, BudgetShare
from records import calendar

KEY_FIELDS = ("請求書番号", "請求日", "請求額")


def transcript_of(row: ReceivedInvoice) -> Transcript | None:
    """How the data was read from a sheet; None where the original is the data."""
    if row.transcript is None:
        return None
    confidence = {name: Decimal(text) for name, text in row.transcript["confidence"].items()}
    return Transcript(
        confidence=confidence, shows_reduced_mark=bool(row.transcript["shows_reduced_mark"])
    )


def attached_of(row: ReceivedInvoice) -> tuple[AttachedInvoice, ...]:
    """PDFs beside the data, as the examination compared them."""
    return tuple(
        AttachedInvoice(name=name, differs=tuple(differs)) for name, differs in row.attachments
    )


def open_advances(session: Session, vendor_id: str | None) -> tuple[OpenAdvance, ...]:
    """概算払・資金前渡 of the vendor that are not settled."""
    if vendor_id is None:
        return ()
    rows = session.scalars(
        select(AdvanceToSettle)
        .where(AdvanceToSettle.vendor_id == vendor_id, AdvanceToSettle.settled_on.is_(None))
        .order_by(AdvanceToSettle.settle_by)
    )
    return tuple(
        OpenAdvance(number=row.number, amount=row.amount, settle_by=row.settle_by) for row in rows
    )


def shares_of(session: Session, invoice_id: str) -> tuple[BudgetShare, ...]:
    """科目内訳 of the invoice."""
    rows = session.scalars(
        select(InvoiceShare).where(InvoiceShare.invoice_id == invoice_id).order_by(InvoiceShare.seq)
    )
    return tuple(share_of(row) for row in rows)


def share_of(row: InvoiceShare) -> BudgetShare:
    """A row of the 科目内訳 as orders carry it."""
    return BudgetShare(
        budget=BudgetCode(**{name: getattr(row, name) for name in ITEM}), amount=row.amount
    )


def allotted(session: Session, commitment: Commitment | None, *, excluding: str) -> Decimal | None:
    """配当残額 of the commitment's budget item without this invoice; None where none is entered.

    Every commitment of the item draws on it: an ordinary one by its amount, a combined one by what
    its live invoices claim.
    """
    if commitment is None:
        return None
    same_item = [
        Commitment.fiscal_year == commitment.fiscal_year,
        *(getattr(Commitment, name) == getattr(commitment, name) for name in ITEM),
    ]
    amount = session.scalar(
        select(BudgetAllotment.amount).where(
            BudgetAllotment.fiscal_year == commitment.fiscal_year,
            *(getattr(BudgetAllotment, name) == getattr(commitment, name) for name in ITEM),
        )
    )
    if amount is None:
        return None
    committed = session.scalar(
        select(func.coalesce(func.sum(Commitment.amount), 0)).where(
            *same_item, ~Commitment.is_combined
        )
    )
    claimed = session.scalar(
        select(func.coalesce(func.sum(ReceivedInvoice.payable), 0))
        .join(Commitment, Commitment.id == ReceivedInvoice.commitment_id)
        .where(
            *same_item,
            Commitment.is_combined,
            ReceivedInvoice.is_live,
            ReceivedInvoice.id != excluding,
        )
    )
    return amount - Decimal(committed or 0) - Decimal(claimed or 0)


def bounce_of(session: Session, row: ReceivedInvoice, creditor: Creditor | None) -> Bounce | None:
    """The latest transfer that came back, unless a later one went out."""
    found = session.execute(
        select(HandoverItem.cancelled, HandoverItem.bank_result, HandoverBatch.made_at)
        .join(HandoverBatch, HandoverBatch.id == HandoverItem.batch_id)
        .where(HandoverItem.invoice_id == row.id)
        .order_by(HandoverItem.serial.desc())
        .limit(1)
    ).first()
    if found is None or not found[0] or not (found[1] or "").startswith("FAILED"):
        return None
    left_on = calendar.jst_date(found[2])
    changed = creditor.account_changed_on if creditor else None
    reason = str(found[1]).removeprefix("FAILED").strip()
    return Bounce(reason=reason, is_mended=changed is not None and changed >= left_on)


def bought_this_year(
    session: Session, row: ReceivedInvoice, terms: ContractTerms | None, supplied: date | None
) -> Decimal:
    """Gross of the vendor's other live invoices of the fiscal year of supply.

    Counted only where the account files a return: elsewhere nothing hangs on it."""
    if terms is None or terms.tax_regime is TaxRegime.DEEMED or supplied is None:
        return Decimal(0)
    year = calendar.fiscal_year(supplied)
    found = session.scalar(
        select(func.coalesce(func.sum(ReceivedInvoice.gross), 0)).where(
            ReceivedInvoice.vendor_id == row.vendor_id,
            ReceivedInvoice.is_live,
            ReceivedInvoice.id != row.id,
            ReceivedInvoice.period_end >= date(year, 4, 1),
            ReceivedInvoice.period_end <= date(year + 1, 3, 31),
        )
    )
    return Decimal(found or 0)
