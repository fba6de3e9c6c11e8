"""The law on 適格請求書: met only when every item is there; each lack is named with its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from einvoice.account_kind import AccountKind
from einvoice.compose import compose
from einvoice.contract_terms import Rounding
from einvoice.invoice import Identifier, Invoice, Period, PrecedingInvoice, TaxCategory
from einvoice.invoice_terms import AdjustmentTerms, DocumentKind, TaxCode
from einvoice.qualified import Assessment, assess
from einvoice.qualified_tax import rounding_used
from einvoice.registration import RegistrationNumber
from einvoice.registry import NoRegistry, RegistryAnswer, RegistryStatus
from tests.einvoice.invoice_builders import VENDOR, a_line, food, terms, unregistered

MIXED = compose(terms(lines=(a_line(), food())))


def ids(assessment: Assessment) -> list[str]:
    return [finding.id for finding in assessment.findings]


def with_seller(invoice: Invoice, **changes) -> Invoice:
    return replace(invoice, seller=replace(invoice.seller, **changes))


def with_line(invoice: Invoice, index: int = 0, **changes) -> Invoice:
    lines = list(invoice.lines)
    lines[index] = replace(lines[index], **changes)
    return replace(invoice, lines=tuple(lines))


def with_subtotal(invoice: Invoice, index: int = 0, **changes) -> Invoice:
    rows = list(invoice.tax_breakdown)
    rows[index] = replace(rows[index], **changes)
    return replace(invoice, tax_breakdown=tuple(rows))


def test_a_composed_invoice_meets_the_law() -> None:
    assert assess(MIXED) == Assessment("met", ())


@pytest.mark.parametrize("rounding", list(Rounding))
def test_each_of_the_three_roundings_meets_the_law(rounding: Rounding) -> None:
    lines = (a_line(price=Decimal(105)), food(price=Decimal(111), quantity=Decimal(1)))
    invoice = compose(terms(lines=lines, tax_rounding=rounding))
    assert assess(invoice) == Assessment("met", ())
    assert rounding in rounding_used(invoice)


@pytest.mark.parametrize(
    ("number", "finding"),
    [
        (None, "registration-missing"),
        ("", "registration-missing"),
        ("none", "registration-malformed"),
        ("Ｔ3000020221309", "registration-malformed"),
        ("T1234567890123", "registration-check-digit"),
    ],
)
def test_item_1_registration_number(number: str | None, finding: str) -> None:
    assessment = assess(with_seller(MIXED, registration_number=number))
    assert assessment.status == "not_met"
    assert ids(assessment) == [finding]
    assert assessment.findings[0].path == (
        "/ubl:Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID"
    )


def test_item_1_name() -> None:
    assessment = assess(with_seller(MIXED, name=" "))
    assert (assessment.status, ids(assessment)) == ("not_met", ["seller-name"])


def test_the_number_agrees_with_the_other_numbers_of_the_seller() -> None:
    other = Identifier("T3000020221309", "0221")
    assert ids(assess(with_seller(MIXED, endpoint=other))) == ["registration-endpoint"]
    corporate = Identifier("3000020221309", "0188")
    assert ids(assess(with_seller(MIXED, legal_id=corporate))) == ["registration-of-another"]


def test_item_2_the_issue_date_is_no_date_of_supply() -> None:
    lines = tuple(replace(line, period=None) for line in MIXED.lines)
    undated = replace(MIXED, period=Period(tax_point_code="35"), lines=lines)
    assessment = assess(undated)
    assert (assessment.status, ids(assessment)) == ("not_met", ["supply-date-missing"])
    assert assess(replace(undated, tax_point_date=date(2026, 10, 1))).status == "met"


def test_item_3_content() -> None:
    item = replace(MIXED.lines[1].item, name="")
    assessment = assess(with_line(MIXED, 1, item=item))
    assert (assessment.status, ids(assessment)) == ("not_met", ["content-missing"])
    assert "cac:InvoiceLine[2]/cac:Item/cbc:Name" in (assessment.findings[0].path or "")


def test_item_3_a_reduced_rate_without_its_mark_is_reported_at_line_and_breakdown() -> None:
    unmarked = TaxCategory(code="S", rate=Decimal(8))
    invoice = with_line(with_subtotal(MIXED, 1, category=unmarked), 1, taxes=(unmarked,))
    assessment = assess(invoice)
    assert assessment.status == "not_met"
    assert ids(assessment) == ["reduced-mark-missing"] * 2
    assert "AA" in assessment.findings[0].remedy.ja
    noted = replace(invoice, note="平成30年契約のリース（経過措置による旧税率8%）")
    assert assess(noted) == Assessment("met", ())


@pytest.mark.parametrize(
    ("category", "day", "finding", "status"),
    [
        (TaxCategory(code="S", rate=Decimal(7)), date(2026, 10, 31), "rate-unknown", "not_met"),
        (TaxCategory(code="AA", rate=Decimal(10)), date(2026, 10, 31), "rate-unknown", "not_met"),
        (TaxCategory(code="S", rate=Decimal(5)), date(2026, 10, 31), "rate-former", "cannot_tell"),
        (TaxCategory(code="AA", rate=Decimal(1)), date(2027, 4, 30), "rate-planned", "cannot_tell"),
        (TaxCategory(code="AA", rate=Decimal(1)), date(2027, 3, 31), "rate-unknown", "not_met"),
    ],
)
def test_item_4_the_rate_is_one_of_the_day(category, day, finding, status) -> None:
    invoice = compose(terms(lines=(a_line(price=Decimal(0)),), start=day, end=day))
    invoice = with_line(with_subtotal(invoice, category=category), taxes=(category,))
    assessment = assess(invoice)
    assert assessment.status == status
    assert set(ids(assessment)) == {finding}


def test_ten_thousand_lines_of_a_wrong_rate_make_twenty_findings() -> None:
    wrong = (TaxCategory(code="S", rate=Decimal(7)),)
    line = replace(MIXED.lines[0], taxes=wrong)
    lines = tuple(replace(line, id=str(index)) for index in range(500))
    assert ids(assess(replace(MIXED, lines=lines))).count("rate-unknown") == 20


def test_item_4_every_rate_of_the_lines_has_its_sum() -> None:
    assessment = assess(replace(MIXED, tax_breakdown=MIXED.tax_breakdown[:1]))
    assert assessment.status == "not_met"
    assert ids(assessment) == ["breakdown-missing"]
    assert assess(replace(MIXED, tax_breakdown=())).status == "not_met"


@pytest.mark.parametrize(
    ("tax", "finding"),
    [("150.5", "tax-fraction"), ("149", "tax-amount"), ("151", "tax-amount"), ("0", "tax-amount")],
)
def test_item_5_tax_per_rate(tax: str, finding: str) -> None:
    invoice = compose(terms())
    wrong = with_subtotal(invoice, tax_amount=Decimal(tax))
    assessment = assess(replace(wrong, tax_total=Decimal(tax)))
    assert assessment.status == "not_met"
    assert finding in ids(assessment)


def test_item_5_tax_rounded_line_by_line_is_seen() -> None:
    lines = tuple(a_line(price=Decimal(105), quantity=Decimal(1)) for _ in range(3))
    invoice = with_subtotal(compose(terms(lines=lines)), tax_amount=Decimal(30))
    finding = next(f for f in assess(invoice).findings if f.id == "tax-amount")
    assert "31・32" in finding.message.ja


def test_item_5_mixed_rounding_is_said_and_lawful() -> None:
    lines = (a_line(price=Decimal(105)), food(price=Decimal(105), quantity=Decimal(3)))
    invoice = compose(terms(lines=lines))  # 31.5 → 31, 25.2 → 25
    mixed = with_subtotal(invoice, 1, tax_amount=Decimal(26))
    mixed = replace(
        mixed,
        tax_total=Decimal(57),
        totals=replace(mixed.totals, with_tax=Decimal(687), payable=Decimal(687)),
    )
    assessment = assess(mixed)
    assert (assessment.status, ids(assessment)) == ("met", ["tax-rounding-mixed"])
    assert rounding_used(mixed) == set()


def test_item_6_recipient() -> None:
    assessment = assess(replace(MIXED, buyer=replace(MIXED.buyer, name="")))
    assert (assessment.status, ids(assessment)) == ("not_met", ["buyer-name"])


def test_a_foreign_currency_invoice_needs_its_tax_in_yen() -> None:
    invoice = compose(terms(currency="USD", exchange_rate=Decimal(150)))
    assert assess(invoice) == Assessment("met", ())
    bare = replace(invoice, accounting_currency=None, accounting_tax_breakdown=())
    assert ids(assess(bare)) == ["yen-tax-missing"]
    short = replace(invoice, accounting_tax_total=Decimal(1))
    assert ids(assess(short)) == ["yen-tax-differs"]
    (row,) = invoice.accounting_tax_breakdown
    other = replace(row, category=TaxCategory(code="AA", rate=Decimal(8)))
    assert ids(assess(replace(invoice, accounting_tax_breakdown=(other,)))) == ["yen-tax-differs"]


def test_the_yen_tax_of_all_rates_follows_one_exchange_rate() -> None:
    lines = (a_line(price=Decimal("19.99")), food(price=Decimal("5.01")))
    invoice = compose(terms(currency="USD", exchange_rate=Decimal("151.37"), lines=lines))
    assert assess(invoice) == Assessment("met", ())
    first, second = invoice.accounting_tax_breakdown
    assert first.tax_amount is not None
    other = replace(first, tax_amount=first.tax_amount + 100)
    total = (invoice.accounting_tax_total or Decimal(0)) + 100
    wrong = replace(invoice, accounting_tax_breakdown=(other, second), accounting_tax_total=total)
    (finding,) = assess(wrong).findings
    assert "換算レート" in finding.message.ja


def a_return(price: int = 5000, **changes) -> Invoice:
    line = a_line(price=Decimal(price), quantity=Decimal(-3))
    return compose(terms(lines=(line,), **changes))


def test_a_return_names_the_original_and_its_date() -> None:
    assert ids(assess(a_return())) == ["return-original-missing"]
    assert assess(a_return()).status == "not_met"
    undated = a_return(preceding=(PrecedingInvoice(number="INV-1"),))
    assert (assess(undated).status, ids(assess(undated))) == (
        "cannot_tell",
        ["return-original-undated"],
    )
    dated = PrecedingInvoice(number="INV-1", issue_date=date(2026, 9, 30))
    assert assess(a_return(preceding=(dated,))) == Assessment("met", ())


def test_a_return_below_ten_thousand_yen_needs_no_original() -> None:
    assert assess(a_return(price=3030)).status == "met"  # −9,999 with tax
    assert assess(a_return(price=3031)).status == "not_met"


def test_a_return_follows_the_rate_of_the_original() -> None:
    original = PrecedingInvoice(number="INV-1", issue_date=date(2019, 9, 30))
    old = compose(
        terms(
            lines=(a_line(rate=Decimal(8), quantity=Decimal(-3)),),
            preceding=(original,),
        )
    )
    assert assess(old) == Assessment("met", ())


def test_a_correction_has_a_number_of_its_own() -> None:
    same = PrecedingInvoice(number="INV-2026-1015", issue_date=date(2026, 10, 31))
    assessment = assess(compose(terms(preceding=(same,))))
    assert (assessment.status, ids(assessment)) == ("met", ["correction-same-number"])


def test_a_self_billed_invoice_needs_the_sellers_confirmation() -> None:
    invoice = compose(terms(kind=DocumentKind.SELF_BILLED))
    assert (assess(invoice).status, ids(assess(invoice))) == (
        "cannot_tell",
        ["confirmation-unknown"],
    )
    assert assess(invoice, seller_confirmed=True) == Assessment("met", ())


@pytest.mark.parametrize(
    ("day", "share"), [(date(2026, 9, 30), "80％"), (date(2026, 10, 1), "70％")]
)
def test_a_vendor_without_registration_has_the_share_of_the_day(day: date, share: str) -> None:
    invoice = compose(unregistered(start=day, end=day))
    assessment = assess(invoice)
    assert (assessment.status, ids(assessment)) == ("not_met", ["not-qualified-document"])
    assert share in assessment.findings[0].message.ja
    assert assessment.findings[0].severity == "warning"
    assert assess(invoice, account=AccountKind.GENERAL).findings[0].severity == "info"


class Fixed:
    """A registry with one registration."""

    def __init__(self, first: date, ended: date | None = None, name: str = VENDOR.name) -> None:
        self.first, self.ended, self.name = first, ended, name
        self.asked: list[date] = []

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        self.asked.append(day)
        if day < self.first:
            status = RegistryStatus.NOT_YET
        elif self.ended is not None and day >= self.ended:
            status = RegistryStatus.LAPSED
        else:
            status = RegistryStatus.REGISTERED
        return RegistryAnswer(
            number=number,
            day=day,
            status=status,
            names=(self.name,),
            registered=self.first,
            ended=self.ended,
            published=date(2026, 11, 20),
            asked_at=datetime(2026, 11, 23, tzinfo=UTC),
            origin="web-api",
        )


@pytest.mark.parametrize(
    ("registry", "status", "found", "asked"),
    [
        (Fixed(date(2023, 10, 1)), "met", [], [1]),
        (Fixed(date(2026, 10, 2)), "not_met", ["registry-not-yet"], [1]),
        (Fixed(date(2023, 10, 1), date(2026, 11, 1)), "met", [], [1]),
        (Fixed(date(2023, 10, 1), date(2026, 10, 31)), "not_met", ["registry-lapsed"], [1, 31]),
        (Fixed(date(2023, 10, 1), name="株式会社別物"), "met", ["registry-name-differs"], [1]),
        (Fixed(date(2023, 10, 1), name="三方原文具"), "met", ["registry-name-near"], [1]),
    ],
)
def test_the_registry_is_asked_about_the_days_of_supply(registry, status, found, asked) -> None:
    registry.asked.clear()
    assessment = assess(MIXED, registry=registry)
    assert (assessment.status, ids(assessment)) == (status, found)
    assert [day.day for day in registry.asked] == asked


def test_without_the_registry_the_answer_is_cannot_tell() -> None:
    assessment = assess(MIXED, registry=NoRegistry())
    assert (assessment.status, ids(assessment)) == ("cannot_tell", ["registry-cannot-tell"])


def test_a_wrong_number_is_not_asked_about() -> None:
    registry = Fixed(date(2023, 10, 1))
    assess(with_seller(MIXED, registration_number="T1234567890123"), registry=registry)
    assert registry.asked == []


def test_adjustments_count_and_their_rates_are_checked() -> None:
    discount = AdjustmentTerms(reason="値引", amount=Decimal(100), tax=TaxCode.STANDARD)
    invoice = compose(terms(lines=(a_line(), food()), allowances=(discount,)))
    assert assess(invoice) == Assessment("met", ())
    wrong = replace(invoice.allowances[0], tax=TaxCategory(code="S", rate=Decimal(7)))
    assert "rate-unknown" in ids(assess(replace(invoice, allowances=(wrong,))))
