"""What the city's own books add to the terms of a contract: who files tax, what each year may pay.

A contract does not say from which account it is paid. The 支出負担行為 does: its account decides
whether input tax is deducted (消費税法60条), and commitments of several fiscal years are the
contract's yearly allocations (債務負担行為, 長期継続契約: 自治法214条, 234条の3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from einvoice.contract_terms import ContractTerms, TaxRegime, YearAllocation
from einvoice.models import Commitment


def with_books(
    terms: ContractTerms,
    chosen: Commitment | None,
    commitments: Sequence[Commitment],
    *,
    taxed_accounts: Collection[str],
) -> ContractTerms:
    """The terms as the books complete them; what the terms say themselves stays.

    Budget that was carried over belongs to a year before the supply, so such contracts have no
    allocations by the year of supply; BUD-002 holds their balance.
    """
    if chosen is not None and chosen.account in taxed_accounts:
        terms = replace(terms, tax_regime=TaxRegime.STANDARD)
    if terms.allocations or any(row.carried_over for row in commitments):
        return terms
    years: dict[int, Decimal] = defaultdict(Decimal)
    for row in commitments:
        years[row.fiscal_year] += row.amount
    if len(years) < 2:
        return terms
    allocations = tuple(
        YearAllocation(fiscal_year=year, ceiling=years[year]) for year in sorted(years)
    )
    return replace(terms, allocations=allocations)
