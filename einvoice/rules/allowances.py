"""Allowances (値引) and charges: IBG-20, IBG-21, IBG-27, IBG-28, and the discount of a price."""

from __future__ import annotations

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Test
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import NotEvaluable, normal

rules = RuleGroup()

_LINES = frozenset({"cac:InvoiceLine", "cac:CreditNoteLine"})


def _on_line(node: Node) -> bool:
    return not _LINES.isdisjoint(node.expected.path)


def _has(on_line: bool, *paths: str) -> Test:
    """One of the paths exists; asked only on lines, or only in the header."""

    def test(node: Node, document: Document) -> bool:
        return _on_line(node) is not on_line or any(node.all(path) for path in paths)

    return test


_REASON = ("cbc:AllowanceChargeReason", "cbc:AllowanceChargeReasonCode")

rules.at_most_one("ibr-sr-30", at.ALLOWANCE, "cbc:AllowanceChargeReason", "IBT-097")
rules.add("ibr-031", at.ALLOWANCE, _has(False, "cbc:Amount"), "IBT-092")
rules.add("ibr-033", at.ALLOWANCE, _has(False, *_REASON), "IBT-097")
rules.add("ibr-041", at.ALLOWANCE, _has(True, "cbc:Amount"), "IBT-136")
rules.add("ibr-042", at.ALLOWANCE, _has(True, *_REASON), "IBT-139")

rules.add("ibr-036", at.CHARGE, _has(False, "cbc:Amount"), "IBT-099")
rules.at_most_one("ibr-sr-31", at.CHARGE, "cbc:AllowanceChargeReason", "IBT-104")
rules.add("ibr-038", at.CHARGE, _has(False, *_REASON), "IBT-104")
rules.add("ibr-043", at.CHARGE, _has(True, "cbc:Amount"), "IBT-141")


@rules.rule("ibr-044", at.CHARGE, "IBT-144")
def charge_has_reason(charge: Node, document: Document) -> bool:
    """Asked of every charge, so that ibr-038 never comes alone."""
    return any(charge.all(path) for path in _REASON)


def _indicator(node: Node, document: Document) -> str:
    nodes = node.all("cbc:ChargeIndicator")
    texts = [text for n in nodes for text in document.text_nodes(n)]
    if len(texts) > 1:
        raise NotEvaluable("several", nodes[-1])
    return normal(texts[0]) if texts else ""


@rules.rule("ibr-082", at.ALLOWANCE_OR_CHARGE, "IBG-27", at="cbc:ChargeIndicator")
def indicator_is_boolean(node: Node, document: Document) -> bool:
    """Reached only where the indicator is missing or is no boolean."""
    return _indicator(node, document) in ("true", "false")


@rules.rule("ibr-083", at.PRICE_ALLOWANCE, "IBT-147", at="cbc:ChargeIndicator")
def price_has_no_charge(node: Node, document: Document) -> bool:
    """The text "false", not "0"."""
    return _indicator(node, document) == "false"


rules.at_most_one("ibr-sr-61", at.ALLOWANCE_TAX, "cbc:TaxExemptionReason", "IBT-095")


def _category_with_rate(node: Node, document: Document) -> bool:
    """Fails only for a rate without a code; the official exception for O always holds."""
    categories = [c for c in node.all("cac:TaxCategory") if at.is_vat(c)]
    with_rate = any(c.all("cbc:Percent") for c in categories)
    return not with_rate or any(c.all("cbc:ID") for c in categories)


rules.add("aligned-ibrp-032-jp", at.JP_DOCUMENT_ALLOWANCE, _category_with_rate, "IBT-095")
rules.add("aligned-ibrp-037-jp", at.JP_DOCUMENT_CHARGE, _category_with_rate, "IBT-102")
