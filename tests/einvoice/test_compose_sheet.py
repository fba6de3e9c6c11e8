"""Sheets: what a person fills in becomes invoices; what cannot is named by row and column."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from einvoice.compose import compose
from einvoice.compose_sheet import terms_from_sheet
from einvoice.contract_terms import Rounding
from einvoice.errors import CompositionError, SheetError, SheetProblemsError
from einvoice.invoice_terms import DocumentKind, TaxCode
from einvoice.qualified import assess
from einvoice.sheet_cells import CellError, read_date, read_number, read_tax
from einvoice.sheet_columns import columns
from einvoice.sheet_files import template_csv, template_xlsx
from einvoice.tax_rates import tax_tables
from einvoice.units import unit_code, unit_shown

EXAMPLE = {column.heading: column.example for column in columns()}


def sheet(*rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(EXAMPLE), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode(encoding)


def first(**changes: str) -> dict[str, str]:
    return EXAMPLE | changes


def problems(data: bytes) -> list[str]:
    with pytest.raises(SheetProblemsError) as caught:
        terms_from_sheet(data)
    return [problem.message_ja for problem in caught.value.problems]


@pytest.mark.parametrize("template", [template_csv(), template_xlsx()], ids=["csv", "xlsx"])
def test_the_template_as_it_comes_is_a_valid_invoice(template: bytes) -> None:
    (terms,) = terms_from_sheet(template)
    invoice = compose(terms)
    assert assess(invoice).status == "met"
    assert invoice.totals.payable == 1_650
    assert invoice.seller.contact is not None
    assert invoice.seller.contact.name == "髙木 𠮷郎"
    assert (terms.start, terms.end) == (date(2026, 10, 1), date(2026, 10, 31))


def test_rows_of_one_number_make_one_invoice_and_others_their_own() -> None:
    data = sheet(
        first(),
        {"品名": "保存水", "単価": "1,845", "数量": "130", "税区分": "8%", "単位": "箱"},
        {"行種別": "値引", "品名": "お得意様値引", "単価": "△100", "税区分": "標準"},
        {},
        first(請求書番号="INV-2", 品名="毛布"),
    )
    one, two = terms_from_sheet(data)
    assert [line.name for line in one.lines] == ["コピー用紙 A4", "保存水"]
    assert (one.lines[1].tax, one.lines[1].price, one.lines[1].unit) == (
        TaxCode.REDUCED, Decimal(1845), "XBX",
    )  # fmt: skip
    assert one.allowances[0].amount == 100
    assert (two.number, [line.name for line in two.lines]) == ("INV-2", ["毛布"])
    assert compose(one).totals.payable == 1_400 + 140 + 239_850 + 19_188


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", "\t"), ("cp932", ","), ("utf-16", "\t"), ("utf-8", ";")],
)
def test_encodings_and_separators_of_common_programs(encoding: str, delimiter: str) -> None:
    row = first(担当者="高木 吉郎", 口座名義カナ="ｶ)ﾐｶﾀﾊﾗ")
    (terms,) = terms_from_sheet(sheet(row, encoding=encoding, delimiter=delimiter))
    assert terms.seller.name == "株式会社三方原文具"


def test_a_workbook_with_real_dates_numbers_and_percentages() -> None:
    book = Workbook()
    row = {
        **{k: v or None for k, v in EXAMPLE.items()},
        "請求日": datetime(2026, 10, 31),  # noqa: DTZ001  a cell of Excel has no zone
        "取引開始日": date(2026, 10, 1),
        "単価": 500.5,
        "数量": 3,
        "税区分": 0.1,
        "宛先法人番号": 1000020229997,
        "銀行コード": 149,
        "口座番号": 123456,
    }
    book.active.append(list(row))
    book.active.append(list(row.values()))
    buffer = io.BytesIO()
    book.save(buffer)
    (terms,) = terms_from_sheet(buffer.getvalue())
    invoice = compose(terms)
    assert invoice.lines[0].price.net == Decimal("500.5")
    assert invoice.lines[0].tax is not None
    assert invoice.lines[0].tax.rate == 10
    account = invoice.payment_instructions[0].account
    assert account is not None
    assert str(account.id) == "0149:001:1:0123456"


def test_everything_wrong_is_said_at_once_with_row_and_column() -> None:
    data = sheet(
        first(請求日="きのう", 登録番号="T1234567890123", 端数処理="四捨六入", 請求者名=""),
        {"品名": "", "単価": "千円"},
        {"請求書番号": "INV-2026-1031", "品名": "a", "単価": "1", "税区分": "7%", "契約番号": "別"},
    )
    found = problems(data)
    for place, what in (
        ("2行目「請求日」", "日付ではありません"),
        ("2行目「登録番号」", "検査数字"),
        ("2行目「端数処理」", "切捨て"),
        ("2行目「請求者名」", "空欄"),
        ("3行目「品名」", "空欄"),
        ("3行目「単価」", "数値ではありません"),
        ("4行目「税区分」", "その取引日の税率ではありません"),
        ("4行目「契約番号」", "最初の行（2行目）と違います"),
    ):
        assert any(place in text and what in text for text in found), (place, found)


def test_a_bank_account_is_whole_or_absent() -> None:
    assert any("口座番号" in text for text in problems(sheet(first(口座番号=""))))
    none = first(銀行コード="", 支店コード="", 預金種目="", 口座番号="", 口座名義カナ="")
    (terms,) = terms_from_sheet(sheet(none))
    assert terms.bank is None


def test_options_of_the_document_are_read() -> None:
    row = first(
        種別="区分記載請求書",
        登録番号="",
        端数処理="四捨五入",
        前受金額="500",
        前受日="令和8年9月1日",
        元の請求書番号="INV-0",
        元の請求書日付="R8.9.30",
        請求書番号="ＮＴＲ－1",
    )
    (terms,) = terms_from_sheet(sheet(row))
    assert terms.kind is DocumentKind.NOT_REGISTERED
    assert terms.tax_rounding is Rounding.HALF_UP
    assert terms.prepaid[0].received == date(2026, 9, 1)
    assert terms.preceding[0].issue_date == date(2026, 9, 30)
    assert terms.number == "ＮＴＲ－1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空です"),
        (b"\x81", "文字コード"),
        ("品名,単価\n".encode(), "列「請求書番号」"),
        (template_csv().split(b"\r\n")[0], "明細がありません"),
        (b"PK\x03\x04 not a workbook", "XLSX として読めません"),
        (b"%PDF-1.7\n\x00\x00", "文字コード"),
        (b'a,"b\n', "CSV として読めません"),
        (b"a," * 300, "多すぎます"),
        (b"a\n" * 20_001, "多すぎます"),
        (b"a" * 20_000_001, "大きすぎます"),
    ],
)
def test_what_is_no_sheet_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(SheetError) as caught:
        terms_from_sheet(data)
    assert words in caught.value.message_ja
    assert caught.value.remedy_ja


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("einvoice.sheet_files.MAX_UNPACKED_BYTES", 5_000)
    with pytest.raises(SheetError, match="展開すると"):
        terms_from_sheet(template_xlsx())


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=10), max_size=60), max_size=4))
def test_arbitrary_cells_are_read_or_refused_never_crash(rows: list[list[str]]) -> None:
    book = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [list(EXAMPLE), *rows]
    ).encode("utf-8", "ignore")
    try:
        for terms in terms_from_sheet(book):
            compose(terms)
    except CompositionError as refused:
        said = refused
    else:
        return
    assert said.message_ja


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-10-31", date(2026, 10, 31)),
        ("２０２６／１０／３１", date(2026, 10, 31)),
        ("2026年10月1日", date(2026, 10, 1)),
        ("令和8年4月1日", date(2026, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("20261031", date(2026, 10, 31)),
    ],
)
def test_dates_as_people_write_them(written: str, day: date) -> None:
    assert read_date(written) == day


@pytest.mark.parametrize("written", ["2026-02-30", "10/31", "R0.1.1", "", "令和99999年1月1日"])
def test_what_is_no_date(written: str) -> None:
    with pytest.raises(CellError):
        read_date(written)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234", 1234),
        ("￥1,234", 1234),
        ("1,234円", 1234),
        ("△500", -500),
        ("－５", -5),
        (0.1, "0.1"),
    ],
)
def test_numbers_as_people_write_them(written: object, value: int | str) -> None:
    assert read_number(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", "NaN", "Infinity", "1e", "十", "1" * 50])
def test_what_is_no_number(written: str) -> None:
    with pytest.raises(CellError):
        read_number(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10%", ("S", 10)),
        ("８％", ("AA", 8)),
        ("軽減8%", ("AA", 8)),
        ("8%（軽減）", ("AA", 8)),
        ("8%※", ("AA", 8)),
        ("標準", ("S", None)),
        ("非課税", ("E", None)),
        ("不課税", ("O", None)),
        ("G", ("G", None)),
        (0.08, ("AA", 8)),
    ],
)
def test_tax_as_people_write_it(written: object, expected: tuple[str, int | None]) -> None:
    day = date(2026, 10, 31)
    assert read_tax(written, lambda rate: tax_tables().category_of(rate, day)) == expected


def test_units_travel_with_their_word() -> None:
    assert unit_code("冊") == ("H87", "冊")
    assert unit_code("ｋｇ") == ("KGM", None)
    assert unit_code("式") == ("LS", None)
    assert unit_code("人工") == ("C62", "人工")
    assert unit_code("樽") == ("C62", "樽")
    assert unit_code("H87") == ("H87", None)
    assert unit_shown("H87", "冊") == "冊"
    assert unit_shown("LS", None) == "式"
    assert unit_shown("ZZ", None) == "ZZ"


def test_the_guide_explains_every_column() -> None:
    book = load_workbook(io.BytesIO(template_xlsx()))
    guide = [row[0].value for row in book["説明"].iter_rows(min_row=2)]
    assert guide == list(EXAMPLE)
