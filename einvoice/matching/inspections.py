"""INS: was it delivered, accepted, and not yet paid for (検収との照合)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.due_dates import OTHER_INSPECTION_DAYS, WORKS_INSPECTION_DAYS, inspection_due
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import ZERO, ClaimKind, Situation


def inspection_has_passed(s: Situation) -> Iterator[Hit]:
    """INS-001. Advances are paid before anything is inspected."""
    if s.terms is None or s.kind.is_ahead or s.failed_work is not None:
        return
    if not s.chosen_works:
        yield Hit({})


def claim_is_within_what_was_accepted(s: Situation) -> Iterator[Hit]:
    """INS-002. Quantities by contract line; amounts where the inspection gives amounts."""
    if s.terms is None or s.kind.is_ahead or not s.chosen_works:
        return
    accepted = [line for work in s.chosen_works for line in work.lines]
    for line in s.invoice.lines:
        agreed = s.contract_line_of(line)
        if agreed is None or line.quantity is None:
            continue
        quantities = [a.quantity for a in accepted if a.contract_line == agreed.number]
        known = [quantity for quantity in quantities if quantity is not None]
        if known and line.quantity > sum(known, ZERO):
            yield Hit(
                {
                    "what": "数量",
                    "q": sum(known, ZERO),
                    "item": line.item.name,
                    "found": line.quantity,
                },
                line_id=line.id,
                term="IBT-129",
            )
    amounts = [a.gross for a in accepted if a.gross is not None]
    if amounts and s.kind is ClaimKind.ORDINARY and s.gross > sum(amounts, ZERO):
        yield Hit(
            {"what": "金額", "q": sum(amounts, ZERO), "item": "税込合計", "found": s.gross},
            term="IBT-112",
        )


def last_inspection_did_not_fail(s: Situation) -> Iterator[Hit]:
    """INS-003."""
    if s.failed_work is not None and not s.kind.is_ahead:
        yield Hit({"no": s.failed_work.number})


def inspection_was_not_invoiced(s: Situation) -> Iterator[Hit]:
    """INS-004. Part payments draw on the same finished part until their limit."""
    if s.kind.is_ahead or s.kind is ClaimKind.PART:
        return
    for work in s.chosen_works:
        if work.taken_by:
            yield Hit({"no": work.taken_by})


def inspector_did_not_draft(s: Situation) -> Iterator[Hit]:
    """INS-005. A setting: many small sections have one person for both."""
    if not s.policy.separate_inspector or s.drafted_by is None:
        return
    for work in s.chosen_works:
        if work.inspector_id == s.drafted_by:
            yield Hit({"who": work.inspector_name})


def inspection_was_in_time(s: Situation) -> Iterator[Hit]:
    """INS-006. 14 days for works, 10 otherwise (支払遅延防止法5条)."""
    if s.terms is None or s.kind.is_ahead:
        return
    days = WORKS_INSPECTION_DAYS if s.terms.is_works else OTHER_INSPECTION_DAYS
    for work in s.chosen_works:
        due = inspection_due(work.notified_on, is_works=s.terms.is_works)
        if work.inspected_on > due:
            late = (work.inspected_on - due).days
            yield Hit({"n": days, "due": due, "late": late})


def claim_came_after_inspection(s: Situation) -> Iterator[Hit]:
    """INS-007."""
    if s.kind.is_ahead or s.inspected_on is None:
        return
    if s.received_on < s.inspected_on and s.terms is not None:
        yield Hit({"day": s.inspected_on})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "INS-001": inspection_has_passed,
    "INS-002": claim_is_within_what_was_accepted,
    "INS-003": last_inspection_did_not_fail,
    "INS-004": inspection_was_not_invoiced,
    "INS-005": inspector_did_not_draft,
    "INS-006": inspection_was_in_time,
    "INS-007": claim_came_after_inspection,
}
