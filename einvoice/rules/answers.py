"""Quick answers to the rules that read more than one element, for documents of the usual form.

Each function looks at one group and says whether every rule named beside it holds there. It may be
narrower than the rules (then the engine decides), never wider: amounts have at most two decimals
and count in hundredths, codes have no blanks around, tax categories are of the scheme "VAT".
`so_far` carries what later groups need, in the order of the schema: references, period, seller,
payment, allowances, tax totals, totals, lines. `root_is_in_order` comes last.

Amounts, tax and totals have a file of their own, `answers_money.py`.
"""

from __future__ import annotations

import re
from typing import Final

from einvoice.rules import answers_money  # noqa: F401  (enters its answers in the table)
from einvoice.rules.answering import (
    ANSWERS,
    ID_TAG,
    UNTAXED,
    Children,
    SoFar,
    amount_of,
    answered_above,
    answers,
    is_vat,
    texts_below,
)
from einvoice.ubl import full_tag

_POSITIVE: Final = re.compile(r"[0-9]{0,15}[1-9][0-9]{0,15}(?:\.[0-9]{1,15})?")
_REGISTRATION_NUMBER: Final = re.compile(r"T[0-9]{13}")
_TYPE_CODE: Final = re.compile(r"[0-9]{1,3}")
_NAME: Final = full_tag("cbc:Name")

# -- references -----------------------------------------------------------------------------------
answered_above(
    "cac:AdditionalDocumentReference/cbc:ID",
    "cac:InvoiceLine/cac:DocumentReference/cbc:ID",
    ids="ibr-cl-07",
)


def _is_object_reference(reference: Children, so_far: SoFar) -> bool | None:
    """Of type 130, with a scheme from the list; None if that is not plain."""
    code = reference.text("cbc:DocumentTypeCode")
    if code is None:
        return False
    if _TYPE_CODE.fullmatch(code) is None:
        return None
    if code != "130":
        return int(code) == 130 and None
    scheme = reference.one("cbc:ID").get("schemeID")
    return True if scheme is None or scheme in so_far.codes["untdid-1153"] else None


@answers("cac:AdditionalDocumentReference")
def supporting_document(reference: Children, so_far: SoFar) -> bool:
    """Notes what ibr-071, ibr-072, ibr-078 and ibr-090 ask of the document."""
    is_object = _is_object_reference(reference, so_far)
    if is_object:
        so_far.object_references += 1
        return not reference.has("cac:Attachment") and not reference.has("cbc:DocumentDescription")
    so_far.projects += reference.text("cbc:DocumentTypeCode") == "50"
    return is_object is False


@answers("cac:InvoiceLine/cac:DocumentReference")
def line_document(reference: Children, so_far: SoFar) -> bool:
    """Notes what ibr-089 asks of the line."""
    is_object = _is_object_reference(reference, so_far)
    so_far.line_objects += is_object is True
    return is_object is not None


answered_above(
    "cac:InvoiceLine/cac:DespatchLineReference/cac:DocumentReference/cbc:ID",
    ids="ibr-092 ibr-cl-07",
)


@answers("cac:InvoiceLine/cac:DespatchLineReference/cac:DocumentReference")
def line_despatch(reference: Children, so_far: SoFar) -> bool:
    """Notes what ibr-092 asks of the document."""
    so_far.has_line_despatch = True
    return not reference.has("cbc:DocumentTypeCode")


# -- periods --------------------------------------------------------------------------------------
def _dates(period: Children) -> tuple[str | None, str | None]:
    return period.text("cbc:StartDate"), period.text("cbc:EndDate")


@answers("cac:InvoicePeriod", ids="ibr-029")
def header_period(period: Children, so_far: SoFar) -> bool:
    """Dates are YYYY-MM-DD (ibr-073), so that they compare as texts."""
    start, end = so_far.period = _dates(period)
    return start is None or end is None or start <= end


@answers("cac:InvoiceLine/cac:InvoicePeriod", ids="ibr-030 ibr-085 ibr-086")
def line_period(period: Children, so_far: SoFar) -> bool:
    start, end = _dates(period)
    first, last = so_far.period
    so_far.has_line_period = True
    return (
        (start is None or end is None or start <= end)
        and (start is None or first is None or start >= first)
        and (end is None or last is None or end <= last)
    )


# -- parties --------------------------------------------------------------------------------------
_SELLER: Final = "cac:AccountingSupplierParty/cac:Party"


