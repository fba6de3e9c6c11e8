"""Reading and writing by the table of terms: what is written reads back equal."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice import Invoice, read, validate, write
from einvoice.binding import FILLER, GroupBinding, Value, document_binding
from einvoice.errors import UnreadableInvoice, UnwritableInvoice
from einvoice.invoice import Card, Identifier, Line, Party, PaymentInstruction, TaxCategory
from einvoice.schema import invoice_schema
from tests.conformance.own_corpus import BASES

_XML_TEXT = st.characters(
    min_codepoint=0x20, max_codepoint=0x2FFFF, exclude_categories=("Cs",),
    exclude_characters="\ufffe\uffff\U0001fffe\U0001ffff",
)  # fmt: skip
_TEXTS = st.text(st.one_of(_XML_TEXT, st.sampled_from("\n\t\r<&>\"'")), min_size=1, max_size=12)
_TOKENS = st.text(st.sampled_from("AZ09-_:.あ髙𠮷"), min_size=1, max_size=8)
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "Text": _TEXTS.filter(lambda text: text.strip(" \t\r\n") != ""),
    "Identifier": _TOKENS.filter(lambda text: text not in (FILLER, "VAT")),
    "Code": _TOKENS,
    "Date": st.dates(date(1000, 1, 1)),
    "Time": st.times(),
    "Amount": st.decimals(-(10**12), 10**12, allow_nan=False, places=2),
    "Quantity": st.decimals(-(10**6), 10**6, allow_nan=False, places=4),
    "Percentage": st.decimals(0, 100, allow_nan=False, places=1),
    "Binary": st.binary(min_size=1, max_size=40),
}


@pytest.fixture
def own_invoices() -> list[Invoice]:
    return [make() for make in BASES.values()]


def _required(cls: type[Any]) -> set[str]:
    return {"value"} if cls is Identifier else set()


def _stated(draw: Any, value: Value) -> Any:
    if value.term == "IBT-005":
        return "USD"
    if value.term == "IBT-006":
        return "JPY"
    got = draw(_KINDS[value.kind])
    return "380" if value.term == "IBT-189" and got == "130" else got


def _has_element(
    binding: GroupBinding, value: Value, stated: dict[str, Any], nested: dict[str, dict[str, Any]]
) -> bool:
    for other in binding.values:
        if other.steps == value.steps and other.attribute is None:
            held = stated if len(other.fields) == 1 else nested.get(other.fields[0], {})
            return other.fields[-1] in held
    return False


@st.composite
def _objects(draw: Any, binding: GroupBinding) -> Any:
    """An object with a random choice of what the table can express."""
    stated: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    # A tax total is told apart from the other by the currency of its amount.
    always = {"IBT-005", "IBT-006", "IBT-110", "IBT-111", "IBT-125"}
    for value in sorted(binding.values, key=lambda value: value.attribute is not None):
        if value.attribute is not None and not _has_element(binding, value, stated, nested):
            continue  # an attribute without its element is not written
        holder, part = value.fields[0], value.fields[-1]
        must = value.term in always or part in _required(binding.cls)
        if len(value.fields) == 1:
            if must or draw(st.booleans()):
                stated[holder] = _stated(draw, value)
        elif part in ("value", "content") or draw(st.booleans()):
            nested.setdefault(holder, {})[part] = _stated(draw, value)
    for holder, parts in nested.items():
        if "value" in parts or "content" in parts or binding.made[holder] is TaxCategory:
            stated[holder] = binding.made[holder](**parts)
    for group in binding.groups:
        inner = _objects(group)
        assert group.field_name is not None
        if group.repeats:
            stated[group.field_name] = tuple(draw(st.lists(inner, max_size=2)))
        elif draw(st.booleans()):
            item = draw(inner)
            if item != group.cls():  # an empty group is not written
                stated[group.field_name] = item
    return binding.cls(**stated)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_objects(document_binding()))
def test_what_is_written_reads_back_equal(invoice: Invoice) -> None:
    xml = write(invoice)
    assert read(xml) == invoice
    assert write(read(xml)) == xml


def test_written_documents_stand_in_the_order_of_the_schema(own_invoices) -> None:
    for invoice in own_invoices:
        schema = invoice_schema()
        assert schema.validate(etree.fromstring(write(invoice))), schema.error_log


def test_our_own_documents_are_valid_and_read_back(own_invoices) -> None:
    for invoice in own_invoices:
        xml = write(invoice)
        assert validate(xml).verdict == "valid"
        assert read(xml) == invoice


def test_a_leaf_that_only_ubl_wants_is_filled_and_not_read() -> None:
    card = PaymentInstruction(means_code="48", card=Card(number="1234"))
    invoice = Invoice(payment_instructions=(card,), lines=(Line(id="1", order="PO-1"),))
    xml = write(invoice)
    assert b"<cbc:NetworkID>NA</cbc:NetworkID>" in xml
    assert b"<cbc:LineID>NA</cbc:LineID>" in xml
    assert read(xml).lines[0].order_line is None
    assert read(xml) == invoice


def test_an_amount_carries_the_currency_of_the_invoice(own_invoices) -> None:
    foreign = next(i for i in own_invoices if i.currency == "USD")
    xml = write(foreign).decode()
    assert '<cbc:PayableAmount currencyID="USD">110.00<' in xml
    assert '<cbc:TaxAmount currencyID="JPY">1500<' in xml
    assert read(xml.encode()).accounting_tax_total == Decimal(1500)


def test_a_control_character_is_refused_by_name_of_its_term() -> None:
    with pytest.raises(UnwritableInvoice) as caught:
        write(Invoice(note="a\x0bb"))
    assert caught.value.field == "IBT-022"
    assert "U+000B" in caught.value.message_ja


def test_what_is_no_xml_is_refused_in_both_languages() -> None:
    with pytest.raises(UnreadableInvoice) as caught:
        read(b"%PDF-1.7")
    assert "PDF" in caught.value.message_ja
    assert "PDF" in caught.value.message_en


def test_what_cannot_be_understood_reads_as_not_stated() -> None:
    xml = write(Invoice(number="1", issue_date=date(2026, 11, 1), lines=(Line(id="1"),)))
    broken = xml.replace(b"2026-11-01", b"R8.11.1")
    assert read(broken).issue_date is None
    assert read(broken).number == "1"


def test_the_second_of_a_term_that_may_stand_once_is_left_out() -> None:
    xml = write(Invoice(note="first"))
    twice = xml.replace(b"</cbc:Note>", b"</cbc:Note><cbc:Note>second</cbc:Note>")
    assert read(twice).note == "first"


def test_registration_numbers_are_told_by_their_tax_scheme() -> None:
    seller = Party(
        name="x", registration_number="T1", tax_registration=Identifier("9", scheme="LOC")
    )
    got = read(write(replace(Invoice(), seller=seller))).seller
    assert got.registration_number == "T1"
    assert got.tax_registration == Identifier("9", "LOC")


def test_every_field_of_the_model_is_reached_by_the_table() -> None:
    """No field that reading never fills."""
    reached: dict[type[Any], set[str]] = {}

    def walk(binding: GroupBinding) -> None:
        names = reached.setdefault(binding.cls, set())
        for value in binding.values:
            names.add(value.fields[0])
            if len(value.fields) == 2:
                made = binding.made[value.fields[0]]
                reached.setdefault(made, set()).add(value.fields[1])
        for group in binding.groups:
            assert group.field_name is not None
            names.add(group.field_name)
            walk(group)

    walk(document_binding())
    for cls, names in reached.items():
        assert {f.name for f in fields(cls)} == names, cls
