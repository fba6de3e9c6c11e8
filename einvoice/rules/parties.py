"""Seller, buyer, payee, tax representative and their addresses: IBG-04 to IBG-12, IBG-15."""

from __future__ import annotations

import re
from typing import Final

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Test
from einvoice.rules.shapes import RuleGroup, second
from einvoice.rules.xpath import normal, string, upper

rules = RuleGroup()

_SELLER: Final = "cac:AccountingSupplierParty/cac:Party"
_BUYER: Final = "cac:AccountingCustomerParty/cac:Party"
_NAME: Final = "cac:PartyLegalEntity/cbc:RegistrationName"
_COUNTRY: Final = "cac:Country/cbc:IdentificationCode"
_LINE_3: Final = "cac:AddressLine/cbc:Line"

# -- seller ---------------------------------------------------------------------------------------
rules.not_blank("ibr-006", at.ROOT, f"{_SELLER}/{_NAME}", "IBT-027")
rules.exists("ibr-008", at.ROOT, f"{_SELLER}/cac:PostalAddress", "IBG-05")
rules.exists("ibr-081", at.SELLER, "cbc:EndpointID", "IBT-034")
rules.has_attribute("ibr-062", at.SELLER_ENDPOINT, "schemeID", "IBT-034-1")
rules.not_blank("ibr-009", at.SELLER_ADDRESS, _COUNTRY, "IBT-040")
rules.at_most_one("ibr-sr-53", at.SELLER_ADDRESS, _LINE_3, "IBT-162")
rules.at_most_one("ibr-098", at.ROOT, f"{_SELLER}/{_NAME}", "IBT-027")
rules.at_most_one("ibr-099", at.ROOT, f"{_SELLER}/cac:PartyName/cbc:Name", "IBT-028")
rules.at_most_one("ibr-100", at.ROOT, f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyID", "IBT-030")
rules.at_most_one(
    "ibr-101", at.ROOT, f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyLegalForm", "IBT-033"
)


@rules.rule("ibr-co-26", at.SELLER, "IBT-029", reads="names")
def seller_is_identified(seller: Node, document: Document) -> bool:
    """By IBT-029, IBT-030 or IBT-031."""
    return bool(
        seller.all("cac:PartyTaxScheme/cbc:CompanyID")
        or seller.all("cac:PartyIdentification/cbc:ID")
        or seller.all("cac:PartyLegalEntity/cbc:CompanyID")
    )


def _two_tax_schemes(seller: Node, document: Document) -> bool:
    return len(seller.all("cac:PartyTaxScheme")) <= 2


rules.add(
    "ibr-sr-42",
    at.SELLER,
    _two_tax_schemes,
    "IBT-031",
    place=lambda n: n.all("cac:PartyTaxScheme")[-1],
    reads="names",
)

# -- buyer ----------------------------------------------------------------------------------------
rules.not_blank("ibr-007", at.ROOT, f"{_BUYER}/{_NAME}", "IBT-044")
rules.exists("ibr-010", at.ROOT, f"{_BUYER}/cac:PostalAddress", "IBG-08")
rules.exists("ibr-080", at.BUYER, "cbc:EndpointID", "IBT-049")
rules.has_attribute("ibr-063", at.BUYER_ENDPOINT, "schemeID", "IBT-049-1")
rules.not_blank("ibr-011", at.BUYER_ADDRESS, _COUNTRY, "IBT-055")
rules.at_most_one("ibr-sr-54", at.BUYER_ADDRESS, _LINE_3, "IBT-163")
rules.at_most_one("ibr-102", at.ROOT, f"{_BUYER}/{_NAME}", "IBT-044")
rules.at_most_one("ibr-103", at.ROOT, f"{_BUYER}/cac:PartyLegalEntity/cbc:CompanyID", "IBT-047")
rules.at_most_one("ibr-104", at.ROOT, f"{_BUYER}/cac:PartyTaxScheme/cbc:CompanyID", "IBT-048")
rules.at_most_one("ibr-112", at.ROOT, f"{_BUYER}/cac:PartyName/cbc:Name", "IBT-045")
rules.at_most_one("ibr-sr-16", at.ROOT, f"{_BUYER}/cac:PartyIdentification/cbc:ID", "IBT-046")


# -- payee ----------------------------------------------------------------------------------------
def _texts(nodes: list[Node]) -> set[str]:
    return {node.text for node in nodes}


def _seller_of(payee: Node, path: str) -> list[Node]:
    return payee.parent.all(f"{_SELLER}/{path}") if payee.parent is not None else []


@rules.rule("ibr-017", at.PAYEE, "IBT-059", at="cac:PartyName/cbc:Name")
def payee_is_another(payee: Node, document: Document) -> bool:
    """The payee has a name, and neither name nor identifier is the seller's."""
    names = _texts(payee.all("cac:PartyName/cbc:Name"))
    if not names or names & _texts(_seller_of(payee, "cac:PartyName/cbc:Name")):
        return False
    ids = _texts(payee.all("cac:PartyIdentification/cbc:ID"))
    return not ids & _texts(_seller_of(payee, "cac:PartyIdentification/cbc:ID"))


def _is_seller(payee: Node) -> bool:
    """The escape of three rules: a payee named as the seller is registered."""
    names = _texts(payee.all("cac:PartyName/cbc:Name"))
    return bool(names & _texts(_seller_of(payee, _NAME)))


def _one_unless_seller(path: str) -> Test:
    return lambda payee, document: len(payee.all(path)) <= 1 or _is_seller(payee)


@rules.rule("ibr-105", at.PAYEE, "IBT-060", at="cac:PartyIdentification/cbc:ID")
def one_payee_identifier(payee: Node, document: Document) -> bool:
    """Identifiers of scheme SEPA are not counted."""
    ids = payee.all("cac:PartyIdentification/cbc:ID")
    counted = [n for n in ids if (n.get("schemeID") or "").upper() != "SEPA"]
    return len(counted) <= 1 or _is_seller(payee)


for _id, _path, _term in (
    ("ibr-106", "cac:PartyLegalEntity/cbc:CompanyID", "IBT-061"),
    ("ibr-sr-19", "cac:PartyName/cbc:Name", "IBT-059"),
):
    rules.add(_id, at.PAYEE, _one_unless_seller(_path), _term, place=second(_path))

# -- tax representative, deliver-to address -------------------------------------------------------
rules.not_blank("ibr-018", at.TAX_REPRESENTATIVE, "cac:PartyName/cbc:Name", "IBT-062")
rules.exists("ibr-019", at.TAX_REPRESENTATIVE, "cac:PostalAddress", "IBG-12")
rules.exists("ibr-056", at.TAX_REPRESENTATIVE, "cac:PartyTaxScheme/cbc:CompanyID", "IBT-063")
rules.at_most_one("ibr-sr-22", at.TAX_REPRESENTATIVE, "cac:PartyName/cbc:Name", "IBT-062")
# UBL has no cac:Party there, so this one cannot fail in a document the schema accepts.
rules.at_most_one(
    "ibr-sr-23", at.TAX_REPRESENTATIVE, "cac:Party/cac:PartyTaxScheme/cbc:CompanyID", "IBT-063"
)
rules.at_most_one(
    "aligned-ibrp-010", at.JP_TAX_REPRESENTATIVE, "cac:PartyTaxScheme/cbc:CompanyID", "IBT-063"
)
rules.not_blank("ibr-020", at.TAX_REPRESENTATIVE_ADDRESS, _COUNTRY, "IBT-069")
rules.at_most_one("ibr-sr-55", at.TAX_REPRESENTATIVE_ADDRESS, _LINE_3, "IBT-164")
rules.exists("ibr-057", at.DELIVERY_ADDRESS, _COUNTRY, "IBT-080")
rules.at_most_one("ibr-sr-56", at.DELIVERY_ADDRESS, _LINE_3, "IBT-165")

# -- registration numbers -------------------------------------------------------------------------
rules.exists("ibr-sr-57", at.PARTY_TAX_SCHEME, "cbc:CompanyID", "IBT-031")


def _seller_numbers(root: Node, vat: bool) -> list[Node]:
    """CompanyIDs of the seller's tax schemes that are VAT, or that are something else."""
    found: list[Node] = []
    for scheme in root.all(f"{_SELLER}/cac:PartyTaxScheme"):
        names = [upper(s.all("cbc:ID")) for s in scheme.all("cac:TaxScheme")]
        if any((name == "VAT") is vat for name in names):
            found += scheme.all("cbc:CompanyID")
    return found


def _one_number(vat: bool) -> Test:
    return lambda root, document: len(_seller_numbers(root, vat)) <= 1


for _id, _vat, _term in (
    ("aligned-ibrp-009", True, "IBT-031"),
    ("aligned-ibrp-sr-12", True, "IBT-031"),
    ("aligned-ibrp-sr-13", False, "IBT-032"),
):
    _schemes = second(f"{_SELLER}/cac:PartyTaxScheme")
    rules.add(_id, at.JP_ROOT, _one_number(_vat), _term, place=_schemes)

_NUMBER: Final = f"{_SELLER}/cac:PartyTaxScheme/cbc:CompanyID"
_REGISTRATION_NUMBER: Final = re.compile(r"T[0-9]{13}")


@rules.rule(
    "aligned-ibr-jp-04", at.JP_ROOT, "IBT-031", at=_NUMBER, profiles={"pint-jp", "pint-jp-sb"}
)
def seller_has_a_number(root: Node, document: Document) -> bool:
    """Of any scheme, even an empty one."""
    return bool(root.all(_NUMBER))


@rules.rule("aligned-ibr-jp-04-ntr", at.JP_ROOT, "IBT-031", at=_NUMBER, profiles={"pint-jp-ntr"})
def seller_has_no_number(root: Node, document: Document) -> bool:
    return not root.all(_NUMBER)


@rules.rule(
    "aligned-ibr-jp-01",
    at.JP_SELLER_NUMBER,
    "IBT-031",
    at="cbc:CompanyID",
    profiles={"pint-jp", "pint-jp-sb"},
)
def number_is_t_and_13_digits(scheme: Node, document: Document) -> bool:
    """Asked only if some period date is not before 2023-10-01."""
    if not document.facts.needs_registration_number:
        return True
    number = normal(string(scheme.all("cbc:CompanyID")))
    return _REGISTRATION_NUMBER.fullmatch(number) is not None
