"""Journals: the published entries to the yen, each package's file read back by other code."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.exporting.errors import JournalError
from einvoice.exporting.journals import (
    Accounts,
    Books,
    Claim,
    Event,
    Journal,
    Leg,
    TaxClass,
    journals,
)
from einvoice.exporting.packages import FREEE_HEADER, MF_HEADER, Package, Style, write
from tests.einvoice.worked_cases import CASE_1, CASE_3, CASE_4, CASE_5

ACCOUNTS = Accounts(expense={"": "修繕費", "14": "建設仮勘定", "12": "委託料"}, bank="現金預金")
OWN_NAMES = {
    "none": "0000", "10": "0110", "8": "0108", "10@70": "0170", "10@80": "0180", "8@70": "0178",
    "8@80": "0188", "10@50": "0150", "8@50": "0158",
}  # fmt: skip


def an_order(gross: int = 110_000, **changes: Any):
    values: dict[str, Any] = {
        "base_10": Decimal(gross - gross * 10 // 110), "tax_10": Decimal(gross * 10 // 110),
        "base_8": Decimal(0), "tax_8": Decimal(0), "not_taxed": Decimal(0),
        "gross": Decimal(gross), "prepaid": Decimal(0), "payable": Decimal(gross),
        "deductions": (), "summary": "修繕", "invoice_no": "",
    }  # fmt: skip
    return replace(CASE_1, **(values | changes))


def a_claim(order=None, *, on: date = date(2026, 10, 20), registered: bool = True, **more: Any):
    return Claim(order=order or an_order(), supplied_on=on, registered=registered, **more)


def one(claim: Claim, event: Event = Event.ORDERED, books: Books = Books.EXCLUSIVE) -> Journal:
    [found] = journals([claim], event=event, books=books, accounts=ACCOUNTS)
    return found


def told(journal: Journal) -> tuple[dict[str, int], dict[str, int]]:
    sides: list[dict[str, int]] = []
    for side in (journal.debits, journal.credits):
        sums: dict[str, int] = defaultdict(int)
        for leg in side:
            sums[leg.account] += int(leg.amount)
        sides.append(dict(sums))
    return sides[0], sides[1]


# --- the published entries ---------------------------------------------------------------------


def test_a_registered_vendors_tax_is_what_the_invoice_shows():
    assert told(one(a_claim(an_order(583_000)))) == (
        {"修繕費": 530_000, "仮払消費税": 53_000},
        {"未払金": 583_000},
    )


@pytest.mark.parametrize(
    ("on", "tax"),
    [
        (date(2026, 9, 30), 8_000),
        (date(2026, 10, 1), 7_000),
        (date(2028, 10, 1), 5_000),
        (date(2030, 10, 1), 3_000),
    ],
)
def test_the_transitional_share_goes_by_the_day_of_supply(on, tax):
    debit, credit = told(one(a_claim(on=on, registered=False)))
    assert debit == {"修繕費": 110_000 - tax, "仮払消費税": tax}
    assert credit == {"未払金": 110_000}


def test_after_2031_nothing_of_an_unregistered_vendor_is_tax():
    journal = one(a_claim(on=date(2031, 10, 1), registered=False))
    assert told(journal) == ({"修繕費": 110_000}, {"未払金": 110_000})


def test_the_final_claim_of_works_settles_the_advances():
    assert told(one(a_claim(CASE_3, on=date(2026, 11, 18)))) == (
        {"建設仮勘定": 44_000_000, "仮払消費税": 4_400_000},
        {"前払金": 29_040_000, "未払金": 19_360_000},
    )


def test_delay_damages_are_income_when_the_rest_is_paid():
    claim = a_claim(CASE_3, paid_on=date(2026, 12, 18))
    assert told(one(claim, Event.PAID)) == (
        {"未払金": 19_360_000},
        {"現金預金": 19_320_300, "雑収益": 39_700},
    )


def test_a_fee_with_withholding_owes_the_tax_office_its_part():
    claim = a_claim(CASE_4, paid_on=date(2026, 11, 20))
    assert told(one(claim)) == (
        {"委託料": 1_250_000, "仮払消費税": 125_000},
        {"未払金": 1_375_000},
    )
    assert told(one(claim, Event.PAID))[1] == {"現金預金": 1_221_850, "預り金": 153_150}


def test_what_is_not_paid_yet_has_no_journal_of_payment():
    assert journals([a_claim()], event=Event.PAID, books=Books.INCLUSIVE, accounts=ACCOUNTS) == []


def test_an_unknown_budget_item_is_refused_by_its_number():
    with pytest.raises(JournalError, match="節 10"):
        journals(
            [a_claim()], event=Event.ORDERED, books=Books.INCLUSIVE,
            accounts=Accounts(expense={"99": "x"}),
        )  # fmt: skip


def test_a_journal_that_does_not_balance_cannot_be():
    with pytest.raises(JournalError, match="貸借"):
        Journal(
            number="R8-1", on=date(2026, 11, 1), summary="",
            debits=(Leg(account="a", amount=Decimal(2)),),
            credits=(Leg(account="b", amount=Decimal(1)),),
        )  # fmt: skip


# --- the packages' files, read back by code that shares nothing with the writers ----------------


def made(package: Package, claims, *, event=Event.ORDERED, inclusive: bool = True, names=None):
    style = Style(package=package, inclusive=inclusive, tax_names=names or {})
    entries = journals(claims, event=event, books=style.books, accounts=ACCOUNTS)
    return write(entries, style).data, entries


def yayoi_rows(data: bytes, columns: int = 25) -> list[list[str]]:
    text = data.decode("shift_jis")
    assert text.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {columns}
    open_slip = False
    for row in rows:
        assert row[0] in ({"2100", "2101"} if open_slip else {"2000", "2110"})
        open_slip = row[0] in {"2110", "2100"}
    assert not open_slip
    return rows


def test_the_published_row_for_yayoi():
    """Case 5g: water account, an unregistered trader, 2026-10-20."""
    claim = a_claim(registered=False)
    data, _ = made(Package.YAYOI, [replace(claim, order=an_order(summary="修繕 V000199"))])
    assert data.decode("cp932") == (
        "2000,,,2026/10/20,修繕費,,,課対仕入込10%区分70%,110000,,未払金,,,対象外,110000,,"
        "修繕 V000199,,,0,,,0,0,no\r\n"
    )


def test_yayoi_tax_classes_by_rate_and_registration():
    two_rates = a_claim(CASE_1, on=date(2026, 10, 21))
    rows = yayoi_rows(made(Package.YAYOI, [two_rates])[0])
    assert [row[7] for row in rows] == ["課対仕入込10%適格", "課対仕入込軽減8%適格"]
    assert [row[0] for row in rows] == ["2110", "2101"]
    excluded = yayoi_rows(made(Package.YAYOI, [two_rates], inclusive=False)[0])
    assert [(row[7], row[9]) for row in excluded] == [
        ("課対仕入内10%適格", "48198"),
        ("課対仕入内軽減8%適格", "47987"),
    ]
    later = a_claim(on=date(2031, 10, 1), registered=False)
    assert yayoi_rows(made(Package.YAYOI, [later])[0])[0][7] == "課対仕入込10%控不"


def test_yayoi_in_the_cloud_has_two_more_columns_and_shorter_names():
    rows = yayoi_rows(made(Package.YAYOI_CLOUD, [a_claim(partner="V000199")])[0], columns=27)
    assert rows[0][25] == "V000199"
    with pytest.raises(JournalError, match="9桁"):
        made(Package.YAYOI_CLOUD, [a_claim(an_order(1_100_000_000))])


def test_a_name_that_yayoi_would_cut_is_refused():
    style = Style(package=Package.YAYOI)
    long = Accounts(expense={"": "あ" * 13})
    entries = journals([a_claim()], event=Event.ORDERED, books=style.books, accounts=long)
    with pytest.raises(JournalError, match="半角24"):
        write(entries, style)


def test_a_character_that_shift_jis_lacks_is_named():
    with pytest.raises(JournalError, match="𠮷"):
        made(Package.YAYOI, [a_claim(an_order(summary="𠮷田橋"))])


def test_freee_rows_have_the_33_columns_and_refuse_to_guess_a_tax_class():
    data, _ = made(Package.FREEE, [a_claim(CASE_1)])
    text = data.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert tuple(head) == FREEE_HEADER
    assert len(head) == 33
    assert [row[0] for row in rows] == ["[明細行]", "[明細行]"]
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["借方税区分"] for row in named] == ["課対仕入10%", "課対仕入8%（軽）"]
    assert named[0]["伝票番号"] == named[1]["伝票番号"] == CASE_1.order_no
    with pytest.raises(JournalError, match="10@70"):
        made(Package.FREEE, [a_claim(registered=False)])
    own, _ = made(Package.FREEE, [a_claim(registered=False)], names={"10@70": "私の税区分"})
    assert "私の税区分" in own.decode()


def test_money_forward_always_says_whether_the_invoice_was_qualified():
    """A blank counts as 適格 there."""
    data, _ = made(Package.MONEY_FORWARD, [a_claim(), a_claim(registered=False)])
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert tuple(head) == MF_HEADER
    assert len(head) == 27
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["借方インボイス"] for row in named] == ["適格", "70%控除"]
    assert [row["借方税区分"] for row in named] == ["課税仕入 10%", "課税仕入 10%"]
    assert [row["取引No"] for row in named] == ["1", "2"]
    reduced = a_claim(replace(CASE_5, base_8=CASE_5.base_10, tax_8=CASE_5.tax_10,
                              base_10=Decimal(0), tax_10=Decimal(0)))  # fmt: skip
    assert "課税仕入 (軽)8%" in made(Package.MONEY_FORWARD, [reduced])[0].decode("utf-8-sig")


def test_bugyo_marks_the_first_row_of_a_slip_and_wants_its_own_codes():
    with pytest.raises(JournalError, match="税区分"):
        made(Package.BUGYO, [a_claim()])
    data, _ = made(Package.BUGYO, [a_claim(), a_claim()], inclusive=False, names=OWN_NAMES)
    head, *rows = csv.reader(io.StringIO(data.decode("shift_jis")))
    assert head[:3] == ["OBCD001", "CSJS005", "CSJS007"]
    assert [row[0] for row in rows] == ["*", "", "*", ""]
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(r["CSJS201"], r["CSJS213"], r["CSJS220"]) for r in named[:2]] == [
        ("修繕費", "100000", "10"),
        ("仮払消費税", "10000", ""),
    ]


def sums(package: Package, data: bytes) -> tuple[int, int]:
    """Debit and credit of a file, by positions that each maker's page gives."""
    encoding = "shift_jis" if package in (Package.YAYOI, Package.BUGYO) else "utf-8-sig"
    rows = list(csv.reader(io.StringIO(data.decode(encoding))))
    debit, credit, skip = {
        Package.YAYOI: (8, 14, 0),
        Package.FREEE: (15, 29, 1),
        Package.MONEY_FORWARD: (8, 16, 1),
        Package.BUGYO: (9, 18, 1),
    }[package]
    return tuple(sum(int(row[at] or 0) for row in rows[skip:]) for at in (debit, credit))


