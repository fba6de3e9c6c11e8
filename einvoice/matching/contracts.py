"""CON: does the claim stay inside its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.contract_terms import ContractKind, ContractTerms
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import ZERO, ClaimKind, Situation
from records.calendar import fiscal_year


def contract_is_found(s: Situation) -> Iterator[Hit]:
    """CON-001."""
    if s.terms is None and len(s.candidates) != 1 and not len(s.candidates) > 1:
        yield Hit({"number": s.stated_contract or "なし"}, term="IBT-012")


def contract_is_unambiguous(s: Situation) -> Iterator[Hit]:
    """CON-002."""
    if s.terms is None and len(s.candidates) > 1:
        yield Hit({"numbers": "、".join(s.candidates[:10])}, term="IBT-012")


def contract_is_concluded(s: Situation) -> Iterator[Hit]:
    """CON-003."""
    if s.terms is not None and not s.terms.is_concluded:
        yield Hit({"number": s.terms.number})


def supply_is_inside_the_contract_period(s: Situation) -> Iterator[Hit]:
    """CON-004. Works finished late are still the contract's: only the start binds them, and what
    lateness costs is DED-004's matter."""
    if s.terms is None or s.period is None or s.kind.is_ahead:
        return
    first, last = s.terms.starts_on, s.terms.ends_on
    early = first is not None and s.period[0] < first
    late = last is not None and s.period[1] > last and s.terms.kind is not ContractKind.LUMP
    if early or late:
        day = s.period[0] if early else s.period[1]
        yield Hit({"day": day, "start": first or "", "end": last or ""}, term="IBT-073")


def no_amendment_is_pending(s: Situation) -> Iterator[Hit]:
    """CON-005."""
    if s.terms is not None and s.terms.amendment_pending:
        yield Hit({})


def unit_prices_are_the_contracts(s: Situation) -> Iterator[Hit]:
    """CON-006."""
    for line in s.invoice.lines:
        agreed = s.contract_line_of(line)
        if agreed is None or agreed.unit_price is None or line.price.net is None:
            continue
        if line.price.net / (line.price.base_quantity or 1) != agreed.unit_price:
            yield Hit(
                {"item": line.item.name, "found": line.price.net, "price": agreed.unit_price},
                line_id=line.id,
                term="IBT-146",
            )


def lines_are_in_the_contract(s: Situation) -> Iterator[Hit]:
    """CON-007. Only where the contract has a price table; a lump sum may be claimed in one line.
    Nothing is in a contract whose first prices are agreed from a later day on."""
    if s.terms is not None and s.terms.priced_from is not None and s.kind is ClaimKind.ORDINARY:
        words = f"{s.terms.priced_from} より前の単価・月額（登録なし）"
        yield Hit({"item": words}, term="IBT-073")
        return
    if s.terms is None or not s.terms.lines or s.kind is not ClaimKind.ORDINARY:
        return
    if s.terms.kind is ContractKind.LUMP and len(s.invoice.lines) == 1 and len(s.terms.lines) > 1:
        return
    for line in s.invoice.lines:
        if s.contract_line_of(line) is None:
            yield Hit({"item": line.item.name}, line_id=line.id, term="IBT-153")


def claim_is_within_the_rest(s: Situation) -> Iterator[Hit]:
    """CON-008. Payable, because what was paid ahead is among the live claims already."""
    if s.terms is None or s.terms.total_is_planned or not s.terms.gross:
        return
    rest = s.terms.gross - s.claimed_before
    if s.payable > rest:
        yield Hit({"rest": rest, "over": s.payable - rest}, term="IBT-115")


def planned_total_is_kept(s: Situation) -> Iterator[Hit]:
    """CON-009."""
    if s.terms is None or not s.terms.total_is_planned:
        return
    after = s.claimed_before + s.payable
    if after > s.terms.gross:
        yield Hit({"total": after, "planned": s.terms.gross}, term="IBT-115")


def yearly_allocation_is_kept(s: Situation) -> Iterator[Hit]:
    """CON-010."""
    if s.terms is None or not s.terms.is_multi_year or s.supply_date is None:
        return
    year = fiscal_year(s.supply_date)
    ceiling = next((a.ceiling for a in s.terms.allocations if a.fiscal_year == year), ZERO)
    used = sum((e.payable for e in s.live_claims if e.fiscal_year == year), ZERO)
    if s.payable > ceiling - used:
        yield Hit({"fy": year, "rest": ceiling - used}, term="IBT-115")


def nothing_is_left_after_completion(s: Situation) -> Iterator[Hit]:
    """CON-011. A final claim on a lump sum that leaves something unclaimed."""
    terms = s.terms
    if terms is None or terms.kind is not ContractKind.LUMP or s.kind is not ClaimKind.ORDINARY:
        return
    rest = terms.gross - s.claimed_before - s.payable
    if s.chosen_works and rest > 0:
        yield Hit({"rest": rest})


def instalment_is_due(s: Situation) -> Iterator[Hit]:
    """CON-012. An advance claimed twice, or a month that is not over."""
    if s.terms is None:
        return
    if s.kind.is_ahead and any(e.kind is s.kind for e in s.live_claims):
        yield Hit(
            {"reason": "前金払は請求済みです", "reason_en": "the advance was claimed already"}
        )
    if s.terms.kind is ContractKind.FIXED_MONTHLY and s.period and s.period[1] > s.received_on:
        yield Hit(
            {
                "reason": f"対象期間が{s.period[1]}まで続いています",
                "reason_en": f"the period runs until {s.period[1]}",
            },
            term="IBT-074",
        )
    if s.terms.instalments and s.kind is ClaimKind.ORDINARY:
        yield from _instalment(s, s.terms)


def _instalment(s: Situation, terms: ContractTerms) -> Iterator[Hit]:
    """One of the agreed instalments that nobody has claimed, and not before its day."""
    open_ones = sorted(terms.instalments, key=lambda one: one.due_on)
    for claim in s.live_claims:
        taken = next((one for one in open_ones if one.gross == claim.gross), None)
        if taken is not None:
            open_ones.remove(taken)
    fitting = next((one for one in open_ones if one.gross == s.gross), None)
    if fitting is None:
        rest = "、".join(f"{one.name} {one.gross:,}円" for one in open_ones[:5]) or "なし"
        yield Hit(
            {"reason": f"残る分割払（{rest}）と額が違います", "reason_en": "no open instalment"},
            term="IBT-112",
        )
    elif fitting.due_on > s.received_on:
        yield Hit(
            {
                "reason": f"「{fitting.name}」は{fitting.due_on}から請求できます",
                "reason_en": f"it may be claimed from {fitting.due_on} on",
            },
            term="IBT-112",
        )


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "CON-001": contract_is_found,
    "CON-002": contract_is_unambiguous,
    "CON-003": contract_is_concluded,
    "CON-004": supply_is_inside_the_contract_period,
    "CON-005": no_amendment_is_pending,
    "CON-006": unit_prices_are_the_contracts,
    "CON-007": lines_are_in_the_contract,
    "CON-008": claim_is_within_the_rest,
    "CON-009": planned_total_is_kept,
    "CON-010": yearly_allocation_is_kept,
    "CON-011": nothing_is_left_after_completion,
    "CON-012": instalment_is_due,
}
