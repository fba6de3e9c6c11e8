"""What a claim may amount to, by the kind of contract (支払対象額).

| kind          | gross due now                                                          |
|---------------|------------------------------------------------------------------------|
| lump          | contract gross                                                         |
| fixed monthly | monthly gross                                                          |
| unit price    | Σ line round(accepted quantity × unit price), tax once a rate          |
| milestone, measured, actual cost | Σ accepted gross of the inspections                 |
| advance       | contract gross × rate, fractions of the contract's unit cut            |

From the gross due, what was paid ahead is subtracted where the claim is the final one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from einvoice.contract_terms import ContractKind, ContractTerms
from einvoice.matching.situation import ZERO, AcceptedLine, ClaimKind, Situation


@dataclass(frozen=True, slots=True)
class Expectation:
    """Yen due now, with tax; `payable` after what was paid ahead."""

    gross: Decimal
    payable: Decimal


def expectation(s: Situation) -> Expectation | None:
    """What this claim may amount to; None when contract or inspection leave it open."""
    if s.terms is None or s.terms.priced_from is not None:
        return None
    if s.kind.is_ahead:
        cap = advance_cap(s.terms, s.kind)
        return Expectation(cap, cap)
    if s.kind is ClaimKind.PART:
        limit = part_payment_limit(s)
        return None if limit is None else Expectation(limit, limit)
    gross = _gross_due(s, s.terms)
    if gross is None:
        return None
    ahead = s.paid_ahead if s.terms.kind is ContractKind.LUMP else ZERO
    return Expectation(gross, gross - ahead)


def _gross_due(s: Situation, terms: ContractTerms) -> Decimal | None:
    if terms.kind is ContractKind.FIXED_MONTHLY:
        return terms.monthly_gross
    if not s.chosen_works:
        return None
    accepted = [line for work in s.chosen_works for line in work.lines]
    if terms.kind is ContractKind.UNIT_PRICE:
        return unit_price_gross(terms, accepted)
    if terms.kind is ContractKind.LUMP:
        return terms.gross
    amounts = [line.gross for line in accepted if line.gross is not None]
    return sum(amounts, ZERO) if amounts else None


def unit_price_gross(terms: ContractTerms, accepted: list[AcceptedLine]) -> Decimal | None:
    """Gross of accepted quantities at contract prices: lines rounded by the contract's rule,
    tax once a rate."""
    bases: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for item in accepted:
        line = terms.line(item.contract_line or "")
        if line is None or line.unit_price is None or item.quantity is None:
            return None
        bases[line.tax_rate] += terms.line_rounding.apply(item.quantity * line.unit_price)
    if not bases:
        return None
    taxes = (terms.rounding.apply(base * rate / 100) for rate, base in bases.items())
    return sum(bases.values(), ZERO) + sum(taxes, ZERO)


def advance_cap(terms: ContractTerms, kind: ClaimKind) -> Decimal:
    """前払金 or 中間前払金 at most, fractions of the contract's unit cut."""
    advance = terms.advance
    rate = advance.advance_rate if kind is ClaimKind.ADVANCE else advance.interim_rate
    exact = terms.gross * rate / 100
    return (exact / advance.unit).quantize(Decimal(1), rounding=ROUND_DOWN) * advance.unit


def part_payment_limit(s: Situation) -> Decimal | None:
    """部分払: value done × (9/10 − advance / contract), less what was already paid in parts.

    The usual clause of the standard works contract (公共工事標準請負契約約款38条); value done is
    the accepted gross of all passed inspections.
    """
    if s.terms is None or not s.terms.gross:
        return None
    passed = [work for work in s.works if work.passed]
    amounts = [line.gross for work in passed for line in work.lines if line.gross is not None]
    if not amounts:
        return None
    advances = sum((e.payable for e in s.live_claims if e.kind.is_ahead), ZERO)
    parts = sum((e.payable for e in s.live_claims if e.kind is ClaimKind.PART), ZERO)
    share = Decimal(9) / 10 - advances / s.terms.gross
    limit = (sum(amounts, ZERO) * share).quantize(Decimal(1), rounding=ROUND_DOWN)
    return max(limit - parts, ZERO)
