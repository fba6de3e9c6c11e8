"""BUD: is there budget, committed in time and sufficient (支出負担行為)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import Situation, total


def commitment_exists(s: Situation) -> Iterator[Hit]:
    """BUD-001."""
    if s.terms is not None and s.commitment is None:
        yield Hit({"number": s.terms.number})


def commitment_suffices(s: Situation) -> Iterator[Hit]:
    """BUD-002."""
    if s.commitment is not None and s.payable > s.commitment.rest:
        yield Hit({"rest": s.commitment.rest})


def allotment_suffices(s: Situation) -> Iterator[Hit]:
    """BUD-003. Where commitment and order are made together the budget is drawn on only now."""
    if s.commitment is None or not s.commitment.is_combined or s.commitment.allotted is None:
        return
    if s.payable > s.commitment.allotted:
        yield Hit({"rest": s.commitment.allotted})


def budget_item_is_usual(s: Situation) -> Iterator[Hit]:
    """BUD-004. A hint: what is usual is the city's setting."""
    if s.commitment is None or s.terms is None or not s.commitment.setsu:
        return
    usual = s.policy.usual_items.get(s.terms.category)
    setsu = s.commitment.setsu.lstrip("0")
    if usual is not None and setsu not in usual:
        yield Hit({"setsu": setsu, "usual": "・".join(sorted(usual, key=int))})


def split_adds_up(s: Situation) -> Iterator[Hit]:
    """BUD-005."""
    parts = total(share.amount for share in s.shares)
    if s.shares and parts != s.payable:
        yield Hit({"parts": parts, "payable": s.payable})


def approver_has_the_authority(s: Situation) -> Iterator[Hit]:
    """BUD-006. Asked when somebody is about to decide."""
    if s.approver is None or s.approver.limit is None:
        return
    if s.payable > s.approver.limit:
        yield Hit({"limit": s.approver.limit, "payable": s.payable})


def approver_took_no_earlier_step(s: Situation) -> Iterator[Hit]:
    """BUD-007. Who orders does not review, who reviews does not pay (地方自治法232条の4)."""
    if s.approver is not None and s.approver.id in s.approver.took:
        yield Hit({})


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
    "BUD-003": allotment_suffices,
    "BUD-004": budget_item_is_usual,
    "BUD-005": split_adds_up,
    "BUD-006": approver_has_the_authority,
    "BUD-007": approver_took_no_earlier_step,
    "BUD-008": commitment_came_first,
}
