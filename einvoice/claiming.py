"""Claiming: what a live invoice takes for itself, so that nothing is paid twice.

    inspection-line:<id>             each line of the inspections it rests on
    period:<contract>:<first day>    the billing period of a contract billed by period
    advance:<contract>:<kind>        the advance or interim advance

A partial unique index lets each item be held by one live invoice only; even if every check were
wrong, the second claim on the same work could not be kept.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from einvoice.contract_terms import ContractKind
from einvoice.gathering import line_item
from einvoice.matching.situation import ClaimKind, Situation
from einvoice.models import ClaimedItem, ReceivedInvoice
from einvoice.refusals import OpenFindingsError
from records import new_id


def items_of(situation: Situation) -> list[str]:
    """What a claim takes."""
    terms = situation.terms
    if terms is None:
        return []
    if situation.kind.is_ahead:
        return [f"advance:{terms.number}:{situation.kind.value}"]
    if situation.kind is ClaimKind.PART:
        # Part payments draw on the finished part up to a limit; ADV-005 guards them.
        return []
    items = [line_item(line.id) for work in situation.chosen_works for line in work.lines]
    by_period = {ContractKind.FIXED_MONTHLY, ContractKind.UNIT_PRICE}
    if terms.kind in by_period and situation.period is not None:
        items.append(f"period:{terms.number}:{situation.period[0].isoformat()}")
    return items


def hold_claims(session: Session, row: ReceivedInvoice, situation: Situation) -> None:
    """Hold exactly what the claim rests on now. Raises `OpenFindingsError` when another live
    invoice took one of the items first."""
    wanted = set(items_of(situation))
    held = set(
        session.scalars(
            select(ClaimedItem.item).where(ClaimedItem.invoice_id == row.id, ~ClaimedItem.released)
        )
    )
    if gone := held - wanted:
        session.execute(
            update(ClaimedItem)
            .where(ClaimedItem.invoice_id == row.id, ClaimedItem.item.in_(gone))
            .values(released=True)
        )
    for item in sorted(wanted - held):
        made = session.scalar(
            insert(ClaimedItem)
            .values(id=new_id(), invoice_id=row.id, item=item, released=False)
            .on_conflict_do_nothing()
            .returning(ClaimedItem.id)
        )
        if made is None:
            raise OpenFindingsError(field="invoice", receipt=row.receipt_no, ids="INS-004")


def release_claims(session: Session, invoice_id: str) -> None:
    """Give everything back."""
    session.execute(
        update(ClaimedItem)
        .where(ClaimedItem.invoice_id == invoice_id, ~ClaimedItem.released)
        .values(released=True)
    )
