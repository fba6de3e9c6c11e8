"""The match: contract ↔ inspection ↔ invoice ↔ earlier invoices, as pure checks.

`match(situation)` runs every check of the table and says what becomes of the invoice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from einvoice.matching import (
    accounts,
    advances,
    amounts,
    budgets,
    contracts,
    dates,
    deductions,
    documents,
    duplicates,
    inspections,
    taxes,
    vendors,
)
from einvoice.matching.catalogue import Hit, Judged, Level, catalogue, judge
from einvoice.matching.expectation import Expectation, expectation
from einvoice.matching.situation import ClaimKind, MatchPolicy, Situation

__all__ = [
    "CHECKS",
    "ClaimKind",
    "Judged",
    "Level",
    "Match",
    "MatchPolicy",
    "Result",
    "Situation",
    "catalogue",
    "expectation",
    "match",
]

Check = Callable[[Situation], Iterator[Hit]]

CHECKS: dict[str, Check] = {
    **documents.CHECKS,
    **vendors.CHECKS,
    **contracts.CHECKS,
    **inspections.CHECKS,
    **amounts.CHECKS,
    **taxes.CHECKS,
    **advances.CHECKS,
    **duplicates.CHECKS,
    **dates.CHECKS,
    **budgets.CHECKS,
    **deductions.CHECKS,
    **accounts.CHECKS,
}


class Result(StrEnum):
    """What the match says of the invoice as a whole."""

    MATCHED = "MATCHED"
    WITH_WARNINGS = "MATCHED_WITH_WARNINGS"
    HELD = "HELD"
    REJECTED = "REJECTED"
    """Something stops it that the vendor must mend: return it with the reasons."""
    WAITING = "WAITING"
    """Something stops it that the city must do first (inspection, commitment)."""
    UNMATCHED = "UNMATCHED"
    """No contract was found."""


@dataclass(frozen=True, slots=True)
class Match:
    """The findings of the match and what follows from them."""

    result: Result
    findings: tuple[Judged, ...]
    expected: Expectation | None

    def ids(self, *levels: Level) -> list[str]:
        """Ids of the findings of these levels (all if none is named)."""
        return [f.id for f in self.findings if not levels or f.level in levels]


def match(situation: Situation) -> Match:
    """Run every check. Deterministic: the same situation has the same match."""
    line_ids = [line.id for line in situation.invoice.lines]
    findings = tuple(
        judge(check_id, hit, line_ids)
        for check_id, check in CHECKS.items()
        for hit in check(situation)
    )
    return Match(result_of(findings), findings, expectation(situation))


def result_of(findings: tuple[Judged, ...]) -> Result:
    """The gravest consequence among the findings."""
    stops = [finding for finding in findings if finding.level is Level.STOP]
    if any(finding.id == "CON-001" for finding in stops):
        return Result.UNMATCHED
    if any(finding.who == "V" for finding in stops):
        return Result.REJECTED
    if stops:
        return Result.WAITING
    levels = {finding.level for finding in findings}
    if Level.HOLD in levels:
        return Result.HELD
    return Result.WITH_WARNINGS if Level.WARN in levels else Result.MATCHED
