"""BUD: is there budget, committed in time and sufficient (支出負担行為)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import Situation


def commitment_exists(s: Situation) -> Iterator[Hit]:
    """BUD-001."""
    if s.terms is not None and s.commitment is None:
        yield Hit({"number": s.terms.number})


def commitment_suffices(s: Situation) -> Iterator[Hit]:
    """BUD-002."""
    if s.commitment is not None and s.payable > s.commitment.rest:
        yield Hit({"rest": s.commitment.rest})


def commitment_came_first(s: Situation) -> Iterator[Hit]:
    """BUD-008. Combined commitments (兼支出命令) are made with the order by design."""
    if s.commitment is None or s.commitment.is_combined or s.terms is None:
        return
    concluded = s.terms.concluded_on
    # A contract of several years commits each year anew.
    if concluded and s.commitment.dated_on > concluded and not s.terms.is_multi_year:
        yield Hit({"day": s.commitment.dated_on, "concluded": concluded})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "BUD-001": commitment_exists,
    "BUD-002": commitment_suffices,
    "BUD-008": commitment_came_first,
}