@answers(f"{_SELLER}/cac:PartyTaxScheme", ids="aligned-ibr-jp-01")
def seller_tax_scheme(scheme: Children, so_far: SoFar) -> bool:
    """A number under VAT is always wanted in its form, whatever the period."""
    if not is_vat(scheme):
        so_far.other_numbers += 1
        element = scheme.one("cac:TaxScheme")
        names = [] if element is None else texts_below(element, ID_TAG)
        return len(names) == 1 and "VAT" not in names[0].upper()
    so_far.seller_numbers += 1
    return _REGISTRATION_NUMBER.fullmatch(scheme.text("cbc:CompanyID") or "") is not None


@answers(f"{_SELLER}/cac:PartyName")
def seller_name(name: Children, so_far: SoFar) -> bool:
    so_far.seller_names.add(name.text("cbc:Name") or "")
    return True


@answers(f"{_SELLER}/cac:PartyIdentification")
def seller_identifier(identification: Children, so_far: SoFar) -> bool:
    so_far.seller_ids.add(identification.text("cbc:ID") or "")
    return True


@answers("cac:PayeeParty", ids="ibr-017 ibr-105 ibr-106 ibr-sr-19")
def payee(party: Children, so_far: SoFar) -> bool:
    """Another than the seller, with one name and at most one identifier of each kind."""
    names = [n for name in party.all("cac:PartyName") for n in texts_below(name, _NAME)]
    ids = [n for ident in party.all("cac:PartyIdentification") for n in texts_below(ident, ID_TAG)]
    return (
        len(names) == 1
        and names[0] not in so_far.seller_names
        and len(ids) <= 1
        and so_far.seller_ids.isdisjoint(ids)
        and party.count("cac:PartyLegalEntity") <= 1
    )


# -- payment --------------------------------------------------------------------------------------
@answers("cac:PaymentMeans")
def payment_means(means: Children, so_far: SoFar) -> bool:
    """Notes what aligned-ibrp-014 asks of the document."""
    so_far.payment_texts.update(element.text for element in means.all("cbc:PaymentID"))
    return True


@answers("cac:PaymentMeans/cac:PayeeFinancialAccount", ids="aligned-ibrp-016")
def account(account: Children, so_far: SoFar) -> bool:
    return account.has("cbc:ID")


@answers("cac:PaymentMeans/cac:CardAccount", ids="aligned-ibrp-017")
def card(card: Children, so_far: SoFar) -> bool:
    return 4 <= len(card.text("cbc:PrimaryAccountNumberID") or "") <= 6


answered_above("cac:PrepaidPayment", ids="ibr-093")

# -- lines ----------------------------------------------------------------------------------------
answered_above("cac:InvoiceLine/cac:Price/cbc:BaseQuantity", ids="ibr-088")


@answers("cac:InvoiceLine/cac:Price")
def price(price: Children, so_far: SoFar) -> bool:
    """What ibr-027, ibr-028 and ibr-087 ask of the line."""
    net, base = price.text("cbc:PriceAmount"), price.one("cbc:BaseQuantity")
    so_far.base_unit = None if base is None else base.get("unitCode")
    return (
        net is not None
        and "-" not in net
        and (base is None or _POSITIVE.fullmatch(base.text or "") is not None)
    )


@answers("cac:InvoiceLine/cac:Price/cac:AllowanceCharge", ids="ibr-083")
def price_allowance(entry: Children, so_far: SoFar) -> bool:
    return (
        entry.text("cbc:ChargeIndicator") == "false"
        and "-" not in (entry.text("cbc:BaseAmount") or "")
        and not entry.has("cac:TaxCategory")
        and not entry.has("cbc:AllowanceChargeReasonCode")
    )


@answers("cac:InvoiceLine", ids="ibr-023 ibr-027 ibr-028 ibr-087 ibr-089")
def line(line: Children, so_far: SoFar) -> bool:
    quantity, amount = (
        line.one("cbc:InvoicedQuantity"),
        amount_of(line.one("cbc:LineExtensionAmount")),
    )
    unit = None if quantity is None else quantity.get("unitCode")
    base_unit, so_far.base_unit = so_far.base_unit, None
    objects, so_far.line_objects = so_far.line_objects, 0
    if unit is None or amount is None or not line.has("cac:Price"):
        return False
    so_far.lines += amount
    return objects <= 1 and base_unit in (None, unit)


# -- the document ---------------------------------------------------------------------------------
answered_above("cbc:TaxCurrencyCode", ids="ibr-077")

_SPECIFICATIONS: Final = {
    "pint-jp": ("urn:peppol:pint:billing-1@jp-1", "urn:peppol:bis:billing"),
    "pint-jp-ntr": ("urn:peppol:pint:nontaxinvoice-1@jp-1", "urn:peppol:bis:billing"),
    "pint-jp-sb": ("urn:peppol:pint:selfbilling-1@jp-1", "urn:peppol:bis:selfbilling"),
}

