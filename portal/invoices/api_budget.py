"""JSON API of the budget: 配当, 概算払・資金前渡 and their settlement, the split of an invoice.

POST /api/v1/allotments              what a budget item may spend in a year
POST /api/v1/advances                money paid ahead that must be settled
POST /api/v1/advances/{number}/settle
POST /api/v1/invoices/{id}/shares    科目内訳; an empty list takes it away
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from einvoice import budgeting, preparing
from einvoice.budgeting import AdvanceForm
from einvoice.payment_order import BudgetCode, BudgetShare
from portal.invoices import presenting
from portal.invoices.api import readable
from portal.invoices.parts import invoice_parts
from portal.invoices.rights import facts
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1")

Payer = Annotated[Identity, Depends(require("payment.order"))]
Inspector = Annotated[Identity, Depends(require("invoice.inspect"))]
Code = Annotated[str, Field(max_length=10)]
Yen = Annotated[int, Field(ge=0, lt=10**13)]


class Item(BaseModel):
    """A budget item (予算科目) as text codes."""

    account: Code
    section: Code
    kan: Code
    kou: Code
    moku: Code
    jigyo: Code
    setsu: Code
    saisetsu: Code

    def code(self) -> BudgetCode:
        """As the domain has it."""
        names = ("account", "section", "kan", "kou", "moku", "jigyo", "setsu", "saisetsu")
        return BudgetCode(**{name: getattr(self, name) for name in names})


class Allotment(Item):
    fiscal_year: Annotated[int, Field(ge=2000, le=2100)]
    amount: Yen


class Advance(BaseModel):
    number: Annotated[str, Field(min_length=1, max_length=50)]
    vendor_id: Annotated[str, Field(max_length=36)]
    kind: Literal["estimate", "imprest"]
    amount: Yen
    paid_on: date
    settle_by: date


class Settlement(BaseModel):
    settled_on: date


class Share(Item):
    amount: Yen


class Shares(BaseModel):
    shares: Annotated[list[Share], Field(max_length=preparing.MAX_SHARES)]


@router.post("/allotments")
def allot(request: Request, session: DbSession, body: Allotment, user: Payer) -> dict[str, Any]:
    row = budgeting.allot(
        session,
        fiscal_year=body.fiscal_year,
        budget=body.code(),
        amount=Decimal(body.amount),
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return {"id": row.id, "fiscal_year": row.fiscal_year, "amount": int(row.amount)}


@router.post("/advances")
def pay_ahead(request: Request, session: DbSession, body: Advance, user: Payer) -> dict[str, Any]:
    form = AdvanceForm(**{**body.model_dump(), "amount": Decimal(body.amount)})
    row = budgeting.pay_ahead(session, form, actor=user.actor, at=get_service(request).clock.now())
    return {"id": row.id, "number": row.number}


@router.post("/advances/{number}/settle")
def settle(
    request: Request, session: DbSession, number: str, body: Settlement, user: Payer
) -> dict[str, Any]:
    row = budgeting.settle(
        session,
        number=number,
        on=body.settled_on,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return {"id": row.id, "number": row.number, "settled_on": str(row.settled_on)}


@router.post("/invoices/{invoice_id}/shares")
def set_shares(
    request: Request, session: DbSession, invoice_id: str, body: Shares, user: Inspector
) -> dict[str, Any]:
    parts = invoice_parts(get_service(request))
    row = readable(session, user, invoice_id)
    ensure(user, "invoice.inspect", **facts(session, row))
    preparing.set_shares(
        session,
        parts,
        invoice_id=row.id,
        shares=[
            BudgetShare(budget=share.code(), amount=Decimal(share.amount)) for share in body.shares
        ],
        actor=user.actor,
        at=parts.clock.now(),
    )
    return presenting.full(session, row)
