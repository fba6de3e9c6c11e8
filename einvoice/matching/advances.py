"""ADV: money paid before the work is done, and its settlement.

前金払 up to 40 % of works (30 % of design), 中間前金払 20 % more, guaranteed by a 保証事業会社
(地方自治法施行令附則7条); what the contract grants is in its `AdvanceTerms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.matching.catalogue import Hit
from einvoice.matching.expectation import advance_cap, part_payment_limit
from einvoice.matching.situation import ZERO, ClaimKind, Situation


def advance_is_within_its_cap(s: Situation) -> Iterator[Hit]:
    """ADV-001."""
    if s.terms is None or not s.kind.is_ahead:
        return
    cap = advance_cap(s.terms, s.kind)
    if s.payable > cap:
        yield Hit({"cap": cap, "found": s.payable}, term="IBT-115")


def guarantee_covers_the_advance(s: Situation) -> Iterator[Hit]:
    """ADV-002."""
    if s.terms is None or not s.kind.is_ahead:
        return
    advance = s.terms.advance
    ahead = sum((e.payable for e in s.live_claims if e.kind.is_ahead), ZERO)
    if advance.guarantee_until is None:
        yield Hit({"reason": "保証証書がありません", "reason_en": "there is none"})
    elif advance.guarantee_until < s.received_on:
        until = advance.guarantee_until
        yield Hit({"reason": f"{until}で期限切れ", "reason_en": f"it ended on {until}"})
    elif advance.guaranteed < ahead + s.payable:
        yield Hit(
            {
                "reason": f"保証額 {advance.guaranteed:,}円 が足りません",
                "reason_en": f"it covers {advance.guaranteed:,} yen only",
            }
        )


def interim_advance_is_certified(s: Situation) -> Iterator[Hit]:
    """ADV-003."""
    if s.terms is None or s.kind is not ClaimKind.INTERIM:
        return
    if not s.terms.advance.interim_certified:
        yield Hit({"reason": "認定調書がありません", "reason_en": "it was not certified"})
    if any(e.kind is ClaimKind.PART for e in s.live_claims):
        yield Hit({"reason": "部分払を選択済みです", "reason_en": "part payment was chosen"})


def prepaid_agrees_with_the_ledger(s: Situation) -> Iterator[Hit]:
    """ADV-004. The ledger decides, not the invoice."""
    if s.terms is None or s.kind is not ClaimKind.ORDINARY:
        return
    ledger = s.paid_ahead
    if s.prepaid != ledger:
        yield Hit({"found": s.prepaid, "ledger": ledger}, term="IBT-113")


def part_payment_is_within_its_limit(s: Situation) -> Iterator[Hit]:
    """ADV-005."""
    if s.terms is None or s.kind is not ClaimKind.PART:
        return
    limit = part_payment_limit(s) or ZERO
    earlier = sum(e.kind is ClaimKind.PART for e in s.live_claims)
    if s.payable > limit or earlier >= s.terms.advance.part_payments:
        yield Hit({"limit": limit, "n": s.terms.advance.part_payments}, term="IBT-115")


def earlier_advances_are_settled(s: Situation) -> Iterator[Hit]:
    """ADV-006. 概算払・資金前渡 are settled first (地方自治法施行令162条, 161条)."""
    for item in s.open_advances:
        if item.settle_by < s.today:
            yield Hit({"number": item.number, "amount": item.amount, "day": item.settle_by})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "ADV-001": advance_is_within_its_cap,
    "ADV-002": guarantee_covers_the_advance,
    "ADV-003": interim_advance_is_certified,
    "ADV-004": prepaid_agrees_with_the_ledger,
    "ADV-005": part_payment_is_within_its_limit,
    "ADV-006": earlier_advances_are_settled,
}