#: The root's own rules, answered by `root_is_in_order` and by what the groups have noted.
ANSWERS[""] = (
    frozenset(
        {
            "ibr-sr-63",
            "ibr-090",
            "ibr-078",
            "ibr-071",
            "ibr-072",
            "ibr-co-15",
            "ibr-053",
            "ibr-084",
            "aligned-ibrp-001-jp",
            "aligned-ibrp-001-jp-ntr",
            "aligned-ibrp-001-jp-sb",
            "aligned-ibrp-002-jp",
            "aligned-ibrp-002-jp-sb",
            "aligned-ibrp-052",
            "aligned-ibrp-014",
            "aligned-ibrp-009",
            "aligned-ibrp-sr-12",
            "aligned-ibrp-sr-13",
            "aligned-ibr-jp-04",
            "aligned-ibr-jp-04-ntr",
            "aligned-ibr-jp-05",
            "aligned-ibrp-053-jp",
            "aligned-ibrp-e-01",
            "aligned-ibrp-g-01",
            "aligned-ibrp-o-01",
        }
    ),
    None,
)

#: Where the names that rules look for anywhere may stand, so that nothing of them is missed.
COLLECTED_AT: Final = frozenset(
    {
        "cac:AdditionalDocumentReference",
        "cac:DespatchDocumentReference",
        "cac:InvoiceLine",
        "cac:InvoicePeriod",
        "cac:InvoiceLine/cac:InvoicePeriod",
        "cac:TaxTotal",
        "cbc:DocumentCurrencyCode",
        "cac:PaymentMeans/cbc:PaymentID",
        "cac:AllowanceCharge/cac:TaxCategory",
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",
        "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory",
        "cac:InvoicePeriod/cbc:StartDate",
        "cac:InvoicePeriod/cbc:EndDate",
        "cac:InvoiceLine/cac:InvoicePeriod/cbc:StartDate",
        "cac:InvoiceLine/cac:InvoicePeriod/cbc:EndDate",
    }
)


def lines_add_up(so_far: SoFar) -> bool:
    """ibr-co-10, once every line has been seen."""
    return so_far.totals.get("LineExtensionAmount") == so_far.lines


def root_is_in_order(root: Children, so_far: SoFar) -> bool:
    """The rules of the root, once every group has been seen."""
    totals = so_far.totals
    return (
        totals.keys() >= {"TaxInclusiveAmount", "TaxExclusiveAmount"}
        and (root.text("cbc:CustomizationID"), root.text("cbc:ProfileID"))
        == _SPECIFICATIONS.get(so_far.profile)
        and so_far.currency.isalpha()
        and (so_far.has_line_period or root.has("cac:InvoicePeriod"))
        and so_far.object_references <= 1
        and so_far.projects <= 1
        and root.count("cac:ProjectReference") <= 1
        and len(so_far.payment_texts) <= 1
        and _seller_numbers_are_in_order(so_far)
        and not (so_far.has_line_despatch and root.has("cac:DespatchDocumentReference"))
        and (not root.has("cac:PrepaidPayment") or "PrepaidAmount" in totals)
        and len(so_far.own_totals) == 1
        and totals["TaxInclusiveAmount"] == totals["TaxExclusiveAmount"] + so_far.own_totals[0]
        and _accounting_currency_is_in_order(root, so_far)
        and all(code not in so_far.categories or so_far.breakdown[code] == 1 for code in UNTAXED)
    )


def _seller_numbers_are_in_order(so_far: SoFar) -> bool:
    """aligned-ibrp-009, sr-12, sr-13, aligned-ibr-jp-04 and its contrary for those without one."""
    vat, other = so_far.seller_numbers, so_far.other_numbers
    if so_far.profile == "pint-jp-ntr":
        return vat + other == 0
    return vat <= 1 and other <= 1 and vat + other > 0


def _accounting_currency_is_in_order(root: Children, so_far: SoFar) -> bool:
    """ibr-053, ibr-077, ibr-084, aligned-ibr-jp-05."""
    code = root.text("cbc:TaxCurrencyCode")
    if code is None:
        return not so_far.accounting_totals
    own = so_far.own_totals[0]
    return (
        code == "JPY" != so_far.currency
        and len(so_far.accounting_totals) == 1
        and so_far.accounting_totals[0][0] == "JPY"
        and own * so_far.accounting_totals[0][1] >= 0
    )
