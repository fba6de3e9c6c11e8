"""What was claimed and paid on a contract: the other half of the tally, on the contract's page.

Whoever reads the contract (auditor, 会計課, its vendor) sees the invoices, what is left, and the
whole way from 起案 to 支払 in one trail, without looking for anything on another page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from econtract.models import Contract
from einvoice import queries as invoices
from portal.contracts.timeline import Line
from portal.invoices import showing
from portal.service import Service
from portal.tally import terms_of
from records import audit


@dataclass(frozen=True, slots=True)
class Claim:
    """An invoice on the contract. `amount` in yen, to be paid; `paid_on` once the bank has."""

    number: str
    href: str
    amount: Decimal
    words: str
    tone: str
    due_on: date | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Claims:
    rows: tuple[Claim, ...]
    bar: showing.Bar


def of_contract(
    service: Service, session: Session, contract: Contract, *, for_vendor: bool = False
) -> Claims | None:
    """The live invoices and what is left to claim; None before the contract is final."""
    if contract.concluded_at is None:
        return None
    terms = terms_of(service).terms(session, contract)
    rows = []
    for row in invoices.claims_on(session, contract.number):
        if for_vendor and row.vendor_id != contract.vendor_id:
            continue
        words, tone = showing.badge(row, for_vendor=for_vendor)
        place = "/vendor/invoices" if for_vendor else "/invoices"
        rows.append(
            Claim(
                row.number or row.original_name,
                f"{place}/{row.id}",
                row.payable or Decimal(0),
                words,
                tone,
                row.due_on,
                row.paid_on,
            )
        )
    return Claims(tuple(rows), showing.bar(session, terms, None))


def trail(session: Session, contract: Contract) -> list[Line]:
    """What happened to the contract's invoices, as lines of the contract's own trail."""
    found = []
    for row in invoices.claims_on(session, contract.number):
        for line in showing.history(audit.history(session, f"invoice:{row.id}")):
            found.append(
                Line(
                    at=line.at,
                    words=f"請求書 {row.number or row.original_name}：{line.words}",
                    tone=line.tone,
                    who=line.who,
                    side="staff",
                    detail=line.detail,
                    proof="",
                )
            )
    return found
