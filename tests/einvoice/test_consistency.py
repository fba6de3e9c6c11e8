"""What the official rules let through and our own checks do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice.compose import compose
from einvoice.consistency import consistency_findings
from einvoice.findings import Finding
from einvoice.invoice import (
    Attachment,
    Identifier,
    Invoice,
    PaidAmount,
    PaymentInstruction,
    SupportingDocument,
    TaxCategory,
)
from einvoice.invoice_terms import AdjustmentTerms, TaxCode
from tests.einvoice.invoice_builders import BANK, a_line, food, terms, unregistered

INVOICE = compose(
    terms(
        bank=BANK,
        lines=(
            a_line(
                price=Decimal(333),
                allowances=(AdjustmentTerms(reason="値引", percentage=Decimal(3)),),
            ),
            food(),
        ),
        charges=(AdjustmentTerms(reason="送料", amount=Decimal(800), tax=TaxCode.STANDARD),),
    )
)


def ids(invoice: Invoice, **options) -> list[str]:
    return [finding.id for finding in consistency_findings(invoice, **options)]


def only(invoice: Invoice) -> Finding:
    (finding,) = consistency_findings(invoice)
    return finding


def with_line(invoice: Invoice, index: int = 0, **changes) -> Invoice:
    lines = list(invoice.lines)
    lines[index] = replace(lines[index], **changes)
    return replace(invoice, lines=tuple(lines))


def test_composed_invoices_of_all_kinds_are_consistent() -> None:
    assert consistency_findings(INVOICE) == []
    assert consistency_findings(compose(unregistered())) == []
    assert consistency_findings(compose(terms(currency="EUR", exchange_rate=Decimal(160)))) == []


@pytest.mark.parametrize(
    "taxes",
    [(), (TaxCategory(code="S"),), (TaxCategory(rate=Decimal(10)),), (TaxCategory(code="E"),)],
)
def test_a_line_without_category_or_rate(taxes: tuple[TaxCategory, ...]) -> None:
    found = ids(with_line(INVOICE, 0, taxes=taxes))
    assert "line-tax-missing" in found


def test_outside_the_tax_there_is_no_rate_to_miss() -> None:
    assert ids(compose(terms(lines=(a_line(tax=TaxCode.OUTSIDE),)))) == []


def test_a_line_with_two_categories() -> None:
    taxes = (TaxCategory(code="S", rate=Decimal(10)), TaxCategory(code="AA", rate=Decimal(8)))
    assert "line-tax-several" in ids(with_line(INVOICE, 0, taxes=taxes))


def test_a_charge_without_category() -> None:
    bare = replace(INVOICE.charges[0], tax=None)
    found = consistency_findings(replace(INVOICE, charges=(bare,)))
    assert [f.id for f in found] == ["adjustment-tax-missing", "breakdown-base"]
    assert found[0].term == "IBT-102"


def test_a_breakdown_that_is_not_the_sum_of_its_lines() -> None:
    row = INVOICE.tax_breakdown[0]
    wrong = replace(row, taxable_amount=Decimal(1_000))
    finding = only(replace(INVOICE, tax_breakdown=(wrong, INVOICE.tax_breakdown[1])))
    assert finding.id == "breakdown-base"
    assert "1,000" in finding.message.ja
    assert "1,770" in finding.remedy.ja
    assert finding.path == "/ubl:Invoice/cac:TaxTotal/cac:TaxSubtotal[1]/cbc:TaxableAmount"


def test_two_rows_of_one_rate_and_a_row_without_lines() -> None:
    first, second = INVOICE.tax_breakdown
    assert ids(replace(INVOICE, tax_breakdown=(first, first, second))) == ["breakdown-twice"]
    extra = replace(first, category=TaxCategory(code="S", rate=Decimal(7)))
    assert ids(replace(INVOICE, tax_breakdown=(first, second, extra))) == ["breakdown-extra"]


@pytest.mark.parametrize(
    ("amount", "found"),
    [
        ("970", []),
        ("969", []),  # 999 − 29.97, cut
        ("968", ["line-arithmetic"]),
        ("971", ["line-arithmetic"]),
        ("969.03", ["line-fraction"]),
    ],
)
def test_price_times_quantity(amount: str, found: list[str]) -> None:
    discount = replace(INVOICE.lines[0].allowances[0], amount=Decimal("29.97"))
    invoice = with_line(INVOICE, 0, allowances=(discount,), net_amount=Decimal(amount))
    assert [i for i in ids(invoice) if i.startswith("line-")] == found


def test_percentages_are_computed() -> None:
    wrong = replace(INVOICE.lines[0].allowances[0], amount=Decimal(300))
    found = consistency_findings(with_line(INVOICE, 0, allowances=(wrong,)))
    assert "adjustment-arithmetic" in [finding.id for finding in found]


def test_one_line_number_twice() -> None:
    assert ids(with_line(INVOICE, 1, id="1")) == ["line-id-twice"]


def test_totals_are_recomputed_even_where_the_official_rules_are_off() -> None:
    totals = replace(INVOICE.totals, without_tax=Decimal(1), with_tax=Decimal(2))
    assert ids(replace(INVOICE, totals=totals)) == ["total-without-tax", "total-with-tax"]


def test_prepaid_parts_and_sum() -> None:
    invoice = replace(INVOICE, paid_amounts=(PaidAmount(amount=Decimal(100)),))
    assert ids(invoice) == ["prepaid-sum"]


def test_numbers_too_large_to_compute_with_end_the_arithmetic() -> None:
    for value in (Decimal("1e40"), Decimal("1e-40"), Decimal("9" * 500)):
        assert ids(with_line(INVOICE, 0, net_amount=value)) == ["amount-too-large"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"customization": "urn:peppol:pint:billing-1@jp-10"}, ["profile-ids"]),
        ({"process": "xx urn:peppol:bis:billing xx"}, ["profile-ids"]),
        ({"type_code": "389"}, ["profile-ids"]),
        ({"due_date": date(2026, 10, 1)}, ["due-before-issue"]),
        ({"payment_instructions": (PaymentInstruction(means_code="30"),)}, ["account-missing"]),
        ({"payment_instructions": (PaymentInstruction(means_code="10"),)}, []),
        ({"number": "INV\u202e5101"}, ["odd-characters"]),
        ({"note": "\ue000橋の補修"}, ["odd-characters"]),
        ({"note": "髙﨑𠮷 ①㈱ ～"}, []),
    ],
)
def test_the_head_of_the_document(changes, found: list[str]) -> None:
    assert ids(replace(INVOICE, **changes)) == found


def test_the_old_identifiers_are_known() -> None:
    old = replace(
        INVOICE,
        customization="urn:fdc:peppol:jp:billing:3.0",
        process="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    )
    assert ids(old) == []


def test_a_future_issue_date_is_seen_when_today_is_known() -> None:
    assert ids(INVOICE) == []
    assert ids(INVOICE, today=date(2026, 10, 30)) == ["issued-in-future"]
    assert ids(INVOICE, today=date(2026, 10, 31)) == []


def test_check_digits_of_addresses() -> None:
    wrong = replace(INVOICE.buyer, endpoint=Identifier("1234567890123", "0188"))
    finding = only(replace(INVOICE, buyer=wrong))
    assert (finding.id, finding.severity, finding.term) == (
        "identifier-check-digit",
        "info",
        "IBT-049",
    )


@pytest.mark.parametrize(
    ("content", "mime", "found"),
    [
        (b"%PDF-1.7", "application/pdf", []),
        (b"MZ\x90", "application/pdf", ["attachment-type"]),
        (b"PK\x03\x04", "text/csv", ["attachment-type"]),
        ("品名,数量".encode("cp932"), "text/csv", []),
        (b"<a/>", "application/xml", []),
        (b"\x89PNG\r\n\x1a\n", "image/jpeg", ["attachment-type"]),
        (b"", "image/png", ["attachment-type"]),
    ],
)
def test_attachments_are_what_they_say(content: bytes, mime: str, found: list[str]) -> None:
    attached = Attachment(content=content, mime_type=mime, filename="納品書")
    document = SupportingDocument(reference="1", attachment=attached)
    assert ids(replace(INVOICE, supporting_documents=(document,))) == found


def test_a_tax_scheme_that_is_not_vat() -> None:
    category = replace(INVOICE.lines[0].taxes[0], scheme="XVATX")
    assert ids(with_line(INVOICE, 0, taxes=(category,))) == ["tax-scheme-name"]
