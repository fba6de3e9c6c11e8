"""The human view of a 適格請求書: what its readers look for, findings at their lines."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from einvoice.compose import compose
from einvoice.findings import Finding, Report, Text
from einvoice.invoice import (
    Attachment,
    Invoice,
    PrecedingInvoice,
    SupportingDocument,
    TaxCategory,
)
from einvoice.invoice_terms import AdjustmentTerms, PrepaidTerms, TaxCode
from einvoice.qualified import assess
from einvoice.view import view_css, view_html, view_page, view_pdf
from tests.einvoice.invoice_builders import BANK, a_line, food, terms, unregistered

INVOICE = compose(
    terms(
        lines=(food(delivery_note="D-1001", unit_name="箱"), a_line(unit_name="冊")),
        bank=BANK,
        note="一行目\n二行目",
        payment_note="検収後30日以内",
        due_date=date(2026, 11, 30),
        contract="2026K-1",
        charges=(AdjustmentTerms(reason="送料", amount=Decimal(800), tax=TaxCode.STANDARD),),
        prepaid=(PrepaidTerms(amount=Decimal(1000), received=date(2026, 9, 1)),),
        supporting_documents=(
            SupportingDocument(
                reference="1",
                description="納品書",
                location="javascript:alert(1)",
                attachment=Attachment(
                    content=b"%PDF-1.7", mime_type="application/pdf", filename="納品書.pdf"
                ),
            ),
        ),
    )
)


def page(invoice: Invoice, report: Report | None = None) -> etree._Element:
    return html.document_fromstring(view_page(invoice, report))


def words(element: etree._Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext()))


def report_of(invoice: Invoice, *more: Finding) -> Report:
    assessment = assess(invoice)
    return Report(
        profile="pint-jp",
        verdict="valid",
        qualified=assessment.status,
        findings=(*assessment.findings, *more),
    )


def test_the_items_of_the_law_are_on_the_page() -> None:
    shown = words(page(INVOICE))
    for item in (
        "遠州市 御中",
        "株式会社三方原文具",
        "登録番号 T6080401000123",
        "2026年10月1日～2026年10月31日",
        "保存水 500ml×24※",
        "※は軽減税率対象です。",
        "8％対象（軽減）※¥239,850¥19,188",
        "10％対象¥2,300¥230",
        "¥260,568",
        "口座名義ｶ)ﾐｶﾀﾊﾗﾌﾞﾝｸﾞ",
        "普通 1234567",
        "納品書.pdf（application/pdf、1 KB）",
        "納品書 D-1001",
        "既払額−¥1,000",
        "契約番号2026K-1",
    ):
        assert item in shown, item


def test_only_reduced_lines_have_the_mark() -> None:
    rows = page(INVOICE).findall(".//tbody/tr")
    marked = [words(row) for row in rows if row.find(".//span[@class='iv-reduced']") is not None]
    assert len(marked) == 1
    assert "保存水" in marked[0]


def test_a_vendor_without_registration_is_shown_as_such() -> None:
    shown = words(page(compose(unregistered())))
    assert "登録番号 なし" in shown
    assert "区分記載請求書" in shown
    assert "金額は税込です。" in shown
    assert "消費税額" not in shown


def test_a_foreign_currency_invoice_shows_both_taxes() -> None:
    invoice = compose(
        terms(currency="USD", exchange_rate=Decimal(150), lines=(a_line(price=Decimal("19.99")),))
    )
    shown = words(page(invoice))
    assert "USD 65.96" in shown
    assert "消費税（円）¥899" in shown


def test_a_return_says_so_and_names_the_original() -> None:
    original = PrecedingInvoice(number="INV-0930", issue_date=date(2026, 9, 30))
    shown = words(
        page(compose(terms(lines=(a_line(quantity=Decimal(-3)),), preceding=(original,))))
    )
    assert "返還請求書" in shown
    assert "INV-0930（2026年9月30日）" in shown
    assert "−¥1,650" in shown


def test_a_finding_stands_below_its_line_with_what_to_change() -> None:
    unmarked = TaxCategory(code="S", rate=Decimal(8))
    wrong = replace(INVOICE, lines=(replace(INVOICE.lines[0], taxes=(unmarked,)), INVOICE.lines[1]))
    tree = page(wrong, report_of(wrong))
    rows = tree.findall(".//table[@class='iv-lines']/tbody/tr")
    assert rows[0].get("class") == "iv-row iv-has-error"
    assert rows[1].get("class") == "iv-found"
    assert "税区分を AA にしてください" in words(rows[1])
    assert "reduced-mark-missing・IBT-151" in words(rows[1])
    assert "適格請求書の要件を満たしていません" in words(tree)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/ubl:Invoice/cac:AccountingSupplierParty/cac:Party", "iv-seller"),
        ("/ubl:Invoice/cac:AccountingCustomerParty", "iv-buyer"),
        ("/ubl:Invoice/cbc:DueDate", "iv-head"),
        ("/ubl:Invoice", "iv-head"),
        (None, "iv-head"),
        ("/ubl:Invoice/cac:PaymentMeans[2]/cbc:PaymentMeansCode", "iv-payment"),
        ("/ubl:Invoice/cac:AdditionalDocumentReference", "iv-attachments"),
    ],
)
def test_other_findings_stand_in_their_block(path: str | None, place: str) -> None:
    finding = Finding(
        id="x", source="rule", severity="error", message=Text("何か", "x"),
        remedy=Text("直す", "y"), path=path, line=12,
    )  # fmt: skip
    tree = page(INVOICE, report_of(INVOICE, finding))
    (block,) = tree.findall(f".//section[@class='{place}']")
    assert "何か → 直す （x・12行目）" in words(block)
    assert "要修正 1件" in words(tree)


def test_hundreds_of_findings_at_one_place_are_counted() -> None:
    finding = Finding(
        id="x", source="rule", severity="info", message=Text("何か", "x"), remedy=Text("直す", "y")
    )
    tree = page(INVOICE, report_of(INVOICE, *[finding] * 300))
    assert len(tree.findall(".//li[@class='iv-finding iv-info']")) == 20
    assert "ほか280件" in words(tree)


hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "\"'><img src=x onerror=alert(1)>",
            "</title></style><script>",
            "&lt;script&gt;",
            "\u202egnp.exe",
            "javascript:alert(1)",
            "{{7*7}}",
        ]
    ),
)
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "article", "aside", "section",
    "div", "dl", "dt", "dd", "p", "h1", "h2", "strong", "span", "small", "bdi", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "code",
}  # fmt: skip


@settings(max_examples=150)
@given(hostile, hostile)
def test_nothing_in_a_document_acts(one: str, other: str) -> None:
    invoice = replace(
        INVOICE,
        number=one,
        note=other,
        contract=one,
        type_code=other,
        seller=replace(INVOICE.seller, name=one, trading_name=other, registration_number=one),
        buyer=replace(INVOICE.buyer, name=other),
        lines=(
            replace(
                INVOICE.lines[0],
                id=one,
                unit=other,
                note=one,
                item=replace(INVOICE.lines[0].item, name=one, description=other, attributes=()),
            ),
        ),
    )
    finding = Finding(
        id="x", source="rule", severity="error", message=Text(one, one), remedy=Text(other, other),
        path=one,
    )  # fmt: skip
    whole = view_page(invoice, report_of(INVOICE, finding))
    tree = html.document_fromstring(whole)
    assert {element.tag for element in tree.iter()} <= ALLOWED
    for element in tree.iter():
        assert not [name for name in element.attrib if name in ("style", "href", "src")]
        assert not [name for name in element.attrib if name.startswith("on")]
    assert "\u202e" not in whole


def test_the_article_fits_a_strict_content_security_policy() -> None:
    article = view_html(INVOICE, report_of(INVOICE))
    assert article.startswith('<article class="invoice-view" lang="ja">')
    assert "<h2" in article
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href=|src=", article)


def test_every_class_used_is_ours_and_most_are_styled() -> None:
    used = set(re.findall(r'class="([^"]+)"', view_html(INVOICE, report_of(INVOICE))))
    names = {name for value in used for name in value.split()}
    assert {name for name in names if not name.startswith("iv-")} == {
        "invoice-view",
        "visually-hidden",
    }
    assert "@media print" in view_css()


def test_numbers_that_cannot_be_computed_with_are_shown_short() -> None:
    totals = replace(INVOICE.totals, payable=Decimal("9e900"), with_tax=Decimal("1e-900"))
    assert "JPY 9e+900" in words(page(replace(INVOICE, totals=totals)))


def test_an_empty_invoice_has_a_page_too() -> None:
    assert "請求書" in words(page(Invoice()))


@pytest.mark.slow
def test_the_pdf_is_one_page_with_the_fonts_names_need() -> None:
    from pypdfium2 import PdfDocument

    pdf = PdfDocument(view_pdf(INVOICE, report_of(INVOICE)))
    text = "".join(pdf[index].get_textpage().get_text_bounded() for index in range(len(pdf)))
    assert len(pdf) <= 2
    for part in ("請求書", "髙木", "T6080401000123", "260,568"):
        assert part in re.sub(r"\s", "", text)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 360, 320])
def test_the_page_fits_every_screen_and_reads_well_aloud(chromium, tmp_path, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    dollars = compose(
        terms(currency="USD", exchange_rate=Decimal(150), lines=(a_line(price=Decimal("199.99")),))
    )
    unmarked = TaxCategory(code="S", rate=Decimal(8))
    wrong = replace(INVOICE, lines=(replace(INVOICE.lines[0], taxes=(unmarked,)),))
    for name, invoice in (("good", INVOICE), ("dollars", dollars), ("wrong", wrong)):
        path = tmp_path / f"{name}.html"
        path.write_text(view_page(invoice, report_of(invoice)), encoding="utf-8")
        screen = chromium.new_page(viewport={"width": width, "height": 800})
        try:
            screen.goto(path.as_uri())
            size = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert screen.evaluate(size) == 0, name
            assert Axe().run(screen).response["violations"] == [], name
        finally:
            screen.close()
