"""Lines, items and prices: IBG-25, IBG-29 to IBG-32."""

from __future__ import annotations

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import decimal_of, number

rules = RuleGroup()

rules.not_blank("ibr-021", at.LINE, "cbc:ID", "IBT-126")


def _quantities(line: Node) -> list[Node]:
    return line.all("cbc:InvoicedQuantity") + line.all("cbc:CreditedQuantity")


@rules.rule("ibr-022", at.LINE, "IBT-129", reads="names")
def has_quantity(line: Node, document: Document) -> bool:
    return bool(_quantities(line))


@rules.rule("ibr-023", at.LINE, "IBT-130", at="cbc:InvoicedQuantity")
def has_unit(line: Node, document: Document) -> bool:
    return any("unitCode" in n.attributes for n in _quantities(line))


rules.exists("ibr-024", at.LINE, "cbc:LineExtensionAmount", "IBT-131")
rules.not_blank("ibr-025", at.LINE, "cac:Item/cbc:Name", "IBT-153")
rules.exists("ibr-026", at.LINE, "cac:Price/cbc:PriceAmount", "IBT-146")


def _not_negative(nodes: list[Node]) -> bool:
    """X >= 0, where "NaN" passes: so does the official run."""
    return any(not number(n) < 0 for n in nodes)


@rules.rule("ibr-027", at.LINE, "IBT-146", at="cac:Price/cbc:PriceAmount")
def net_price_is_not_negative(line: Node, document: Document) -> bool:
    return _not_negative(line.all("cac:Price/cbc:PriceAmount"))


@rules.rule("ibr-028", at.LINE, "IBT-148", at="cac:Price/cac:AllowanceCharge/cbc:BaseAmount")
def gross_price_is_not_negative(line: Node, document: Document) -> bool:
    gross = line.all("cac:Price/cac:AllowanceCharge/cbc:BaseAmount")
    return not gross or _not_negative(gross)


@rules.rule("ibr-087", at.LINE, "IBT-149", at="cac:Price/cbc:BaseQuantity")
def base_quantity_is_positive(line: Node, document: Document) -> bool:
    base = decimal_of(line.all("cac:Price/cbc:BaseQuantity"))
    return base is None or base > 0


@rules.rule("ibr-089", at.LINE, "IBT-128", at="cac:DocumentReference")
def one_object_identifier(line: Node, document: Document) -> bool:
    """References of type 130; the type is compared as a number."""
    references = line.all("cac:DocumentReference")
    of_type = [
        r for r in references if any(number(n) == 130 for n in r.all("cbc:DocumentTypeCode"))
    ]
    return len(of_type) <= 1


rules.at_most_one("ibr-109", at.LINE, "cac:OrderLineReference/cbc:LineID", "IBT-132")
rules.at_most_one("ibr-110", at.LINE, "cac:InvoicePeriod", "IBG-26")
rules.at_most_one("ibr-111", at.LINE, "cac:Price/cac:AllowanceCharge/cbc:Amount", "IBT-147")
rules.at_most_one("ibr-sr-34", at.LINE, "cbc:Note", "IBT-127")
rules.at_most_one(
    "ibr-sr-38", at.LINE, "cac:Item/cac:ClassifiedTaxCategory/cbc:TaxExemptionReason", "IBT-185"
)
rules.at_most_one("ibr-sr-50", at.LINE, "cac:Item/cbc:Description", "IBT-154")


@rules.rule("ibr-054", at.ITEM_ATTRIBUTE, "IBG-32", reads="names")
def attribute_has_name_and_value(attribute: Node, document: Document) -> bool:
    return bool(attribute.all("cbc:Name") and attribute.all("cbc:Value"))


rules.has_attribute("ibr-064", at.STANDARD_ITEM_ID, "schemeID", "IBT-157-1")
rules.has_attribute("ibr-065", at.ITEM_CLASSIFICATION, "listID", "IBT-158-1")
rules.exists("ibr-sr-58", at.LINE_TAX, "cbc:ID", "IBT-151")


@rules.rule("ibr-088", at.BASE_QUANTITY, "IBT-150")
def base_unit_is_line_unit(quantity: Node, document: Document) -> bool:
    """Compared exactly; the line is the parent of the price."""
    price = quantity.parent
    line = price.parent if price is not None else None
    invoiced = _quantities(line) if line is not None else []
    unit = quantity.get("unitCode")
    return not invoiced or any(n.get("unitCode") == unit for n in invoiced)


@rules.rule("ibr-092", at.LINE_DESPATCH_ID, "IBT-184")
def despatch_advice_in_one_place(identifier: Node, document: Document) -> bool:
    """On lines or in the header, not both."""
    return not document.facts.header_despatch


rules.at_most_one("ibr-sr-62", at.LINE_DESPATCH, "cac:DocumentReference", "IBT-184")


@rules.rule("aligned-ibrp-050-jp", at.JP_LINE_AS_ROOT, "IBT-151")
def line_has_category_and_rate(line: Node, document: Document) -> bool:
    """Never asked of an invoice: the official context is a document whose root is a line."""
    found = [c for c in line.all("cac:Item/cac:ClassifiedTaxCategory") if at.is_vat(c)]
    return any(c.all("cbc:ID") for c in found) and any(c.all("cbc:Percent") for c in found)
