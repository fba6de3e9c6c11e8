"""compose: what the seller says becomes sums that add up, with one rounding per rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice.compose import compose
from einvoice.contract_terms import Rounding
from einvoice.errors import CompositionError
from einvoice.invoice import PrecedingInvoice
from einvoice.invoice_terms import (
    AdjustmentTerms,
    DocumentKind,
    PrepaidTerms,
    TaxCode,
)
from tests.einvoice.invoice_builders import (
    BANK,
    CITY_NUMBER,
    VENDOR,
    a_line,
    food,
    terms,
    unregistered,
)


def tax_by_rate(invoice) -> dict[tuple[str, Decimal | None], tuple[int, int]]:
    return {
        (row.category.code, row.category.rate): (int(row.taxable_amount), int(row.tax_amount))
        for row in invoice.tax_breakdown
    }


def test_the_emergency_stock_example_adds_up_to_the_yen() -> None:
    invoice = compose(
        terms(
            lines=(
                food(),
                food(name="アルファ米 50食", price=Decimal(13333), quantity=Decimal(27)),
                a_line(name="毛布", price=Decimal(2983), quantity=Decimal(75)),
                a_line(name="携帯トイレ 100回", price=Decimal(5739), quantity=Decimal(45)),
            )
        )
    )
    assert tax_by_rate(invoice) == {
        ("AA", Decimal(8)): (599_841, 47_987),
        ("S", Decimal(10)): (481_980, 48_198),
    }
    assert invoice.tax_total == 96_185
    assert invoice.totals.payable == 1_178_006


@pytest.mark.parametrize(
    ("rounding", "tax"), [(Rounding.FLOOR, 31), (Rounding.HALF_UP, 32), (Rounding.CEILING, 32)]
)
def test_tax_is_rounded_once_per_rate_not_per_line(rounding: Rounding, tax: int) -> None:
    three_lines = tuple(a_line(price=Decimal(105), quantity=Decimal(1)) for _ in range(3))
    invoice = compose(terms(lines=three_lines, tax_rounding=rounding))
    assert invoice.tax_total == tax  # line by line and cut it would be 30


@pytest.mark.parametrize("rounding", list(Rounding))
def test_a_full_return_offsets_the_original_to_the_yen(rounding: Rounding) -> None:
    original = compose(terms(lines=(a_line(price=Decimal(105)),), tax_rounding=rounding))
    returned = compose(
        terms(
            lines=(a_line(price=Decimal(105), quantity=Decimal(-3)),),
            tax_rounding=rounding,
            preceding=(PrecedingInvoice(number="INV-2026-1014", issue_date=date(2026, 9, 30)),),
        )
    )
    assert original.totals.payable is not None
    assert returned.totals.payable == -original.totals.payable


def test_allowances_and_charges_count_in_their_own_rate() -> None:
    invoice = compose(
        terms(
            lines=(a_line(price=Decimal(1000), quantity=Decimal(10)), food()),
            allowances=(
                AdjustmentTerms(reason="値引", percentage=Decimal(5), tax=TaxCode.STANDARD),
            ),
            charges=(
                AdjustmentTerms(reason="送料", amount=Decimal(800), tax=TaxCode.STANDARD),
                AdjustmentTerms(reason="冷蔵", amount=Decimal(150), tax=TaxCode.REDUCED),
            ),
        )
    )
    assert tax_by_rate(invoice) == {
        ("S", Decimal(10)): (10_300, 1_030),
        ("AA", Decimal(8)): (240_000, 19_200),
    }
    assert (invoice.totals.allowances, invoice.totals.charges) == (500, 950)
    assert invoice.totals.with_tax == 270_530


def test_an_adjustment_without_rate_takes_the_only_one_and_is_refused_among_several() -> None:
    discount = AdjustmentTerms(reason="値引", amount=Decimal(100))
    invoice = compose(terms(allowances=(discount,)))
    assert tax_by_rate(invoice) == {("S", Decimal(10)): (1_400, 140)}
    with pytest.raises(CompositionError) as caught:
        compose(terms(lines=(a_line(), food()), allowances=(discount,)))
    assert caught.value.field == "allowances"
    assert "税率ごとに分けて" in caught.value.remedy_ja


def test_a_line_adjustment_changes_the_line() -> None:
    line = a_line(
        price=Decimal(50_000),
        quantity=Decimal(5),
        allowances=(AdjustmentTerms(reason="値引", amount=Decimal(1_500)),),
        charges=(AdjustmentTerms(reason="清掃", percentage=Decimal("0.5")),),
    )
    (made,) = compose(terms(lines=(line,))).lines
    assert made.net_amount == 250_000 - 1_500 + 1_250


def test_a_prepaid_sum_is_taken_off_and_may_not_exceed_the_total() -> None:
    paid = PrepaidTerms(amount=Decimal(650), received=date(2026, 9, 1), reference="前金払")
    invoice = compose(terms(prepaid=(paid,)))
    assert (invoice.totals.with_tax, invoice.totals.paid, invoice.totals.payable) == (
        1_650, 650, 1_000,
    )  # fmt: skip
    with pytest.raises(CompositionError, match="超えています"):
        compose(terms(prepaid=(replace(paid, amount=Decimal(1_651)),)))


def test_a_foreign_currency_invoice_shows_its_tax_in_yen() -> None:
    invoice = compose(
        terms(
            currency="EUR",
            exchange_rate=Decimal("162.37"),
            lines=(
                a_line(price=Decimal("19.99"), quantity=Decimal(5)),
                a_line(name="教科書", price=Decimal(12), tax=TaxCode.EXEMPT),
            ),
        )
    )
    assert invoice.accounting_currency == "JPY"
    assert invoice.tax_total == Decimal("9.99")
    assert invoice.accounting_tax_total == 1_622  # 99.95 × 162.37 × 10 %, cut once
    assert [row.category.code for row in invoice.accounting_tax_breakdown] == ["S"]
    with pytest.raises(CompositionError, match="換算レート"):
        compose(terms(currency="EUR"))


def test_a_vendor_without_registration_shows_no_tax_and_no_number() -> None:
    invoice = compose(unregistered(lines=(a_line(price=Decimal(550)), food())))
    assert invoice.type_code == "480"
    assert invoice.seller.registration_number is None
    assert invoice.tax_total == 0
    assert {row.category.code for row in invoice.tax_breakdown} == {"S", "AA"}
    assert invoice.totals.payable == 550 * 3 + 1845 * 130
    assert invoice.seller.endpoint == invoice.buyer.endpoint


def test_a_registered_vendor_may_not_use_the_document_of_the_unregistered() -> None:
    with pytest.raises(CompositionError) as caught:
        compose(terms(kind=DocumentKind.NOT_REGISTERED))
    assert caught.value.field == "seller.registration_number"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "  "}, "number"),
        ({"lines": ()}, "lines"),
        ({"lines": (a_line(),) * 10_001}, "lines"),
        ({"start": date(2026, 11, 1)}, "end"),
        ({"seller": replace(VENDOR, registration_number=None)}, "seller.registration_number"),
        ({"seller": replace(VENDOR, name="")}, "seller.name"),
        ({"lines": (a_line(price=Decimal(-1)),)}, "lines[1].price"),
        ({"lines": (a_line(rate=Decimal(7)),)}, "lines[1].rate"),
        ({"lines": (a_line(tax=TaxCode.EXEMPT, rate=Decimal(10)),)}, "lines[1].rate"),
        ({"lines": (a_line(name="a\x00b"),)}, "lines[1].name"),
        ({"lines": (a_line(name="a" * 10_001),)}, "lines[1].name"),
        ({"lines": (a_line(start=date(2026, 9, 30)),)}, "lines[1].start"),
        ({"lines": (a_line(price=Decimal("1e15")),)}, "lines[1]"),
        ({"lines": (a_line(price=Decimal("0.1234567")),)}, "lines[1]"),
        ({"lines": (a_line(price=Decimal("NaN")),)}, "lines[1]"),
        ({"allowances": (AdjustmentTerms(reason="値引"),)}, "allowances"),
        ({"allowances": (AdjustmentTerms(reason="値引", amount=Decimal("0.5")),)}, "allowances"),
        ({"bank": replace(BANK, number="12345678")}, "bank.number"),
        ({"preceding": (PrecedingInvoice(),)}, "preceding"),
    ],
)
def test_what_cannot_become_an_invoice_is_refused_with_field_and_remedy(changes, field) -> None:
    with pytest.raises(CompositionError) as caught:
        compose(terms(**changes))
    assert caught.value.field == field
    assert caught.value.message_ja
    assert caught.value.remedy_ja
    assert caught.value.remedy_en


def test_the_rate_follows_the_day_of_supply() -> None:
    old = compose(
        terms(start=date(2019, 9, 1), end=date(2019, 9, 30), issue_date=date(2019, 10, 2))
    )
    assert tax_by_rate(old) == {("S", Decimal(8)): (1_500, 120)}


def test_the_parties_are_addressed_by_their_numbers() -> None:
    invoice = compose(terms(bank=BANK))
    assert str(invoice.seller.endpoint) == f"0221:{VENDOR.registration_number}"
    assert str(invoice.buyer.endpoint) == f"0188:{CITY_NUMBER}"
    account = invoice.payment_instructions[0].account
    assert account is not None
    assert str(account.id) == "0149:001:1:1234567"


def test_a_negative_nought_is_never_written() -> None:
    invoice = compose(
        unregistered(
            lines=(a_line(price=Decimal(0), quantity=Decimal(-3)), food(quantity=Decimal(-1)))
        )
    )
    amounts = [line.net_amount for line in invoice.lines]
    amounts += [row.tax_amount for row in invoice.tax_breakdown]
    amounts += [invoice.tax_total, invoice.totals.payable]
    assert not [amount for amount in amounts if amount == 0 and amount.is_signed()]
