"""The law's checks through `validate`: places and lines in the file, and a verdict never moved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from einvoice.account_kind import AccountKind
from einvoice.compose import compose
from einvoice.document import Node
from einvoice.invoice import AllowanceCharge, Invoice, TaxCategory
from einvoice.invoice_terms import AdjustmentTerms, TaxCode
from einvoice.limits import Limits
from einvoice.parsing import parse
from einvoice.qualified import assess
from einvoice.reading import _GROWER
from einvoice.registry import NoRegistry
from einvoice.validation import validate
from einvoice.writing import write
from tests.einvoice.invoice_builders import BANK, a_line, food, terms

XML = write(
    compose(
        terms(
            bank=BANK,
            lines=(a_line(), food()),
            charges=(AdjustmentTerms(reason="送料", amount=Decimal(800), tax=TaxCode.STANDARD),),
        )
    )
).decode()
SAMPLES = Path(__file__).parents[3] / "shared" / "jp-pint" / "samples"


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in XML
    return XML.replace(old, new, count)


def law(xml: str):
    report = validate(xml.encode())
    return report, [f for f in report.findings if f.source in ("consistency", "qualified")]


def test_the_document_as_composed_is_valid_and_lawful() -> None:
    report, findings = law(XML)
    assert (report.verdict, report.qualified, findings) == ("valid", "met", [])


def test_a_wrong_check_digit_moves_the_law_and_not_the_verdict() -> None:
    xml = changed("<cbc:CompanyID>T6080401000123", "<cbc:CompanyID>T1234567890123")
    report, findings = law(xml)
    assert (report.verdict, report.qualified) == ("valid", "not_met")
    (finding,) = [f for f in findings if f.id == "registration-check-digit"]
    line = xml[: xml.index("T1234567890123")].count("\n") + 1
    assert (finding.line, finding.term) == (line, "IBT-031")


@pytest.mark.parametrize(
    ("pattern", "new", "found"),
    [
        (r"(<cbc:TaxableAmount[^>]*>)2300", r"\g<1>2301", "breakdown-base"),
        (r"(<cbc:PriceAmount[^>]*>)500", r"\g<1>499", "line-arithmetic"),
        (r"@jp-1<", "@jp-10<", "profile-ids"),
        (r">VAT<(?=(?:(?!<cac:Item>).)*</cac:Item>)", ">XVATX<", "tax-scheme-name"),
        (r"(<cac:ClassifiedTaxCategory>).*?(</cac:ClassifiedTaxCategory>)", "", "line-tax-missing"),
    ],
)
def test_holes_of_the_official_rules(pattern: str, new: str, found: str) -> None:
    """Each of these documents is valid by the official rules."""
    xml, count = re.subn(pattern, new, XML, count=1, flags=re.DOTALL)
    assert count == 1
    report, findings = law(xml)
    assert report.verdict == "valid", report.findings
    assert found in [f.id for f in findings]


def test_tax_included_indicator_switches_off_rules_but_not_ours() -> None:
    xml = re.sub(
        r"(<cac:TaxTotal>\s*<cbc:TaxAmount[^/]*</cbc:TaxAmount>)",
        r"\1<cbc:TaxIncludedIndicator>true</cbc:TaxIncludedIndicator>",
        XML,
        count=1,
    )
    xml = re.sub(r"(<cbc:TaxExclusiveAmount[^>]*>)\d+", r"\g<1>1", xml)
    report, findings = law(xml)
    assert report.verdict == "valid"
    assert {"tax-included-indicator", "total-without-tax"} <= {f.id for f in findings}


def test_account_registry_and_today_are_passed_to_the_law() -> None:
    report = validate(
        XML.encode(),
        account=AccountKind.GENERAL,
        registry=NoRegistry(),
        today=date(2026, 10, 1),
    )
    assert (report.verdict, report.qualified) == ("valid", "cannot_tell")
    found = {f.id: f.severity for f in report.findings}
    assert found == {"registry-cannot-tell": "info", "issued-in-future": "warning"}


def test_two_categories_on_one_charge() -> None:
    category = re.search(r"<cac:TaxCategory>.*?</cac:TaxCategory>", XML, re.DOTALL)
    assert category is not None
    xml = XML.replace(category[0], category[0] * 2, 1)
    report, findings = law(xml)
    assert (report.verdict, report.qualified) == ("valid", "cannot_tell")
    (finding,) = findings
    assert finding.id == "adjustment-tax-several"
    assert finding.path == "/ubl:Invoice/cac:AllowanceCharge/cac:TaxCategory[2]"


def test_a_credit_note_is_refused_by_our_own_check() -> None:
    xml = XML.replace("Invoice-2", "CreditNote-2").replace("<Invoice ", "<CreditNote ")
    xml = xml.replace("</Invoice>", "</CreditNote>")
    report, findings = law(xml)
    assert report.qualified == "not_met"
    assert "credit-note" in [f.id for f in findings]


def test_content_of_an_extension_is_said() -> None:
    extension = (
        '<ext:UBLExtensions xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:'
        'CommonExtensionComponents-2"><ext:UBLExtension><ext:ExtensionContent><x xmlns="urn:x">'
        "y</x></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    )
    xml = changed("<cbc:CustomizationID>", f"{extension}<cbc:CustomizationID>")
    report, findings = law(xml)
    assert report.verdict == "valid"
    assert [f.id for f in findings] == ["extension-content"]


@pytest.mark.slow
def test_cost_grows_in_proportion_to_what_a_document_holds() -> None:
    """Ten times the lines, allowances and charges, each with something to say, cost about ten."""
    from time import process_time

    def seconds(count: int) -> float:
        invoice = compose(terms(lines=(a_line(),) * count))
        wrong = TaxCategory(code="S")
        made = AllowanceCharge(amount=Decimal(1), base_amount=Decimal(5), percentage=Decimal(1))
        invoice = replace(
            invoice,
            lines=tuple(
                replace(line, net_amount=Decimal(7), taxes=(wrong,), allowances=(made, made))
                for line in invoice.lines
            ),
            allowances=(made,) * count,
            charges=(made,) * count,
        )
        tree = _GROWER.grow(parse(write(invoice), Limits()), Limits())
        return min(_timed(process_time, invoice, tree.root) for _ in range(3))

    small, large = seconds(100), seconds(1_000)
    assert large < 25 * small, (small, large)


def _timed(clock: Callable[[], float], invoice: Invoice, root: Node) -> float:
    started = clock()
    assert assess(invoice, root=root).status == "not_met"
    return clock() - started


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="official samples not beside the clone")
def test_official_samples_lack_only_what_they_lack() -> None:
    seen: set[str] = set()
    for path in SAMPLES.glob("*/*.xml"):
        report = validate(path.read_bytes())
        assert (report.verdict, report.qualified) == ("valid", "not_met"), path.name
        seen |= {f.id for f in report.findings}
    assert seen == {
        "identifier-check-digit",
        "registration-check-digit",
        "not-qualified-document",
        "return-original-missing",
    }
