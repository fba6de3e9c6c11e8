"""Code lists: data in `data/code_lists.toml`, and the rules that ask for membership.

The official comparison ignores outer blanks and nothing else: a code with a blank inside, an empty
one, another case or a no-break space is refused. Attachment formats are compared exactly.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Test
from einvoice.rules.shapes import RuleGroup
from einvoice.ubl import BLANKS

CURRENT = "1.1.3"

rules = RuleGroup()


def _expand(words: str) -> Iterator[str]:
    for word in words.split():
        first, _, last = word.partition("..")
        if last:
            yield from (str(n).zfill(len(first)) for n in range(int(first), int(last) + 1))
        else:
            yield word


@cache
def code_lists(version: str = CURRENT) -> Mapping[str, frozenset[str]]:
    """The lists as one version of the specification has them."""
    text = resources.files("einvoice").joinpath("data/code_lists.toml").read_text("utf-8")
    table = tomllib.loads(text)
    lists = {name: frozenset(_expand(v)) for name, v in table.items() if isinstance(v, str)}
    for name, change in table.get(version, {}).items():
        gone = frozenset(_expand(change.get("without", "")))
        lists[name] = (lists[name] | frozenset(_expand(change.get("with", "")))) - gone
    return lists


def _text_in(name: str) -> Test:
    return lambda node, document: node.text.strip(BLANKS) in document.facts.codes[name]


def _attribute_in(attribute: str, name: str) -> Test:
    def test(node: Node, document: Document) -> bool:
        value = node.attributes.get(attribute)
        return value is not None and value.strip(BLANKS) in document.facts.codes[name]

    return test


def _type_code(node: Node, document: Document) -> bool:
    invoice = node.name == "cbc:InvoiceTypeCode"
    name = "untdid-1001-invoice" if invoice else "untdid-1001-credit-note"
    return node.text.strip(BLANKS) in document.facts.codes[name]


def _type_code_is(code: str) -> Test:
    def test(node: Node, document: Document) -> bool:
        return node.name == "cbc:InvoiceTypeCode" and node.text.strip(BLANKS) == code

    return test


def _party_scheme(node: Node, document: Document) -> bool:
    scheme = node.attributes["schemeID"].strip(BLANKS)
    if scheme in document.facts.codes["iso-6523"]:
        return True
    path = node.expected.path
    return scheme == "SEPA" and ("cac:AccountingSupplierParty" in path or "cac:PayeeParty" in path)


def _mime_type(node: Node, document: Document) -> bool:
    return node.attributes["mimeCode"] in document.facts.codes["mime"]


def _location_scheme_of_1_1_2(node: Node, document: Document) -> bool:
    """1.1.2 of the standard type lost the last value of this list to a missing blank."""
    scheme = node.attributes["schemeID"].strip(BLANKS)
    return scheme != "0244" and scheme in document.facts.codes["iso-6523"]


_icd = _attribute_in("schemeID", "iso-6523")

rules.add("ibr-cl-01", at.TYPE_CODE, _type_code, "IBT-003", profiles={"pint-jp"}, reads="text")
rules.add(
    "ibr-cl-01-jp-ntr",
    at.TYPE_CODE,
    _type_code_is("480"),
    "IBT-003",
    profiles={"pint-jp-ntr"},
    reads="text",
)
rules.add(
    "ibr-cl-01-jp-sb",
    at.TYPE_CODE,
    _type_code_is("389"),
    "IBT-003",
    profiles={"pint-jp-sb"},
    reads="text",
)
rules.add(
    "ibr-cl-03",
    at.CURRENCY_OF_AMOUNT,
    _attribute_in("currencyID", "iso-4217"),
    None,
    reads="attributes",
)
rules.add("ibr-cl-04", at.CURRENCY_CODE, _text_in("iso-4217"), "IBT-005", reads="text")
rules.add("ibr-cl-05", at.ACCOUNTING_CURRENCY_CODE, _text_in("iso-4217"), "IBT-006", reads="text")
rules.add(
    "ibr-cl-07",
    at.OBJECT_ID_SCHEME,
    _attribute_in("schemeID", "untdid-1153"),
    "IBT-018-1",
    reads="attributes",
)
rules.add("ibr-cl-10", at.PARTY_ID_SCHEME, _party_scheme, "IBT-029-1", reads="attributes")
rules.add("ibr-cl-11", at.LEGAL_ID_SCHEME, _icd, "IBT-030-1", reads="attributes")
rules.add(
    "ibr-cl-13",
    at.CLASSIFICATION_LIST,
    _attribute_in("listID", "untdid-7143"),
    "IBT-158-1",
    reads="attributes",
)
rules.add("ibr-cl-14", at.COUNTRY, _text_in("iso-3166"), None, reads="text")
rules.add("ibr-cl-15", at.ORIGIN_COUNTRY, _text_in("iso-3166"), "IBT-159", reads="text")
rules.add("ibr-cl-16", at.MEANS_CODE, _text_in("untdid-4461"), "IBT-081", reads="text")
rules.add("ibr-cl-19", at.ALLOWANCE_REASON, _text_in("untdid-5189"), "IBT-098", reads="text")
rules.add("ibr-cl-20", at.CHARGE_REASON, _text_in("untdid-7161"), "IBT-105", reads="text")
rules.add("ibr-cl-21", at.STANDARD_ITEM_SCHEME, _icd, "IBT-157-1", reads="attributes")
rules.add("ibr-cl-23", at.UNIT, _attribute_in("unitCode", "rec-20"), "IBT-130", reads="attributes")
rules.add("ibr-cl-24", at.MIME_TYPE, _mime_type, "IBT-125-1", reads="attributes")
rules.add(
    "ibr-cl-25",
    at.ENDPOINT_SCHEME,
    _attribute_in("schemeID", "eas"),
    "IBT-034-1",
    reads="attributes",
)
rules.add("ibr-cl-26", at.LOCATION_SCHEME, _icd, "IBT-071-1", since="1.1.3", reads="attributes")
rules.add(
    "ibr-cl-26",
    at.LOCATION_SCHEME,
    _location_scheme_of_1_1_2,
    "IBT-071-1",
    until="1.1.2",
    profiles={"pint-jp"},
    reads="attributes",
)
rules.add(
    "ibr-cl-26",
    at.LOCATION_SCHEME,
    _icd,
    "IBT-071-1",
    until="1.1.2",
    profiles={"pint-jp-ntr", "pint-jp-sb"},
    reads="attributes",
)
rules.add(
    "aligned-ibrp-cl-01-jp", at.JP_CATEGORY_CODE, _text_in("tax-category"), "IBT-151", reads="text"
)
rules.add(
    "aligned-ibrp-cl-02-jp",
    at.JP_TYPE_CODE,
    _type_code_is("380"),
    "IBT-003",
    profiles={"pint-jp"},
    reads="text",
)
