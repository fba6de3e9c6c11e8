"""Consumption tax: the breakdown (IBG-23, IBG-38) and the categories E, G and O."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Mismatch, Test
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import (
    ceiling,
    decimal_of,
    floor,
    normal,
    number,
    round_half_up,
    string,
    upper,
)

rules = RuleGroup()

rules.at_most_one("ibr-sr-32", at.TAX_SUBTOTAL, "cac:TaxCategory/cbc:TaxExemptionReason", "IBT-120")
rules.exists(
    "aligned-ibrp-045", at.JP_SUBTOTAL_IN_DOCUMENT_CURRENCY, "cbc:TaxableAmount", "IBT-116"
)


@rules.rule(
    "aligned-ibrp-051-jp",
    at.JP_SUBTOTAL_IN_DOCUMENT_CURRENCY,
    "IBT-117",
    at="cbc:TaxAmount",
    profiles={"pint-jp", "pint-jp-sb"},
)
def tax_is_base_times_rate(subtotal: Node, document: Document) -> Any:
    """Between the floor and the ceiling of IBT-116 × IBT-119 ÷ 100, so one rounding of any kind.

    A rate that rounds to 0 wants no tax; category O wants no tax and no rate.
    """
    categories = subtotal.all("cac:TaxCategory")
    percents = [n for c in categories for n in c.all("cbc:Percent")]
    tax = decimal_of(subtotal.all("cbc:TaxAmount"))
    outcome = _tax_at_rate(subtotal, tax, decimal_of(percents))
    codes = (normal(upper(c.all("cbc:ID"))) for c in categories)
    if outcome and any(code != "O" for code in codes):
        return True
    if not percents and tax == 0 and any(normal(upper(c.all("cbc:ID"))) == "O" for c in categories):
        return True
    return outcome if isinstance(outcome, Mismatch) else False


def _tax_at_rate(subtotal: Node, tax: Decimal | None, rate: Decimal | None) -> Any:
    """Whether the tax follows from base and rate; False if one of them is missing."""
    if rate is None or tax is None:
        return False
    if round_half_up(rate) == 0:
        return tax == 0 or Mismatch(tax, Decimal(0))
    base = decimal_of(subtotal.all("cbc:TaxableAmount"))
    if base is None:
        return False
    exact = base * (rate / 100)
    return floor(exact) <= tax <= ceiling(exact) or Mismatch(tax, floor(exact))


def _vat_categories(subtotal: Node) -> list[Node]:
    return [c for c in subtotal.all("cac:TaxCategory") if at.is_vat(c)]


rules.exists("aligned-ibrp-046", at.JP_SUBTOTAL, "cbc:TaxAmount", "IBT-190")


@rules.rule("aligned-ibrp-047", at.JP_SUBTOTAL, "IBT-192", at="cac:TaxCategory")
def subtotal_has_category(subtotal: Node, document: Document) -> bool:
    """Reached only by subtotals outside the document currency."""
    return any(c.all("cbc:ID") for c in _vat_categories(subtotal))


@rules.rule("aligned-ibrp-048", at.JP_SUBTOTAL, "IBT-193", at="cac:TaxCategory")
def subtotal_has_rate(subtotal: Node, document: Document) -> bool:
    """Or is outside the scope of tax (O)."""
    categories = _vat_categories(subtotal)
    return any(c.all("cbc:Percent") for c in categories) or any(
        normal(string(c.all("cbc:ID"))) == "O" for c in categories
    )


@rules.rule("aligned-ibr-jp-06", at.JP_SUBTOTAL, "IBT-190", at="cbc:TaxAmount")
def yen_tax_has_no_decimals(subtotal: Node, document: Document) -> bool:
    """Not even a point. Reached only by subtotals outside the document currency."""
    yen = [n for n in subtotal.all("cbc:TaxAmount") if n.get("currencyID") == "JPY"]
    return "." not in string(yen)


@rules.rule("aligned-ibr-jp-07-ntr", at.JP_ANY_TAX_AMOUNT, "IBT-110", profiles={"pint-jp-ntr"})
def no_tax_without_registration(amount: Node, document: Document) -> bool:
    """A seller who is not registered states no tax."""
    return number(amount) == 0


@rules.rule("aligned-ibr-jp-03", at.JP_TAX_SCHEME, "IBT-167", reads="text")
def tax_scheme_is_vat(scheme: Node, document: Document) -> bool:
    """Contains "VAT", which stands for 消費税."""
    return "VAT" in scheme.text


# -- E exempt 非課税, G export 輸出免税, O outside 不課税 ------------------------------------------
def _one_subtotal(code: str) -> Test:
    """A category used anywhere has exactly one subtotal, counted over every TaxTotal."""

    def test(root: Node, document: Document) -> bool:
        facts = document.facts
        return code not in facts.categories or facts.categories_in_breakdown[code] == 1

    return test


def _rate_is_zero(category: Node, document: Document) -> bool:
    return decimal_of(category.all("cbc:Percent")) == 0


def _no_rate(category: Node, document: Document) -> bool:
    return not category.all("cbc:Percent")


def _no_tax(category: Node, document: Document) -> bool:
    assert category.parent is not None
    return decimal_of(category.parent.all("cbc:TaxAmount")) == 0


rules.add("aligned-ibrp-e-01", at.JP_ROOT, _one_subtotal("E"), "IBG-23")
rules.add("aligned-ibrp-e-05", at.JP_LINE_E, _rate_is_zero, "IBT-152")
rules.add("aligned-ibrp-e-06", at.JP_ALLOWANCE_E, _rate_is_zero, "IBT-096")
rules.add("aligned-ibrp-e-07", at.JP_CHARGE_E, _rate_is_zero, "IBT-103")
rules.add("aligned-ibrp-e-09", at.JP_SUBTOTAL_E, _no_tax, "IBT-117")

rules.add("aligned-ibrp-g-01", at.JP_ROOT, _one_subtotal("G"), "IBG-23")
rules.add("aligned-ibrp-g-05", at.JP_LINE_G, _rate_is_zero, "IBT-152")
rules.add("aligned-ibrp-g-06", at.JP_ALLOWANCE_G, _rate_is_zero, "IBT-096")
rules.add("aligned-ibrp-g-07", at.JP_CHARGE_G, _rate_is_zero, "IBT-103")
rules.add("aligned-ibrp-g-09", at.JP_SUBTOTAL_G, _no_tax, "IBT-117")

rules.add("aligned-ibrp-o-01", at.JP_ROOT, _one_subtotal("O"), "IBG-23")
rules.add("aligned-ibrp-o-05", at.JP_LINE_O, _no_rate, "IBT-152")
rules.add("aligned-ibrp-o-06", at.JP_ALLOWANCE_O, _no_rate, "IBT-096")
rules.add("aligned-ibrp-o-07", at.JP_CHARGE_O, _no_rate, "IBT-103")
rules.add("aligned-ibrp-o-09", at.JP_SUBTOTAL_O, _no_tax, "IBT-117")