claims = st.builds(
    lambda at_10, at_8, free, on, registered: a_claim(
        an_order(
            at_10 + at_8 + free,
            base_10=Decimal(at_10 - at_10 * 10 // 110), tax_10=Decimal(at_10 * 10 // 110),
            base_8=Decimal(at_8 - at_8 * 8 // 108), tax_8=Decimal(at_8 * 8 // 108),
            not_taxed=Decimal(free),
        ),
        on=on, registered=registered, paid_on=date(2027, 1, 4),
    ),
    st.integers(1, 10**9), st.integers(0, 10**6), st.integers(0, 10**6),
    st.dates(date(2023, 10, 1), date(2030, 9, 30)), st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(claims, min_size=1, max_size=5), st.sampled_from(list(Event)), st.booleans())
def test_every_file_of_every_package_balances_and_sums_to_its_orders(many, event, inclusive):
    total = sum(int(claim.order.payable) for claim in many)
    for package in (Package.YAYOI, Package.FREEE, Package.MONEY_FORWARD, Package.BUGYO):
        data, entries = made(package, many, event=event, inclusive=inclusive, names=OWN_NAMES)
        assert sums(package, data) == (total, total)
        assert [entry.number for entry in entries] == [claim.order.order_no for claim in many]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(claims)
def test_cost_and_tax_together_are_the_invoice(claim):
    journal = one(claim)
    debit, credit = told(journal)
    assert sum(debit.values()) == sum(credit.values()) == claim.order.gross
    inclusive = one(claim, books=Books.INCLUSIVE)
    assert sum(int(leg.tax) for leg in inclusive.debits) == debit.get("仮払消費税", 0)


def test_keys_of_tax_classes_are_what_settings_name():
    assert [TaxClass().key, TaxClass(Decimal(10)).key, TaxClass(Decimal(8), 70).key] == [
        "none",
        "10",
        "8@70",
    ]
