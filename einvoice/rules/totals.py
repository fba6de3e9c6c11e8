"""Totals, amounts and currency: IBG-22, IBT-110, IBT-111, IBG-35."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Mismatch, same
from einvoice.rules.shapes import RuleGroup, second
from einvoice.rules.xpath import (
    NotEvaluable,
    any_is,
    decimal_of,
    normal,
    number,
    one,
    string,
    to_cents,
    total,
)

rules = RuleGroup()

rules.exists("ibr-012", at.TOTALS, "cbc:LineExtensionAmount", "IBT-106")
rules.exists("ibr-013", at.TOTALS, "cbc:TaxExclusiveAmount", "IBT-109")
rules.exists("ibr-014", at.TOTALS, "cbc:TaxInclusiveAmount", "IBT-112")
rules.exists("ibr-015", at.TOTALS, "cbc:PayableAmount", "IBT-115")

rules.two_decimals("ibr-091", at.TOTALS, "cbc:PayableAmount", "IBT-115")
rules.two_decimals("ibr-121", at.TOTALS, "cbc:AllowanceTotalAmount", "IBT-107")
rules.two_decimals("ibr-122", at.TOTALS, "cbc:ChargeTotalAmount", "IBT-108")
rules.two_decimals("ibr-123", at.TOTALS, "cbc:TaxExclusiveAmount", "IBT-109")
rules.two_decimals("ibr-125", at.TOTALS, "cbc:TaxInclusiveAmount", "IBT-112")
rules.two_decimals("ibr-124", at.INVOICE_TAX_TOTAL, "cbc:TaxAmount", "IBT-110")


@rules.rule("ibr-co-10", at.TOTALS, "IBT-106", at="cbc:LineExtensionAmount")
def line_sum(totals: Node, document: Document) -> Any:
    """IBT-106 = Σ IBT-131."""
    stated = decimal_of(totals.all("cbc:LineExtensionAmount"))
    return stated is not None and same(stated, to_cents(document.facts.line_sum))


def _sum_of(totals: Node, path: str, charge: bool) -> Any:
    """A total over document allowances or charges; both absent is right, too."""
    parent = totals.parent
    entries = parent.all("cac:AllowanceCharge") if parent is not None else []
    entries = [e for e in entries if any_is(e.all("cbc:ChargeIndicator"), charge)]
    stated = decimal_of(totals.all(path))
    if stated is None:
        return not entries or Mismatch(None, None)
    return same(stated, to_cents(total(n for e in entries for n in _only(e, "cbc:Amount"))))


def _only(node: Node, path: str) -> list[Node]:
    found = one(node.all(path))
    return [found] if found is not None else []


@rules.rule("ibr-co-11", at.TOTALS, "IBT-107", at="cbc:AllowanceTotalAmount")
def allowance_sum(totals: Node, document: Document) -> Any:
    """IBT-107 = Σ IBT-092."""
    return _sum_of(totals, "cbc:AllowanceTotalAmount", charge=False)


@rules.rule("ibr-co-12", at.TOTALS, "IBT-108", at="cbc:ChargeTotalAmount")
def charge_sum(totals: Node, document: Document) -> Any:
    """IBT-108 = Σ IBT-099."""
    return _sum_of(totals, "cbc:ChargeTotalAmount", charge=True)


@rules.rule("ibr-co-13", at.TOTALS, "IBT-109", at="cbc:TaxExclusiveAmount")
def total_without_tax(totals: Node, document: Document) -> Any:
    """IBT-109 = IBT-106 − IBT-107 + IBT-108; a TaxIncludedIndicator of true switches it off."""
    return _unless_tax_included(totals.parent, lambda: _without_tax(totals))


def _without_tax(totals: Node) -> Any:
    allowances, charges = (
        totals.all("cbc:AllowanceTotalAmount"),
        totals.all("cbc:ChargeTotalAmount"),
    )
    stated = decimal_of(totals.all("cbc:TaxExclusiveAmount"))
    expected = decimal_of(totals.all("cbc:LineExtensionAmount"))
    if expected is not None and (allowances or charges):
        expected += (decimal_of(charges) or 0) - (decimal_of(allowances) or 0)
        expected = to_cents(expected)
    return same(stated, expected)


def _unless_tax_included(root: Node | None, compare: Callable[[], Any]) -> Any:
    """Either side of the official "or" may hold while the other cannot be evaluated."""
    stopped: NotEvaluable | None = None
    try:
        if _tax_included(root):
            return True
    except NotEvaluable as error:
        stopped = error
    outcome = compare()
    if not outcome and stopped is not None:
        raise stopped
    return outcome


def _tax_included(root: Node | None) -> bool:
    return root is not None and any_is(root.all("cac:TaxTotal/cbc:TaxIncludedIndicator"), True)


@rules.rule("ibr-co-14", at.INVOICE_TAX_TOTAL, "IBT-110", at="cbc:TaxAmount")
def tax_total_is_sum_of_breakdown(tax_total: Node, document: Document) -> Any:
    """IBT-110 = Σ IBT-117, and so for the accounting currency; no subtotal at all is right."""
    subtotals = tax_total.all("cac:TaxSubtotal")
    stated = decimal_of(tax_total.all("cbc:TaxAmount"))
    expected = total(n for s in subtotals for n in _only(s, "cbc:TaxAmount"))
    return not subtotals or same(stated, to_cents(expected))


@rules.rule("ibr-co-15", at.ROOT, "IBT-112", at="cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")
def total_with_tax(root: Node, document: Document) -> Any:
    """IBT-112 = IBT-109 + the amount of the first TaxTotal, if that is in document currency."""
    return _unless_tax_included(root, lambda: _with_tax(root, document))


def _with_tax(root: Node, document: Document) -> Any:
    totals = root.all("cac:LegalMonetaryTotal")
    stated = [v for t in totals if (v := decimal_of(t.all("cbc:TaxInclusiveAmount"))) is not None]
    without = [n for t in totals for n in _only(t, "cbc:TaxExclusiveAmount")]
    currencies = document.facts.document_currencies
    first = root.first("cac:TaxTotal")
    amounts = first.all("cbc:TaxAmount") if first is not None else []
    tax = decimal_of([n for n in amounts if n.get("currencyID") in currencies])
    before_tax = decimal_of(without)
    expected = to_cents(before_tax + tax) if tax is not None and before_tax is not None else None
    if expected is not None and expected in stated:
        return True
    return Mismatch(stated[0] if stated else None, expected)


@rules.rule("ibr-co-16", at.TOTALS, "IBT-115", at="cbc:PayableAmount")
def amount_due(totals: Node, document: Document) -> Any:
    """IBT-115 = IBT-112 − IBT-113 + IBT-114; zero counts as not stated."""
    paid = decimal_of(totals.all("cbc:PrepaidAmount"))
    rounding = decimal_of(totals.all("cbc:PayableRoundingAmount"))
    with_tax = decimal_of(totals.all("cbc:TaxInclusiveAmount"))
    if with_tax is None:
        return False
    due = decimal_of(totals.all("cbc:PayableAmount"))
    if due is None:
        return Mismatch(due, with_tax)
    stated, expected = due, with_tax
    if rounding:
        stated = to_cents(due - rounding)
    if paid:
        expected = to_cents(with_tax - paid)
    if stated == expected:
        return True
    return same(due, expected + (rounding or Decimal(0)))


def _own_currency(amount: Node, document: Document) -> bool:
    """IBT-005 is the currency of every amount but those meant for the accounting currency."""
    currency = amount.attributes.get("currencyID")
    return currency is not None and currency in document.facts.all_currencies


def _own_currency_or_extension(amount: Node, document: Document) -> bool:
    return _own_currency(amount, document) or "cac:ItemPriceExtension" in amount.expected.path[:-1]


for _context in (at.AMOUNT, at.TAX_AMOUNT):
    rules.add("ibr-126", _context, _own_currency_or_extension, "IBT-005", since="1.1.3")
    rules.add("ibr-126", _context, _own_currency, "IBT-005", until="1.1.2")


@rules.rule("ibr-053", at.ROOT, "IBT-111", at="cbc:TaxCurrencyCode")
def tax_in_accounting_currency(root: Node, document: Document) -> bool:
    """With IBT-006 some tax total is in that currency."""
    currencies = {
        amount.get("currencyID")
        for tax_total in document.anywhere("cac:TaxTotal")
        for amount in tax_total.all("cbc:TaxAmount")
    }
    return all(code.text in currencies for code in root.all("cbc:TaxCurrencyCode"))


@rules.rule("ibr-077", at.ACCOUNTING_CURRENCY, "IBT-006")
def accounting_currency_differs(code: Node, document: Document) -> bool:
    """IBT-006 is not IBT-005."""
    parent = code.parent
    others = parent.all("cbc:DocumentCurrencyCode") if parent is not None else []
    own = list(document.text_nodes(code))
    other = [text for n in others for text in document.text_nodes(n)]
    return _only_text(own, code) != _only_text(other, code)


def _only_text(texts: list[str], node: Node) -> str:
    if len(texts) > 1:
        raise NotEvaluable("several", node)
    return normal(texts[0]) if texts else ""


@rules.rule("ibr-084", at.ROOT, "IBT-111", at="cac:TaxTotal/cbc:TaxAmount")
def tax_totals_of_one_sign(root: Node, document: Document) -> bool:
    """Both tax totals are ≤ 0 or both are ≥ 0."""
    if not root.all("cbc:TaxCurrencyCode"):
        return True
    amounts = root.all("cac:TaxTotal/cbc:TaxAmount")
    if not amounts:
        return False
    accounting = normal(string(root.all("cbc:TaxCurrencyCode")))
    own = normal(string(root.all("cbc:DocumentCurrencyCode")))
    in_accounting = [n for n in amounts if n.get("currencyID") == accounting]
    in_own = [n for n in amounts if n.get("currencyID") == own]
    return (any(number(n) <= 0 for n in in_accounting) and any(number(n) <= 0 for n in in_own)) or (
        any(number(n) >= 0 for n in in_accounting) and any(number(n) >= 0 for n in in_own)
    )


@rules.rule("ibr-093", at.FIRST_PAID_AMOUNT, "IBT-113")
def paid_amount_is_stated(payment: Node, document: Document) -> bool:
    """The first paid amount needs a paid total."""
    parent = payment.parent
    return parent is not None and bool(parent.all("cac:LegalMonetaryTotal/cbc:PrepaidAmount"))


@rules.rule("aligned-ibr-jp-05", at.JP_ROOT, "IBT-006", at="cbc:TaxCurrencyCode")
def accounting_currency_is_yen(root: Node, document: Document) -> bool:
    """IBT-006, if stated, is JPY, exactly."""
    codes = root.all("cbc:TaxCurrencyCode")
    return not codes or any(n.text == "JPY" for n in codes)


def _document_currency_totals(root: Node, document: Document) -> list[Node]:
    currencies = document.facts.document_currencies
    amounts = root.all("cac:TaxTotal/cbc:TaxAmount")
    return [n for n in amounts if n.get("currencyID") in currencies]


def _one_document_currency_total(root: Node, document: Document) -> bool:
    """At most one tax total is in document currency."""
    return len(_document_currency_totals(root, document)) <= 1


rules.add(
    "aligned-ibrp-053-jp",
    at.JP_ROOT,
    _one_document_currency_total,
    "IBT-110",
    place=second("cac:TaxTotal"),
)
