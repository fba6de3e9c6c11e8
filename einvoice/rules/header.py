"""The header: identifiers of the document, references and required groups."""

from __future__ import annotations

import re
from typing import Final

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Test
from einvoice.rules.shapes import RuleGroup, nearest, second
from einvoice.rules.xpath import NotEvaluable, has_text, normal, string
from einvoice.ubl import BLANKS

rules = RuleGroup()

rules.not_blank("ibr-001", at.ROOT, "cbc:CustomizationID", "IBT-024")


@rules.rule("ibr-sr-63", at.ROOT, "IBT-024", at="cbc:CustomizationID")
def specification_has_no_wildcard(root: Node, document: Document) -> bool:
    """A "*" belongs in a registration, never in a document."""
    return "*" not in string(root.all("cbc:CustomizationID"))


rules.not_blank("ibr-002", at.ROOT, "cbc:ID", "IBT-001")
rules.not_blank("ibr-003", at.ROOT, "cbc:IssueDate", "IBT-002")


@rules.rule("ibr-004", at.ROOT, "IBT-003", at="cbc:InvoiceTypeCode", reads="names")
def has_type_code(root: Node, document: Document) -> bool:
    return has_text(root.all("cbc:InvoiceTypeCode")) or has_text(root.all("cbc:CreditNoteTypeCode"))


rules.not_blank("ibr-005", at.ROOT, "cbc:DocumentCurrencyCode", "IBT-005")


@rules.rule("ibr-016", at.ROOT, "IBG-25", reads="names")
def has_a_line(root: Node, document: Document) -> bool:
    return bool(root.all("cac:InvoiceLine") or root.all("cac:CreditNoteLine"))


rules.exists("ibr-076", at.ROOT, "cbc:ProfileID", "IBT-023")


def _is_empty(node: Node, document: Document) -> bool:
    return False


rules.add("ibr-079", at.EMPTY, _is_empty, None, reads="schema")

# -- at most one of each --------------------------------------------------------------------------
rules.at_most_one("ibr-066", at.ROOT, "cac:PaymentMeans/cac:CardAccount", "IBG-18")
rules.at_most_one("ibr-067", at.ROOT, "cac:PaymentMeans/cac:PaymentMandate", "IBG-19")
rules.at_most_one("ibr-094", at.ROOT, "cac:ContractDocumentReference/cbc:ID", "IBT-012")
rules.at_most_one("ibr-095", at.ROOT, "cac:ReceiptDocumentReference/cbc:ID", "IBT-015")
rules.at_most_one("ibr-096", at.ROOT, "cac:DespatchDocumentReference/cbc:ID", "IBT-016")
rules.at_most_one("ibr-097", at.ROOT, "cac:InvoicePeriod", "IBG-14")
rules.at_most_one("ibr-107", at.ROOT, "cac:Delivery", "IBG-13")
rules.at_most_one("ibr-sr-39", at.ROOT, "cac:ProjectReference/cbc:ID", "IBT-011")
rules.at_most_one("ibr-sr-45", at.ROOT, "cbc:PaymentDueDate", "IBT-009", until="1.1.2")
rules.at_most_one("ibr-sr-49", at.ROOT, "cac:InvoicePeriod/cbc:DescriptionCode", "IBT-008")
rules.at_most_one("ibr-sr-51", at.ROOT, "cbc:Note", "IBT-022")
rules.at_most_one("ibr-sr-52", at.ROOT, "cac:OriginatorDocumentReference/cbc:ID", "IBT-017")
rules.at_most_one("ibr-108", at.DELIVERY, "cac:DeliveryParty/cac:PartyName/cbc:Name", "IBT-070")


# -- references -----------------------------------------------------------------------------------
def _of_type(references: list[Node], code: str) -> list[Node]:
    return [r for r in references if any(n.text == code for n in r.all("cbc:DocumentTypeCode"))]


@rules.rule("ibr-090", at.ROOT, "IBT-011", at="cac:ProjectReference")
def one_project(root: Node, document: Document) -> bool:
    """Stated once in either of its two forms."""
    of_type_50 = _of_type(root.all("cac:AdditionalDocumentReference"), "50")
    return len(root.all("cac:ProjectReference")) <= 1 and len(of_type_50) <= 1


@rules.rule("ibr-078", at.ROOT, "IBT-018", at="cac:AdditionalDocumentReference")
def one_object_identifier(root: Node, document: Document) -> bool:
    return len(_of_type(root.all("cac:AdditionalDocumentReference"), "130")) <= 1


