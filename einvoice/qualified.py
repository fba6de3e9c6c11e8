"""Whether an invoice is a 適格請求書 in the sense of 消費税法57条の4, and what it lacks.

The six items of paragraph 1, by number as in the law:

1. name and registration number of the issuer (IBT-027, IBT-031);
2. date of the transaction, or the period of a summary invoice (IBT-073/074, IBT-134/135, IBT-072,
   IBT-007), never the issue date;
3. what was supplied, and that it is subject to the reduced rate (IBT-153, IBT-151 = AA);
4. sum per rate and the rate (IBT-116, IBT-119);
5. tax per rate, rounded once (IBT-117; in yen for a foreign currency, IBT-190);
6. name of the recipient (IBT-044).

Further: returns (paragraph 3) and corrections (paragraph 4) name the original; a 仕入明細書
(30条9項3号) needs the seller's confirmation; a document by a vendor without registration (480) is
no 適格請求書 and carries the transitional share of its day.

`assess` without a registry judges the document: "met" then means that its items are there, not
that the number is registered. With a registry that cannot answer, the answer is "cannot_tell".
None of this moves the verdict of the standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from einvoice.account_kind import AccountKind
from einvoice.consistency import check_document
from einvoice.errors import CheckDigitError, RegistrationNumberError
from einvoice.figures import PRECISION
from einvoice.findings import Finding, QualifiedStatus
from einvoice.invoice import Invoice
from einvoice.own_checks import Desk, status_by
from einvoice.places import Place
from einvoice.qualified_rates import check_rates
from einvoice.qualified_tax import check_breakdown, check_yen_tax
from einvoice.registration import CorporateNumber, RegistrationNumber
from einvoice.registry import Registry
from einvoice.registry_check import check_registry
from einvoice.supply_days import supply_days
from einvoice.tax_rates import tax_tables

if TYPE_CHECKING:
    from einvoice.document import Node

NOT_REGISTERED_TYPE = "480"
SELF_BILLED_TYPE = "389"
# A return below this total, tax included, needs no 適格返還請求書 (消令70条の9第3項2号).
SMALL_RETURN = Decimal(10_000)
_SELLER: Place = ("cac:AccountingSupplierParty", "cac:Party")
_BUYER: Place = ("cac:AccountingCustomerParty", "cac:Party")


@dataclass(frozen=True, slots=True)
class Assessment:
    """The law's answer, and every finding of ours it rests on."""

    status: QualifiedStatus
    findings: tuple[Finding, ...]


def assess(
    invoice: Invoice,
    *,
    root: Node | None = None,
    registry: Registry | None = None,
    account: AccountKind = AccountKind.SPECIAL,
    today: date | None = None,
    seller_confirmed: bool = False,
    deadline: float = float("inf"),
    most: int | None = None,
) -> Assessment:
    """Judge one invoice by the law and by what must fit together in it.

    `root`: the document's tree, for paths and line numbers. `registry`: asked about the days of
    supply; None leaves the registration open. `account`: who pays; sets severities only.
    `seller_confirmed`: the seller's confirmation of a 仕入明細書 is on record. `deadline`, on the
    clock `time.monotonic`: when the checks must have ended, else `Refusal`. `most`: findings to
    keep; the rest still count for the answer.
    """
    desk = Desk(account, root, deadline, most)
    with localcontext(prec=PRECISION):
        computable = check_document(invoice, desk, root, today)
        is_registered_type = invoice.type_code != NOT_REGISTERED_TYPE
        _check_seller_name(invoice, desk)
        number = _check_number(invoice, desk) if is_registered_type else None
        days = supply_days(invoice)
        if days is None:
            desk.report("supply-date-missing", ("cac:InvoicePeriod",))
        _check_content(invoice, desk)
        if computable:
            check_rates(invoice, desk, root)
            if is_registered_type:
                check_breakdown(invoice, desk)
                check_yen_tax(invoice, desk)
        if not invoice.buyer.name.strip():
            desk.report("buyer-name", (*_BUYER, "cac:PartyLegalEntity", "cbc:RegistrationName"))
        if computable and is_registered_type:
            _check_original(invoice, desk)
        if invoice.type_code == SELF_BILLED_TYPE and not seller_confirmed:
            desk.report("confirmation-unknown", ("cbc:InvoiceTypeCode",))
        if not is_registered_type:
            _say_share(invoice, desk, days)
        if registry is not None and number is not None and days is not None:
            check_registry(registry, number, days, invoice, desk)
    return Assessment(status_by(desk.effects), tuple(desk.findings))


