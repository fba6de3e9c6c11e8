"""DUP: was this claimed before. Number, content, period; after a return it may come again.

DUP-001 (same network message) and DUP-002 (same bytes) are decided at the door, by
`einvoice.receiving`, where the earlier receipt is simply given again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.contract_terms import ContractKind
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import (
    EarlierInvoice,
    Situation,
    digits_key,
    number_key,
    overlaps,
    within_days,
)


def _live(s: Situation) -> Iterator[EarlierInvoice]:
    return (earlier for earlier in s.earlier if earlier.live)


def number_is_new(s: Situation) -> Iterator[Hit]:
    """DUP-003."""
    key = number_key(s.invoice.number)
    for earlier in _live(s):
        if key and earlier.number_key == key:
            yield Hit({"number": s.invoice.number, "receipt": earlier.receipt_no}, term="IBT-001")


def resubmission_is_linked(s: Situation) -> Iterator[Hit]:
    """DUP-004."""
    for earlier in s.earlier:
        if earlier.returned and earlier.is_predecessor:
            yield Hit({"receipt": earlier.receipt_no}, term="IBT-025")


def date_and_amount_are_new(s: Situation) -> Iterator[Hit]:
    """DUP-005."""
    key = number_key(s.invoice.number)
    for earlier in _live(s):
        same_day = earlier.issue_date is not None and earlier.issue_date == s.invoice.issue_date
        if same_day and earlier.gross == s.gross and earlier.number_key != key:
            yield Hit({"receipt": earlier.receipt_no, "number": earlier.number})


def amount_is_not_repeated_soon(s: Situation) -> Iterator[Hit]:
    """DUP-006. Nothing to say where a stronger check speaks."""
    key = number_key(s.invoice.number)
    for earlier in _live(s):
        if earlier.gross != s.gross or earlier.number_key == key:
            continue
        if earlier.issue_date == s.invoice.issue_date or overlaps(earlier.period, s.period):
            continue
        if within_days(earlier.issue_date, s.invoice.issue_date, s.policy.duplicate_days):
            yield Hit({"receipt": earlier.receipt_no})


def period_is_new(s: Situation) -> Iterator[Hit]:
    """DUP-007. For contracts that are billed by period."""
    if s.terms is None or s.terms.kind not in {ContractKind.FIXED_MONTHLY, ContractKind.UNIT_PRICE}:
        return
    for earlier in s.live_claims:
        if overlaps(earlier.period, s.period) and s.period:
            yield Hit(
                {"period": f"{s.period[0]}〜{s.period[1]}", "receipt": earlier.receipt_no},
                term="IBT-073",
            )


def no_other_channel_brought_it(s: Situation) -> Iterator[Hit]:
    """DUP-008. Digits of the number and gross equal, spelled otherwise or come by another door."""
    key, digits = number_key(s.invoice.number), digits_key(s.invoice.number)
    for earlier in _live(s):
        other_way = earlier.number_key != key or earlier.channel != s.channel
        if digits and other_way and earlier.digits_key == digits and earlier.gross == s.gross:
            yield Hit({"receipt": earlier.receipt_no}, term="IBT-001")


def no_standing_arrangement(s: Situation) -> Iterator[Hit]:
    """DUP-009."""
    if s.terms is not None and s.terms.standing_arrangement:
        yield Hit({})


def amount_is_as_when_returned(s: Situation) -> Iterator[Hit]:
    """DUP-010. Only where the same number comes again: a new number is a new statement."""
    key = number_key(s.invoice.number)
    for earlier in s.earlier:
        same_number = earlier.returned and earlier.number_key == key
        if same_number and earlier.is_predecessor and earlier.gross != s.gross:
            yield Hit({"before": earlier.gross, "now": s.gross}, term="IBT-112")


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "DUP-003": number_is_new,
    "DUP-004": resubmission_is_linked,
    "DUP-005": date_and_amount_are_new,
    "DUP-006": amount_is_not_repeated_soon,
    "DUP-007": period_is_new,
    "DUP-008": no_other_channel_brought_it,
    "DUP-009": no_standing_arrangement,
    "DUP-010": amount_is_as_when_returned,
}
