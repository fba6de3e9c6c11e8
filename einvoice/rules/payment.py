"""Payment: IBG-16 to IBG-19, IBG-33, IBG-34."""

from __future__ import annotations

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import string

rules = RuleGroup()

rules.exists("ibr-049", at.PAYMENT_MEANS, "cbc:PaymentMeansCode", "IBT-081")
rules.exists("aligned-ibrp-049", at.JP_PAYMENT_MEANS, "cbc:PaymentMeansCode", "IBT-081")
rules.at_most_one("ibr-sr-27", at.PAYMENT_MEANS, "cbc:PaymentMeansCode", "IBT-081")
rules.at_most_one("ibr-sr-28", at.PAYMENT_MEANS, "cac:PaymentMandate/cbc:ID", "IBT-089")


@rules.rule("ibr-sr-46", at.PAYMENT_MEANS, "IBT-082", at="cbc:PaymentMeansCode", reads="schema")
def one_means_text(means: Node, document: Document) -> bool:
    return sum("name" in n.attributes for n in means.all("cbc:PaymentMeansCode")) <= 1


@rules.rule("aligned-ibrp-016", at.JP_CREDIT_TRANSFER, "IBT-084", at="cbc:ID")
def account_has_identifier(account: Node, document: Document) -> bool:
    """A credit transfer's account has one; a single blank is enough for the official rule."""
    return any(n.text != "" for n in account.all("cbc:ID"))


@rules.rule("aligned-ibrp-017", at.JP_CARD, "IBT-087", at="cbc:PrimaryAccountNumberID")
def card_number_is_cut(card: Node, document: Document) -> bool:
    """The last four to six characters, never the whole number."""
    return 4 <= len(string(card.all("cbc:PrimaryAccountNumberID"))) <= 6


@rules.rule("aligned-ibrp-019", at.JP_DIRECT_DEBIT, "IBT-089", reads="names")
def direct_debit_has_mandate(means: Node, document: Document) -> bool:
    """Never asked: the context of aligned-ibrp-049 takes every cac:PaymentMeans before."""
    return bool(means.all("cac:PaymentMandate/cbc:ID"))


rules.at_most_one("ibr-sr-05", at.PAYMENT_TERMS, "cbc:Note", "IBT-020")
rules.at_most_one("ibr-sr-60", at.PAYMENT_TERMS, "cbc:PaymentMeansID", "IBT-187")
rules.at_most_one("ibr-sr-59", at.BANK_ADDRESS, "cac:AddressLine/cbc:Line", "IBT-174")