def _without(path: str) -> Test:
    """No reference of type 130, wherever it stands, has this."""

    def test(root: Node, document: Document) -> bool:
        references = _of_type(document.anywhere("cac:AdditionalDocumentReference"), "130")
        return not any(r.all(path) for r in references)

    return test


rules.add("ibr-071", at.ROOT, _without("cac:Attachment"), "IBT-018")
rules.add("ibr-072", at.ROOT, _without("cbc:DocumentDescription"), "IBT-018")
rules.not_blank("ibr-052", at.SUPPORTING_DOCUMENT, "cbc:ID", "IBT-122")
rules.at_most_one("ibr-sr-33", at.SUPPORTING_DOCUMENT, "cbc:DocumentDescription", "IBT-123")
rules.exists("ibr-055", at.PRECEDING_INVOICE, "cac:InvoiceDocumentReference/cbc:ID", "IBT-025")
rules.exists("ibr-sr-07", at.PRECEDING_INVOICE, "cac:InvoiceDocumentReference/cbc:ID", "IBT-025")
rules.at_most_one("ibr-sr-06", at.PRECEDING_INVOICE, "cac:InvoiceDocumentReference", "IBG-03")
rules.has_attribute("ibr-074", at.BINARY, "mimeCode", "IBT-125-1")
rules.has_attribute("ibr-075", at.BINARY, "filename", "IBT-125-2")

# -- the Japanese header --------------------------------------------------------------------------
_BILLING: Final = ("urn:fdc:peppol:jp:billing:3.0", "urn:peppol:pint:billing-1@jp-1")
_NON_TAX: Final = ("urn:peppol:pint:nontaxinvoice-1@jp-1",)
_SELF_BILLING: Final = ("urn:peppol:pint:selfbilling-1@jp-1",)


def _specification_is(names: tuple[str, ...]) -> Test:
    """IBT-024 begins with one of the names; what follows is not looked at."""

    def test(root: Node, document: Document) -> bool:
        nodes = root.all("cbc:CustomizationID")
        texts = [text for node in nodes for text in document.text_nodes(node)]
        if len(texts) > 1:
            raise NotEvaluable("several", nodes[-1])
        return bool(texts) and normal(texts[0]).startswith(names)

    return test


def _process_has(*patterns: str) -> Test:
    """IBT-023 contains one of the names; the official patterns are not anchored."""
    wanted = re.compile("|".join(patterns))

    def test(root: Node, document: Document) -> bool:
        nodes = root.all("cbc:ProfileID")
        return bool(nodes) and wanted.search(string(nodes).strip(BLANKS)) is not None

    return test


for _id, _names, _profile in (
    ("aligned-ibrp-001-jp", _BILLING, "pint-jp"),
    ("aligned-ibrp-001-jp-ntr", _NON_TAX, "pint-jp-ntr"),
    ("aligned-ibrp-001-jp-sb", _SELF_BILLING, "pint-jp-sb"),
):
    _test, _place = _specification_is(_names), nearest("cbc:CustomizationID")
    rules.add(_id, at.JP_ROOT, _test, "IBT-024", place=_place, profiles={_profile})

# "." stands for any character here, as in the official pattern.
_OLD_PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_PROCESS: Final = "urn:peppol:bis:billing"
for _id, _patterns, _profile in (
    ("aligned-ibrp-002-jp", (_OLD_PROCESS, _PROCESS), "pint-jp"),
    ("aligned-ibrp-002-jp", (_PROCESS,), "pint-jp-ntr"),
    ("aligned-ibrp-002-jp-sb", ("urn:peppol:bis:selfbilling",), "pint-jp-sb"),
):
    _test, _place = _process_has(*_patterns), nearest("cbc:ProfileID")
    rules.add(_id, at.JP_ROOT, _test, "IBT-023", place=_place, profiles={_profile})


@rules.rule("aligned-ibrp-052", at.JP_ROOT, "IBG-14")
def has_a_period(root: Node, document: Document) -> bool:
    """取引年月日: some period stands somewhere, in the header or on a line."""
    return bool(document.anywhere("cac:InvoicePeriod"))


def _one_remittance_text(root: Node, document: Document) -> bool:
    """IBT-083 may be repeated, but not vary."""
    return len({n.text for n in document.anywhere("cbc:PaymentID")}) <= 1


rules.add(
    "aligned-ibrp-014",
    at.JP_ROOT,
    _one_remittance_text,
    "IBT-083",
    place=second("cac:PaymentMeans/cbc:PaymentID"),
)
