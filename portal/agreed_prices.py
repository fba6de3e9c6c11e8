"""What a contract says of its own price: 単価表 and 月額, in the words of the invoice half.

Part of the tally (`portal.tally`). Contracts of the templates 単価契約 and 賃貸借 carry their
prices; other contracts, and what a 変更契約 changes, have price sheets (`einvoice.price_sheets`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from econtract.models import Contract
from econtract.terms import prices
from einvoice.contract_terms import ContractKind, ContractLine

UNIT_PRICES, MONTHLY = "unit_prices", "monthly_amount"


class Prices(TypedDict):
    """The fields of `ContractTerms` that say how the price is claimed."""

    kind: ContractKind
    lines: tuple[ContractLine, ...]
    monthly_gross: Decimal | None
    total_is_planned: bool


def of_contract(contract: Contract) -> Prices:
    """As the contract was concluded; a lump sum where it says nothing else."""
    table = contract.fields.get(UNIT_PRICES, "")
    if table:
        return {
            "kind": ContractKind.UNIT_PRICE,
            "monthly_gross": None,
            "total_is_planned": contract.amount_is_estimate,
            "lines": tuple(
                ContractLine(
                    number=str(position),
                    name=f"{row.name} {row.standard}".strip(),
                    unit=row.unit,
                    quantity=row.quantity,
                    unit_price=row.price,
                    tax_rate=Decimal(contract.tax_rate),
                    reduced=contract.tax_rate == 8,
                )
                for position, row in enumerate(prices(table), start=1)
            ),
        }
    monthly = contract.fields.get(MONTHLY, "")
    return {
        "kind": ContractKind.FIXED_MONTHLY if monthly else ContractKind.LUMP,
        "monthly_gross": Decimal(monthly) if monthly else None,
        "total_is_planned": False,
        "lines": (),
    }
