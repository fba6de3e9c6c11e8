"""What a contract says of its own price: 単価表 and 月額, in the words of the invoice half.

Part of the tally (`portal.tally`). Contracts of the templates 単価契約 and 賃貸借 carry their
prices, and their amendments the new ones with their first day; paper and other contracts have
price sheets (`einvoice.price_sheets`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from econtract import repricing
from econtract.models import Contract
from econtract.terms import prices
from einvoice.contract_terms import AgreedPrices, ContractKind, ContractLine, ContractTerms


def priced(session: Session, contract: Contract, terms: ContractTerms) -> ContractTerms:
    """The terms with what the concluded documents say of the price; a lump sum where they say
    nothing. The original's own prices hold from the first day of its term."""
    agreed = tuple(_agreed(contract, held) for held in repricing.held(session, contract))
    if not agreed:
        return terms
    own = agreed[0]
    return replace(
        terms,
        kind=own.kind,
        lines=own.lines,
        monthly_gross=own.monthly_gross,
        total_is_planned=own.total_is_planned,
        prices=agreed,
    )


def _agreed(contract: Contract, held: repricing.Held) -> AgreedPrices:
    return AgreedPrices(
        valid_from=held.valid_from,
        kind=ContractKind.UNIT_PRICE if held.table else ContractKind.FIXED_MONTHLY,
        monthly_gross=held.monthly,
        total_is_planned=bool(held.table) and contract.amount_is_estimate,
        document=f"契約番号 {held.document.number}　{held.document.title}",
        lines=tuple(
            ContractLine(
                number=str(position),
                name=f"{row.name} {row.standard}".strip(),
                unit=row.unit,
                quantity=row.quantity,
                unit_price=row.price,
                tax_rate=Decimal(contract.tax_rate),
                reduced=contract.tax_rate == 8,
            )
            for position, row in enumerate(prices(held.table), start=1)
        ),
    )