def _check_seller_name(invoice: Invoice, desk: Desk) -> None:
    if not invoice.seller.name.strip():
        desk.report("seller-name", (*_SELLER, "cac:PartyLegalEntity", "cbc:RegistrationName"))


def _check_number(invoice: Invoice, desk: Desk) -> RegistrationNumber | None:
    """Item 1, second half. The number, if it can be one."""
    place = (*_SELLER, "cac:PartyTaxScheme", "cbc:CompanyID")
    stated = (invoice.seller.registration_number or "").strip()
    if not stated:
        desk.report("registration-missing", place)
        return None
    try:
        number = RegistrationNumber(stated)
    except CheckDigitError:
        desk.report("registration-check-digit", place, value=stated)
        return None
    except RegistrationNumberError:
        desk.report("registration-malformed", place, value=stated)
        return None
    endpoint, legal = invoice.seller.endpoint, invoice.seller.legal_id
    if (
        endpoint is not None
        and endpoint.scheme == "0221"
        and endpoint.value.strip().upper() != number.value
    ):
        desk.report(
            "registration-endpoint",
            (*_SELLER, "cbc:EndpointID"),
            value=number,
            endpoint=endpoint.value,
        )
    if legal is not None and legal.scheme == "0188" and not _owns(legal.value, number):
        desk.report(
            "registration-of-another",
            (*_SELLER, "cac:PartyLegalEntity", "cbc:CompanyID"),
            value=number,
            corporate=legal.value,
        )
    return number


def _owns(corporate: str, number: RegistrationNumber) -> bool:
    try:
        return number.belongs_to(CorporateNumber(corporate.strip()))
    except RegistrationNumberError:
        return True  # a wrong 法人番号 is said elsewhere; it proves nothing about this number


def _check_content(invoice: Invoice, desk: Desk) -> None:
    """Item 3, first half."""
    for index, line in enumerate(invoice.lines):
        if not line.item.name.strip():
            desk.report(
                "content-missing",
                (("cac:InvoiceLine", index), "cac:Item", "cbc:Name"),
                line=line.id,
            )


def _check_original(invoice: Invoice, desk: Desk) -> None:
    """Paragraphs 3 and 4: what a return or a correction says about the original."""
    total = invoice.totals.with_tax
    if total is not None and total < 0 and not invoice.preceding_invoices:
        is_small = invoice.currency == "JPY" and -total < SMALL_RETURN
        if not is_small:
            desk.report("return-original-missing", ("cac:BillingReference",))
    for index, earlier in enumerate(invoice.preceding_invoices):
        place: Place = (("cac:BillingReference", index), "cac:InvoiceDocumentReference")
        if earlier.issue_date is None:
            desk.report("return-original-undated", (*place, "cbc:IssueDate"), number=earlier.number)
        if earlier.number.strip() and earlier.number.strip() == invoice.number.strip():
            desk.report("correction-same-number", (*place, "cbc:ID"), number=earlier.number)


def _say_share(invoice: Invoice, desk: Desk, days: tuple[date, date] | None) -> None:
    """附則52条・53条: the share of the last day, the cautious one: it only falls."""
    day = invoice.issue_date if days is None else days[1]
    if day is None:
        return
    share = tax_tables().credit_share(max(day, date(1989, 4, 1))).percent
    desk.report("not-qualified-document", ("cbc:InvoiceTypeCode",), day=day, share=share)
