"""VEN: who claims, and is it who we contracted with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.company_names import NameMatch, compare
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import Situation, folded


def claimant_is_known(s: Situation) -> Iterator[Hit]:
    """VEN-001."""
    if s.vendor is None:
        yield Hit({"number": s.invoice.seller.registration_number or "なし"}, term="IBT-031")


def claimant_is_the_contract_party(s: Situation) -> Iterator[Hit]:
    """VEN-002. By creditor, and by registration number where both sides have one."""
    if s.vendor is None or s.terms is None:
        return
    stated = s.invoice.seller.registration_number
    agreed = s.terms.registration_number or s.vendor.registration_number
    other_number = bool(stated and agreed and stated != agreed)
    if s.vendor.vendor_id != s.terms.vendor_id or other_number:
        claimant = s.invoice.seller.name + (f" {stated}" if other_number else "")
        party = s.terms.vendor_name + (f" {agreed}" if other_number else "")
        yield Hit({"claimant": claimant, "party": party}, term="IBT-027")


def claimant_agrees_with_the_register(s: Situation) -> Iterator[Hit]:
    """VEN-003. Name by the usual variants, address by its folded text where both give one."""
    if s.vendor is None:
        return
    name = s.invoice.seller.name
    names = [s.vendor.name, *([s.terms.vendor_name] if s.terms else [])]
    if name and all(compare(name, known) is NameMatch.DIFFERENT for known in names):
        yield Hit(
            {"field": "名称", "field_en": "name", "found": name, "known": s.vendor.name},
            term="IBT-027",
        )
    address = s.invoice.seller.address
    if address is None or not s.vendor.address:
        return
    parts = (address.subdivision, address.city, address.line1, address.line2, address.line3)
    stated = "".join(part for part in parts if part)
    known = folded(s.vendor.address)
    # Buildings and the prefecture are left out freely; one must still contain the other.
    if stated and folded(stated) not in known and known not in folded(stated):
        yield Hit(
            {
                "field": "住所",
                "field_en": "address",
                "found": stated,
                "known": s.vendor.address,
            },
            term="IBT-035",
        )


def no_seizure_or_assignment(s: Situation) -> Iterator[Hit]:
    """VEN-004."""
    if s.vendor and s.vendor.notice_on_file:
        yield Hit({"notice": s.vendor.notice_on_file})


def payee_is_the_claimant(s: Situation) -> Iterator[Hit]:
    """VEN-005."""
    payee = s.invoice.payee
    if payee and payee.name and compare(payee.name, s.invoice.seller.name) is NameMatch.DIFFERENT:
        yield Hit({"payee": payee.name}, term="IBT-059")


def vendor_is_not_suspended(s: Situation) -> Iterator[Hit]:
    """VEN-006."""
    if s.vendor and s.vendor.suspended_until and s.vendor.suspended_until >= s.today:
        yield Hit({"until": s.vendor.suspended_until})


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "VEN-001": claimant_is_known,
    "VEN-002": claimant_is_the_contract_party,
    "VEN-003": claimant_agrees_with_the_register,
    "VEN-004": no_seizure_or_assignment,
    "VEN-005": payee_is_the_claimant,
    "VEN-006": vendor_is_not_suspended,
}
