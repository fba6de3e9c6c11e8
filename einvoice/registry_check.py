"""The registry's word on an invoice: the number on its days of supply, and the seller's name."""

from __future__ import annotations

from datetime import date

from einvoice.company_names import NameMatch, compare_any
from einvoice.invoice import Invoice
from einvoice.own_checks import Desk
from einvoice.places import Place
from einvoice.registration import RegistrationNumber
from einvoice.registry import Registry, RegistryAnswer, RegistryStatus

_SELLER: Place = ("cac:AccountingSupplierParty", "cac:Party")


def ask_for_days(
    registry: Registry, number: RegistrationNumber, first: date, last: date
) -> RegistryAnswer:
    """The worst answer for a period: its first day, and its last unless the first covers it."""
    answer = registry.status(number, first)
    if not answer.is_registered or first == last:
        return answer
    if answer.ended is None or answer.ended > last:
        return answer
    return registry.status(number, last)


def check_registry(
    registry: Registry,
    number: RegistrationNumber,
    days: tuple[date, date],
    invoice: Invoice,
    desk: Desk,
) -> RegistryAnswer:
    """Report what the registry says of this number on these days, and of the seller's name."""
    answer = ask_for_days(registry, number, *days)
    place = (*_SELLER, "cac:PartyTaxScheme", "cbc:CompanyID")
    if answer.status is not RegistryStatus.REGISTERED:
        desk.report(
            f"registry-{answer.status.replace('_', '-')}",
            place,
            number=number,
            day=answer.day,
            registered=answer.registered,
            ended=answer.ended,
            published=answer.published,
            reason=answer.reason or "",
        )
    if answer.names:
        _check_name(invoice, answer, desk)
    return answer


def _check_name(invoice: Invoice, answer: RegistryAnswer, desk: Desk) -> None:
    stated = [name for name in (invoice.seller.name, invoice.seller.trading_name) if name]
    matches = {compare_any(name, answer.names) for name in stated}
    if not matches or NameMatch.SAME in matches:
        return
    desk.report(
        "registry-name-near" if NameMatch.NEAR in matches else "registry-name-differs",
        (*_SELLER, "cac:PartyLegalEntity", "cbc:RegistrationName"),
        stated=stated[0],
        published=answer.names[0],
    )
