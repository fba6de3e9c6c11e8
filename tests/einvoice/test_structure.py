"""Structure: what UBL refuses, said with place and remedy; never less than the schema."""

from __future__ import annotations

import pytest

from einvoice import Report, ubl, validate
from einvoice.schema import invoice_schema
from tests.conformance.own_corpus import document

LINE = "cac:InvoiceLine[1]"
EXTENSION = (
    "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>{}</ext:ExtensionContent>"
    "</ext:UBLExtension></ext:UBLExtensions>"
)


def structure(*edits: list[object], base: str = "full") -> Report:
    return validate(document(base, list(edits)), law=False)


def ids(report: Report) -> set[str]:
    return {f.id for f in report.findings if f.source == "structure"}


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (["add", LINE, "<cbc:Colour>red</cbc:Colour>"], "unknown"),
        (["add", ".", "<cbc:Note>late</cbc:Note>"], "order"),
        (["twin", "cbc:DueDate"], "too-many"),
        (["drop", "cac:LegalMonetaryTotal/cbc:PayableAmount"], "missing"),
        (["drop", f"{LINE}/cac:Item"], "missing"),
        (["set", "cbc:IssueDate", "2026-02-30"], "value-date"),
        (["set", "cbc:IssueDate", " 2026-02-03"], "value-date"),
        (["set", "cbc:IssueTime", "9:30"], "value-time"),
        (["set", f"{LINE}/cbc:InvoicedQuantity", "1,000"], "value-number"),
        (["set", f"{LINE}/cac:Price/cbc:PriceAmount", ""], "value-number"),
        (["set", "cac:AllowanceCharge[1]/cbc:ChargeIndicator", "no"], "value-boolean"),
        (["set", ".//cbc:EmbeddedDocumentBinaryObject", "a"], "value-base64"),
        (["attribute", f"{LINE}/cbc:LineExtensionAmount", "currencyID", None], "attribute-missing"),
        (["attribute", "cbc:ID", "colour", "red"], "attribute"),
        (["attribute", LINE, "id", "1"], "attribute"),
        (["attribute", "cbc:Note", "languageID", "日本"], "attribute-value"),
        (["set", LINE, "stray"], "text"),
        (["add", "cbc:ID", "<cbc:ID>1</cbc:ID>"], "nested"),
    ],
)
def test_each_kind_of_fault_has_place_and_remedy(edit: list[object], fault: str) -> None:
    report = structure(edit)
    assert report.verdict == "invalid"
    found = [f for f in report.findings if f.id == f"structure-{fault}"]
    assert found, ids(report)
    assert found[0].line
    assert found[0].path
    assert found[0].path.startswith("/ubl:Invoice")
    assert found[0].message.ja != found[0].message.en


def test_a_missing_element_is_named_with_its_term() -> None:
    report = structure(["drop", "cac:LegalMonetaryTotal/cbc:PayableAmount"])
    finding = next(f for f in report.findings if f.id == "structure-missing")
    assert "cbc:PayableAmount" in finding.message.en
    assert finding.term == "IBT-115"


@pytest.mark.parametrize(
    ("edit", "ja", "en"),
    [
        (
            ["set", "cbc:DueDate", "2026-13-01"],
            "支払期日（IBT-009、cbc:DueDate）の値「2026-13-01」",
            "Payment due date (IBT-009, cbc:DueDate)",
        ),
        (
            ["drop", "cbc:IssueDate"],
            "請求書（ubl:Invoice）に必須の請求書発行日（IBT-002、cbc:IssueDate）がありません",
            "The invoice (ubl:Invoice) lacks the mandatory Invoice issue date (IBT-002,",
        ),
        # Which of the two it is, the indicator says: it may be wrong itself.
        (
            ["set", "cac:AllowanceCharge/cbc:Amount", "1,000"],
            "または請求書レベルの追加請求金額（IBT-092/IBT-099、cbc:Amount）の値「1,000」",
            "(IBT-092/IBT-099, cbc:Amount)",
        ),
        (["add", "cbc:ID", f"<{'x' * 500}/>"], "請求書番号（IBT-001、cbc:ID）は値だけ", "cbc:ID"),
    ],
)
def test_a_fault_of_structure_speaks_of_term_number_and_element(
    edit: list[object], ja: str, en: str
) -> None:
    found = [f for f in structure(edit).findings if f.source == "structure"]
    assert any(ja in f.message.ja and en in f.message.en for f in found), found
    assert all(len(f.message.ja) < 300 for f in found)


