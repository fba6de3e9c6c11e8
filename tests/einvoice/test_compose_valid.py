"""Everything compose makes is valid by the official rules, meets the law, and reads back equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einvoice.compose import compose
from einvoice.contract_terms import Rounding
from einvoice.errors import CompositionError
from einvoice.invoice import Address, Attachment, Contact, PrecedingInvoice, SupportingDocument
from einvoice.invoice_terms import (
    AdjustmentTerms,
    DocumentKind,
    InvoiceTerms,
    LineTerms,
    PrepaidTerms,
    TaxCode,
)
from einvoice.reading import read
from einvoice.units import unit_code
from einvoice.validation import validate
from einvoice.writing import write
from tests.einvoice.invoice_builders import BANK, CITY, SOLE_TRADER, VENDOR

START, END = date(2026, 10, 1), date(2026, 10, 31)
ATTACHED = SupportingDocument(
    reference="1",
    description="添付",
    attachment=Attachment(
        content=b"%PDF-1.7 x", mime_type="application/pdf", filename="納品書.pdf"
    ),
)
# Any text a person may paste, but for what is refused as acting or private (tested elsewhere).
words = st.text(
    st.characters(
        exclude_categories=["Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"],
        exclude_characters="\ufeff\ufffd",
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()))
optional = st.none() | words


def numbers(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=places, allow_nan=False)


days = st.integers(0, 30).map(lambda n: START + timedelta(days=n))
places = st.sampled_from([0, 1, 2, 4])


@st.composite
def adjustments(draw: st.DrawFn, *, for_document: bool) -> AdjustmentTerms:
    amount = draw(st.none() | numbers("0", "99999", 0))
    return AdjustmentTerms(
        reason=draw(words),
        amount=amount,
        percentage=None if amount is not None else draw(numbers("0", "30", 1)),
        tax=draw(st.sampled_from(TaxCode)) if for_document else None,
    )


@st.composite
def lines(draw: st.DrawFn) -> LineTerms:
    unit, unit_name = unit_code(draw(st.sampled_from(["個", "式", "冊", "kg", "時間", "樽", "箱"])))
    span = sorted(draw(st.tuples(days, days)))
    return LineTerms(
        name=draw(words),
        price=draw(numbers("0", "9999999", draw(places))),
        quantity=draw(numbers("-500", "5000", draw(places))),
        base_quantity=draw(st.sampled_from([Decimal(1), Decimal(10), Decimal(1000)])),
        unit=unit,
        unit_name=unit_name,
        tax=draw(st.sampled_from(TaxCode)),
        description=draw(optional),
        note=draw(optional),
        start=draw(st.sampled_from([None, span[0]])),
        end=draw(st.sampled_from([None, span[1]])),
        sellers_id=draw(optional),
        buyers_id=draw(optional),
        order=draw(optional),
        order_line=draw(optional),
        delivery_note=draw(optional),
        allowances=tuple(draw(st.lists(adjustments(for_document=False), max_size=2))),
        charges=tuple(draw(st.lists(adjustments(for_document=False), max_size=2))),
    )


@st.composite
def invoice_terms(draw: st.DrawFn) -> InvoiceTerms:
    kind = draw(st.sampled_from(DocumentKind))
    foreign = draw(st.sampled_from([None, None, "USD", "EUR"]))
    seller = SOLE_TRADER if kind is DocumentKind.NOT_REGISTERED else VENDOR
    address = Address(
        country="JP", post_code=draw(optional), city=draw(optional), line1=draw(optional),
        line2=draw(optional), line3=draw(optional), subdivision=draw(optional),
    )  # fmt: skip
    values: dict[str, Any] = {
        name: draw(optional)
        for name in (
            "note", "payment_note", "contract", "order", "project", "tender", "receiving_advice",
            "buyer_reference",
        )
    }  # fmt: skip
    return InvoiceTerms(
        number=draw(words),
        issue_date=draw(days),
        start=START,
        end=END,
        kind=kind,
        seller=replace(
            seller,
            name=draw(words),
            trading_name=draw(optional),
            address=address,
            contact=draw(
                st.none() | st.builds(Contact, name=optional, phone=optional, email=optional)
            ),
        ),
        buyer=replace(CITY, name=draw(words)),
        lines=tuple(draw(st.lists(lines(), min_size=1, max_size=5))),
        tax_rounding=draw(st.sampled_from(Rounding)),
        line_rounding=draw(st.sampled_from(Rounding)),
        due_date=draw(st.none() | st.just(END)),
        bank=draw(st.sampled_from([None, BANK])),
        allowances=tuple(draw(st.lists(adjustments(for_document=True), max_size=2))),
        charges=tuple(draw(st.lists(adjustments(for_document=True), max_size=2))),
        prepaid=tuple(
            draw(st.lists(st.builds(PrepaidTerms, amount=numbers("1", "999", 0),
                                    received=st.none() | days, reference=optional), max_size=2))
        ),
        preceding=(PrecedingInvoice(number="前の請求書", issue_date=START),),
        supporting_documents=draw(st.sampled_from([(), (ATTACHED,)])),
        currency=foreign or "JPY",
        exchange_rate=draw(numbers("0.5", "250", 2)) if foreign else None,
        **values,
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoice_terms())
def test_what_compose_makes_is_valid_lawful_and_reads_back_equal(terms: InvoiceTerms) -> None:
    try:
        invoice = compose(terms)
    except CompositionError as refused:
        # The one refusal random terms can meet: more prepaid than the total.
        assert refused.field == "prepaid"  # noqa: PT017
        return
    xml = write(invoice)
    report = validate(xml)
    assert report.verdict == "valid", report.findings
    assert not [f for f in report.findings if f.source == "structure"]
    assert read(xml) == invoice
    serious = [f for f in report.findings if f.source in ("qualified", "consistency")]
    expected = {
        DocumentKind.NOT_REGISTERED: {"not-qualified-document"},
        DocumentKind.SELF_BILLED: {"confirmation-unknown"},
        DocumentKind.QUALIFIED: set(),
    }[terms.kind]
    assert {f.id for f in serious} == expected, serious


@pytest.mark.slow
def test_ten_thousand_lines_are_composed_written_and_valid() -> None:
    line = LineTerms(name="部品", price=Decimal("12.5"), quantity=Decimal(3))
    terms = InvoiceTerms(
        number="L", issue_date=END, start=START, end=END, seller=VENDOR, buyer=CITY,
        lines=(line,) * 10_000,
    )  # fmt: skip
    invoice = compose(terms)
    assert invoice.totals.without_tax == 370_000
    assert validate(write(invoice)).verdict == "valid"
