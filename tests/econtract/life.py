"""Builders for a contract's life after 確定: concluded without ink where ink is not the matter."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from walk import Walk

from econtract import queries
from econtract.states import ContractState
from records import Actor, Database

VENDOR = Actor("vendor", "v-user-1", "髙橋 一郎")
LEAD_ID = "vendor-V0001"
STAFF = Actor("staff", "s-road", "道路 花子")
OTHER = Actor("staff", "s-road-2", "道路 次子")
OFFICER = Actor("staff", "s-officer", "契約 四郎")


def concluded(walk: Walk, *, amount: Decimal | None = None, **cells: str) -> str:
    """A contract that counts as concluded now. Its file is not made: tests of the ink walk it."""
    walk.draft(**cells)
    conclude(walk.deps.database, walk.contract_id, walk.now, amount=amount)
    return walk.contract_id


def conclude(
    database: Database, contract_id: str, at: datetime, *, amount: Decimal | None = None
) -> None:
    with database.transaction() as session:
        contract = queries.locked(session, contract_id)
        if amount is not None:
            contract.amount = amount
            contract.tax = (amount * 10 / 110).quantize(Decimal(1))
        contract.sent_at = contract.concluded_at = at
        contract.move(ContractState.CONCLUDED, at)