def test_ubl_beyond_jp_pint_is_no_fault_of_structure() -> None:
    assert ids(structure(["add", f"{LINE}/cac:Item", "<cac:Dimension/>"])) != set()
    attribute = "<cac:Dimension><cbc:AttributeID>L</cbc:AttributeID></cac:Dimension>"
    assert ids(structure(["add", f"{LINE}/cac:Item", attribute])) == set()


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        ("<a xmlns='urn:x'><b/>text</a>", True),
        ("<cbc:IssueDate>2026-01-01</cbc:IssueDate>", True),
        ("<cbc:IssueDate>never</cbc:IssueDate>", False),
        ("<a xmlns='urn:x'/><b xmlns='urn:x'/>", False),
        ("", False),
    ],
)
def test_extensions_hold_one_foreign_element(content: str, accepted: bool) -> None:
    xml = document("minimal", [["add", ".", EXTENSION.format(content)]])
    start, end = xml.index(b"<ext:UBLExtensions"), xml.index(b"</ext:UBLExtensions>") + 20
    block = xml[start:end]
    at = xml.index(b"<cbc:CustomizationID")
    xml = xml[:at] + block + xml[at:start] + xml[end:]
    report = validate(xml, law=False)
    assert (ids(report) == set()) is accepted, report.findings


def _credit_note() -> bytes:
    """Our smallest invoice as UBL's other document."""
    xml = document("minimal", []).replace(ubl.INVOICE.encode(), ubl.CREDIT_NOTE.encode())
    for ours, theirs in (
        (b"InvoiceTypeCode>380", b"CreditNoteTypeCode>381"),
        (b"InvoiceTypeCode>", b"CreditNoteTypeCode>"),
        (b"InvoicedQuantity", b"CreditedQuantity"),
        (b"InvoiceLine>", b"CreditNoteLine>"),
        (b"<Invoice", b"<CreditNote"),
        (b"</Invoice>", b"</CreditNote>"),
    ):
        xml = xml.replace(ours, theirs)
    return xml


def test_the_standard_lets_a_credit_note_pass_and_we_say_what_to_send_instead() -> None:
    report = validate(_credit_note())
    assert (report.verdict, report.qualified) == ("valid", "not_met")
    assert report.is_receivable is False
    finding = next(f for f in report.findings if f.id == "credit-note")
    assert finding.severity == "error"
    assert "負" in finding.remedy.ja


def test_a_credit_note_has_a_structure_of_its_own() -> None:
    xml = _credit_note().replace(b"CreditedQuantity", b"InvoicedQuantity")
    assert "structure-unknown" in ids(validate(xml, law=False))
    missing = _credit_note().replace(b"<cbc:IssueDate>2026-11-02</cbc:IssueDate>", b"")
    assert missing != _credit_note()
    assert "structure-missing" in ids(validate(missing, law=False))


def test_our_words_and_the_schema_agree_on_every_case_of_the_own_corpus() -> None:
    """Words are found for everything the schema refuses."""
    from lxml import etree

    from tests.conformance.test_own_corpus import CASES

    for case in CASES:
        xml = document(case["base"], case["edits"])
        report = validate(xml, law=False)
        parser = etree.XMLParser(remove_comments=True)
        accepted = invoice_schema().validate(etree.fromstring(xml, parser))
        found = ids(report) - {"structure-customization"}
        assert (not found) is accepted, case
        assert "structure-other" not in found, case


@pytest.mark.parametrize(
    ("text", "number", "day", "moment"),
    [
        ("1", True, False, False),
        (" +.5 ", True, False, False),
        ("1.", True, False, False),
        ("1e3", False, False, False),
        ("１", False, False, False),
        ("2024-02-29", False, True, False),
        ("2100-02-29", False, False, False),
        ("12026-01-01", False, True, False),
        ("2026-01-01+14:00", False, True, False),
        ("2026-01-01+14:01", False, False, False),
        ("24:00:00", False, False, True),
        ("23:59:60", False, False, False),
        ("09:30:00.25Z", False, False, True),
    ],
)
def test_lexical_forms(text: str, number: bool, day: bool, moment: bool) -> None:
    assert ubl.is_decimal(text) is number
    assert ubl.is_date(text) is day
    assert ubl.is_time(text) is moment
