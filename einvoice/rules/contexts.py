"""The places at which rules look, pattern by pattern, in the official order.

The order is meaning: within a pattern a node is judged by the first context that matches it, and
no later one sees it ("shadowing"). That is why aligned-ibrp-019 never fires and ibr-079 does not
reach an empty IssueDate. The four patterns are independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from einvoice.document import Document, Group, Node
from einvoice.rules.xpath import any_is, upper
from einvoice.ubl import BLANKS

When = Callable[[Node, Document], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """`paths` match by their last steps, or from the root if they begin with "/"; "*" is any name.

    `when` is asked of a node at such a path; if it cannot be evaluated, the context does not match.
    `attribute` wants one of some values of an attribute.
    `path_test` replaces `paths` where names alone do not say it.
    """

    paths: tuple[str, ...] = ()
    when: When | None = None
    path_test: Callable[[tuple[str, ...]], bool] | None = None
    only_if_blank: bool = False
    attribute: tuple[str, tuple[str, ...]] | None = None
    #: True if `when` looks at other nodes than the one it is asked of.
    looks_around: bool = False

    @property
    def is_certain(self) -> bool:
        """True if it matches whatever the node holds."""
        return self.when is None and self.attribute is None

    def matches_path(self, path: tuple[str, ...]) -> bool:
        if self.path_test is not None:
            return self.path_test(path)
        return any(_matches(pattern, path) for pattern in self.paths)


def _matches(pattern: str, path: tuple[str, ...]) -> bool:
    steps = tuple(pattern.lstrip("/").split("/"))
    if pattern.startswith("/") and len(steps) != len(path):
        return False
    tail = path[-len(steps) :]
    return len(tail) == len(steps) and all(
        step in ("*", name) for step, name in zip(steps, tail, strict=True)
    )


def _scheme(*codes: str) -> Context:
    paths = ("cbc:EndpointID", "cac:PartyIdentification/cbc:ID", "cbc:CompanyID")
    return Context(paths, attribute=("schemeID", codes))


def _with(attribute: str) -> When:
    return lambda node, document: attribute in node.attributes


def _indicator(wanted: bool) -> When:
    return lambda node, document: any_is(node.all("cbc:ChargeIndicator"), wanted)


def _in_document_currency(tax_total: Node, document: Document) -> bool:
    currencies = document.facts.document_currencies
    return any(n.get("currencyID") in currencies for n in tax_total.all("cbc:TaxAmount"))


def _amount_of_document(node: Node, document: Document) -> bool:
    """Tax amounts count only inside the TaxTotal of the document currency; other amounts always."""
    names = node.expected.path
    if names[-1] not in ("cbc:TaxAmount", "cbc:TaxableAmount"):
        return True
    assert node.parent is not None
    if names[-2] == "cac:TaxTotal":
        return _in_document_currency(node.parent, document)
    assert node.parent.parent is not None
    return _in_document_currency(node.parent.parent, document)


def is_vat(category: Node) -> bool:
    """Some tax scheme of the category is VAT, whatever its case and outer blanks."""
    return any(upper(s.all("cbc:ID")).strip(BLANKS) == "VAT" for s in category.all("cac:TaxScheme"))


def _category(code: str, charge: bool | None = None) -> When:
    def matches(node: Node, document: Document) -> bool:
        ids = node.all("cbc:ID")
        if len(ids) != 1 or ids[0].text.strip(BLANKS) != code or not is_vat(node):
            return False
        if charge is None:
            return True
        assert node.parent is not None
        return any_is(node.parent.all("cbc:ChargeIndicator"), charge)

    return matches


def _is_empty(node: Node, document: Document) -> bool:
    return not isinstance(node, Group) and not node.text.strip(BLANKS)


def _means_code(*codes: str) -> When:
    def matches(node: Node, document: Document) -> bool:
        assert node.parent is not None
        return any(n.text in codes for n in node.parent.all("cbc:PaymentMeansCode"))

    return matches


def _of_type_130(node: Node, document: Document) -> bool:
    assert node.parent is not None
    return "schemeID" in node.attributes and any(
        n.text == "130" for n in node.parent.all("cbc:DocumentTypeCode")
    )


def _reason_of(charge: bool) -> When:
    def matches(node: Node, document: Document) -> bool:
        assert node.parent is not None
        return any_is(node.parent.all("cbc:ChargeIndicator"), charge)

    return matches


def _first_sibling(node: Node, document: Document) -> bool:
    return node.parent is None or node.parent.all(node.name)[0] is node


def _vat_scheme(node: Node, document: Document) -> bool:
    return is_vat(node)


def _subtotal_in_document_currency(node: Node, document: Document) -> bool:
    texts = document.facts.document_currency_texts
    return any(n.get("currencyID") in texts for n in node.all("cbc:TaxAmount"))


_LINES = ("cac:InvoiceLine", "cac:CreditNoteLine")
_ROOTS = ("/ubl:Invoice", "/cn:CreditNote")


def _in_lines(path: str) -> tuple[str, ...]:
    return tuple(f"{line}/{path}" for line in _LINES)


# -- the shared model -----------------------------------------------------------------------------
GLN = _scheme("0088")
SWEDEN = _scheme("0007")
NORWAY = _scheme("0192")
DENMARK = _scheme("0184")
BELGIUM = _scheme("0208")
ITALY_IPA = _scheme("0201")
ITALY_CF = _scheme("0210", "9907")
ITALY_VAT = _scheme("0211", "9906")
AUSTRALIA = _scheme("0151")
PRICE_ALLOWANCE = Context(("cac:Price/cac:AllowanceCharge",))
ALLOWANCE = Context(("cac:AllowanceCharge",), _indicator(wanted=False))
CHARGE = Context(("cac:AllowanceCharge",), _indicator(wanted=True))
ALLOWANCE_OR_CHARGE = Context(("cac:AllowanceCharge",))
ALLOWANCE_TAX = Context(("cac:AllowanceCharge/cac:TaxCategory",))
SUPPORTING_DOCUMENT = Context(("cac:AdditionalDocumentReference",))
BUYER = Context(("cac:AccountingCustomerParty/cac:Party",))
BUYER_ENDPOINT = Context(("cac:AccountingCustomerParty/cac:Party/cbc:EndpointID",))
BUYER_ADDRESS = Context(("cac:AccountingCustomerParty/cac:Party/cac:PostalAddress",))
DELIVERY_ADDRESS = Context(("cac:Delivery/cac:DeliveryLocation/cac:Address",))
TOTALS = Context(("cac:LegalMonetaryTotal",))
ROOT = Context(_ROOTS)
LINE = Context(_LINES)
LINE_PERIOD = Context(_in_lines("cac:InvoicePeriod"))
PERIOD = Context(("cac:InvoicePeriod",))
ITEM_ATTRIBUTE = Context(("cac:AdditionalItemProperty",))
ITEM_CLASSIFICATION = Context(
    _in_lines("cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode")
)
STANDARD_ITEM_ID = Context(_in_lines("cac:Item/cac:StandardItemIdentification/cbc:ID"))
LINE_TAX = Context(("cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory",))
PAYEE = Context(("cac:PayeeParty",))
BANK_ADDRESS = Context(
    ("cac:PaymentMeans/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cac:Address",)
)
PAYMENT_MEANS = Context(("cac:PaymentMeans",))
AMOUNT = Context(
    (
        "cbc:Amount",
        "cbc:BaseAmount",
        "cbc:PriceAmount",
        "cbc:LineExtensionAmount",
        "cbc:TaxExclusiveAmount",
        "cbc:TaxInclusiveAmount",
        "cbc:AllowanceTotalAmount",
        "cbc:ChargeTotalAmount",
        "cbc:PrepaidAmount",
        "cbc:PayableRoundingAmount",
        "cbc:PayableAmount",
    )
)
TAX_AMOUNT = Context(
    (
        "cac:TaxTotal/cbc:TaxAmount",
        "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount",
        "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount",
    ),
    _amount_of_document,
    looks_around=True,
)
PAYMENT_TERMS = Context(("cac:PaymentTerms",))
PRECEDING_INVOICE = Context(("cac:BillingReference",))
SELLER = Context(("cac:AccountingSupplierParty/cac:Party",))
SELLER_ENDPOINT = Context(("cac:AccountingSupplierParty/cac:Party/cbc:EndpointID",))
SELLER_ADDRESS = Context(("cac:AccountingSupplierParty/cac:Party/cac:PostalAddress",))
TAX_REPRESENTATIVE = Context(("cac:TaxRepresentativeParty",))
TAX_REPRESENTATIVE_ADDRESS = Context(("cac:TaxRepresentativeParty/cac:PostalAddress",))
INVOICE_TAX_TOTAL = Context(("/ubl:Invoice/cac:TaxTotal",))
TAX_SUBTOTAL = Context(("cac:TaxSubtotal",))
PARTY_TAX_SCHEME = Context(("cac:PartyTaxScheme",))
DATE = Context(
    (
        "cbc:IssueDate",
        "cbc:DueDate",
        "cbc:TaxPointDate",
        "cbc:StartDate",
        "cbc:EndDate",
        "cbc:ActualDeliveryDate",
    )
)
TIME = Context(
    path_test=lambda path: path[-1].startswith("cbc:") and path[-1].endswith("Time"),
)
BINARY = Context(path_test=lambda path: path[-1].endswith("BinaryObject"))
ACCOUNTING_CURRENCY = Context(("cbc:TaxCurrencyCode",))
EMPTY = Context(("*",), _is_empty, only_if_blank=True)
BASE_QUANTITY = Context(("cac:Price/cbc:BaseQuantity",), _with("unitCode"))
LINE_DESPATCH_ID = Context(_in_lines("cac:DespatchLineReference/cac:DocumentReference/cbc:ID"))
LINE_DESPATCH = Context(_in_lines("cac:DespatchLineReference"))
FIRST_PAID_AMOUNT = Context(("cac:PrepaidPayment",), _first_sibling)
DELIVERY = Context(("cac:Delivery",))

MODEL = (
    *(GLN, SWEDEN, NORWAY, DENMARK, BELGIUM, ITALY_IPA, ITALY_CF, ITALY_VAT, AUSTRALIA),
    *(PRICE_ALLOWANCE, ALLOWANCE, CHARGE, ALLOWANCE_OR_CHARGE, ALLOWANCE_TAX),
    *(SUPPORTING_DOCUMENT, BUYER, BUYER_ENDPOINT, BUYER_ADDRESS, DELIVERY_ADDRESS, TOTALS, ROOT),
    *(LINE, LINE_PERIOD, PERIOD, ITEM_ATTRIBUTE, ITEM_CLASSIFICATION, STANDARD_ITEM_ID, LINE_TAX),
    *(PAYEE, BANK_ADDRESS, PAYMENT_MEANS, AMOUNT, TAX_AMOUNT, PAYMENT_TERMS, PRECEDING_INVOICE),
    *(SELLER, SELLER_ENDPOINT, SELLER_ADDRESS, TAX_REPRESENTATIVE, TAX_REPRESENTATIVE_ADDRESS),
    *(INVOICE_TAX_TOTAL, TAX_SUBTOTAL, PARTY_TAX_SCHEME, DATE, TIME, BINARY, ACCOUNTING_CURRENCY),
    *(EMPTY, BASE_QUANTITY, LINE_DESPATCH_ID, LINE_DESPATCH, FIRST_PAID_AMOUNT, DELIVERY),
)

# -- the shared code lists ------------------------------------------------------------------------
TYPE_CODE = Context(("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"))
CURRENCY_OF_AMOUNT = Context((*AMOUNT.paths, "cbc:TaxAmount", "cbc:TaxableAmount"))
CURRENCY_CODE = Context(("cbc:DocumentCurrencyCode",))
ACCOUNTING_CURRENCY_CODE = Context(("cbc:TaxCurrencyCode",))
OBJECT_ID_SCHEME = Context(
    ("cac:AdditionalDocumentReference/cbc:ID", "cac:DocumentReference/cbc:ID"),
    _of_type_130,
    looks_around=True,
)
PARTY_ID_SCHEME = Context(("cac:PartyIdentification/cbc:ID",), _with("schemeID"))
LEGAL_ID_SCHEME = Context(("cac:PartyLegalEntity/cbc:CompanyID",), _with("schemeID"))
CLASSIFICATION_LIST = Context(
    ("cac:CommodityClassification/cbc:ItemClassificationCode",), _with("listID")
)
COUNTRY = Context(("cac:Country/cbc:IdentificationCode",))
ORIGIN_COUNTRY = Context(("cac:OriginCountry/cbc:IdentificationCode",))
MEANS_CODE = Context(("cac:PaymentMeans/cbc:PaymentMeansCode",))
_REASON_CODE = ("cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",)
ALLOWANCE_REASON = Context(_REASON_CODE, _reason_of(charge=False), looks_around=True)
CHARGE_REASON = Context(_REASON_CODE, _reason_of(charge=True), looks_around=True)
STANDARD_ITEM_SCHEME = Context(("cac:StandardItemIdentification/cbc:ID",), _with("schemeID"))
UNIT = Context(
    ("cbc:InvoicedQuantity", "cbc:BaseQuantity", "cbc:CreditedQuantity"), _with("unitCode")
)
MIME_TYPE = Context(("cbc:EmbeddedDocumentBinaryObject",), _with("mimeCode"))
ENDPOINT_SCHEME = Context(("cbc:EndpointID",), _with("schemeID"))
LOCATION_SCHEME = Context(("cac:DeliveryLocation/cbc:ID",), _with("schemeID"))

CODES = (
    *(TYPE_CODE, CURRENCY_OF_AMOUNT, CURRENCY_CODE, ACCOUNTING_CURRENCY_CODE, OBJECT_ID_SCHEME),
    *(PARTY_ID_SCHEME, LEGAL_ID_SCHEME, CLASSIFICATION_LIST, COUNTRY, ORIGIN_COUNTRY, MEANS_CODE),
    *(ALLOWANCE_REASON, CHARGE_REASON, STANDARD_ITEM_SCHEME, UNIT, MIME_TYPE, ENDPOINT_SCHEME),
    LOCATION_SCHEME,
)

# -- the Japanese model ---------------------------------------------------------------------------
_HEADER_ALLOWANCE = tuple(f"{root}/cac:AllowanceCharge" for root in _ROOTS)
_LINE_TAXES = _in_lines("cac:Item/cac:ClassifiedTaxCategory")
_ALLOWANCE_TAXES = ("cac:AllowanceCharge/cac:TaxCategory",)
_BREAKDOWN = ("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",)
_BREAKDOWN_OF_ROOT = ("/*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",)

JP_DOCUMENT_ALLOWANCE = Context(_HEADER_ALLOWANCE, _indicator(wanted=False))
JP_DOCUMENT_CHARGE = Context(_HEADER_ALLOWANCE, _indicator(wanted=True))
JP_LINE_AS_ROOT = Context(("/ubl:InvoiceLine", "/cn:CreditNoteLine"))
JP_ROOT = Context(_ROOTS)
JP_SUBTOTAL_IN_DOCUMENT_CURRENCY = Context(("cac:TaxSubtotal",), _subtotal_in_document_currency)
JP_SUBTOTAL = Context(("cac:TaxSubtotal",))
JP_TAX_REPRESENTATIVE = Context(("cac:TaxRepresentativeParty",))
JP_CREDIT_TRANSFER = Context(
    ("cac:PaymentMeans/cac:PayeeFinancialAccount",), _means_code("30", "58")
)
JP_CARD = Context(("cac:PaymentMeans/cac:CardAccount",))
JP_PAYMENT_MEANS = Context(("cac:PaymentMeans",))
JP_DIRECT_DEBIT = Context(("cac:PaymentMeans",))
JP_LINE_E = Context(_LINE_TAXES, _category("E"))
JP_ALLOWANCE_E = Context(_ALLOWANCE_TAXES, _category("E", charge=False))
JP_CHARGE_E = Context(_ALLOWANCE_TAXES, _category("E", charge=True))
JP_ANY_TAX_AMOUNT = Context(("cbc:TaxAmount",))
JP_SUBTOTAL_E = Context(_BREAKDOWN, _category("E"))
JP_LINE_G = Context(_LINE_TAXES, _category("G"))
JP_ALLOWANCE_G = Context(_ALLOWANCE_TAXES, _category("G", charge=False))
JP_CHARGE_G = Context(_ALLOWANCE_TAXES, _category("G", charge=True))
JP_SUBTOTAL_G = Context(_BREAKDOWN_OF_ROOT, _category("G"))
JP_LINE_O = Context(_LINE_TAXES, _category("O"))
JP_ALLOWANCE_O = Context(_ALLOWANCE_TAXES, _category("O", charge=False))
JP_CHARGE_O = Context(_ALLOWANCE_TAXES, _category("O", charge=True))
JP_SUBTOTAL_O = Context(_BREAKDOWN_OF_ROOT, _category("O"))
JP_SELLER_NUMBER = Context(
    ("/ubl:Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme",), _vat_scheme
)
JP_TAX_SCHEME = Context(
    ("cac:TaxCategory/cac:TaxScheme/cbc:ID", "cac:ClassifiedTaxCategory/cac:TaxScheme/cbc:ID")
)

JP_MODEL = (
    *(JP_DOCUMENT_ALLOWANCE, JP_DOCUMENT_CHARGE, JP_LINE_AS_ROOT, JP_ROOT),
    *(JP_SUBTOTAL_IN_DOCUMENT_CURRENCY, JP_SUBTOTAL, JP_TAX_REPRESENTATIVE, JP_CREDIT_TRANSFER),
    *(JP_CARD, JP_PAYMENT_MEANS, JP_DIRECT_DEBIT),
    *(JP_LINE_E, JP_ALLOWANCE_E, JP_CHARGE_E, JP_ANY_TAX_AMOUNT, JP_SUBTOTAL_E),
    *(JP_LINE_G, JP_ALLOWANCE_G, JP_CHARGE_G, JP_SUBTOTAL_G),
    *(JP_LINE_O, JP_ALLOWANCE_O, JP_CHARGE_O, JP_SUBTOTAL_O),
    *(JP_SELLER_NUMBER, JP_TAX_SCHEME),
)

# -- the Japanese code lists ----------------------------------------------------------------------
JP_CATEGORY_CODE = Context(("cac:TaxCategory/cbc:ID", "cac:ClassifiedTaxCategory/cbc:ID"))
JP_TYPE_CODE = Context(("cbc:InvoiceTypeCode",))

JP_CODES = (JP_CATEGORY_CODE, JP_TYPE_CODE)

PATTERNS = (MODEL, CODES, JP_MODEL, JP_CODES)
