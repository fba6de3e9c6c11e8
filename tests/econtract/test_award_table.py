"""Reading exports: encodings, headings, cells; every place to mend is named."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walk import HEADINGS, ROW, award_csv

from econtract import award_table, cells
from econtract.errors import AwardFileUnreadable


def test_the_same_rows_come_from_utf8_and_shift_jis() -> None:
    utf8 = award_table.read(award_csv())
    sjis = award_table.read(award_csv(encoding="cp932"))
    assert (utf8.encoding, sjis.encoding) == ("utf-8-sig", "cp932")
    assert utf8.rows == sjis.rows
    [row] = utf8.rows
    assert row.vendor_name == "株式会社髙﨑建設"
    assert (row.amount, row.tax, row.tax_rate) == (Decimal(22_000_000), Decimal(2_000_000), 10)
    assert row.kind == "goods"


def test_a_title_and_print_date_above_the_headings_are_passed_over() -> None:
    data = "落札結果一覧\r\n印刷日,2026/11/24\r\n\r\n".encode() + award_csv(encoding="utf-8")
    [row] = award_table.read(data).rows
    assert row.line == 5


def test_line_numbers_are_those_of_the_spreadsheet_when_a_cell_has_a_line_break() -> None:
    data = award_csv({"件名": "一行目\n二行目"}, {"案件番号": "A-2", "完成期限": "2026-13-01"})
    table = award_table.read(data)
    assert [(p.line, p.column) for p in table.problems] == [(2, "件名"), (4, "完成期限")]


def test_every_problem_names_row_column_and_remedy_in_two_languages() -> None:
    table = award_table.read(
        award_csv(
            {"落札金額（税抜）": "たくさん"},
            {"案件番号": "A-2", "メールアドレス": "@example.jp", "契約種別": "寄附"},
            {"案件番号": "A-3", "落札者": ""},
        )
    )
    assert not table.rows
    assert [(p.line, p.column) for p in table.problems] == [
        (2, "落札金額（税抜）"),
        (3, "契約種別"),
        (3, "メールアドレス"),
        (4, "落札者"),
    ]
    for problem in table.problems:
        told = problem.to_json()
        assert all(told[k][lang] for k in ("message", "remedy") for lang in ("ja", "en"))


def test_the_same_case_twice_in_one_file_is_a_problem_of_the_second_row() -> None:
    [problem] = award_table.read(award_csv({}, {"件名": "別の工事"})).problems
    assert problem.line == 3
    assert "2行目" in problem.message_ja


def test_amounts_that_contradict_each_other_are_refused() -> None:
    headings = ",".join([*HEADINGS, "契約金額（税込）"])
    cells_ = ",".join('"' + ROW[h] + '"' for h in HEADINGS)
    good = f"{headings}\n{cells_},22000000\n".encode()
    bad = f"{headings}\n{cells_},22000001\n".encode()
    assert award_table.read(good).rows[0].amount == 22_000_000
    assert award_table.read(bad).problems[0].column == "契約金額（税込）"


def test_a_character_lost_in_conversion_is_refused_not_kept() -> None:
    for lost in ("株式会社〓田組", "株式会社\ue000田組", "株式会社\ufffd田組"):
        [problem] = award_table.read(award_csv({"落札者": lost})).problems
        assert problem.column == "落札者"


def test_joint_venture_members_are_read_with_their_mail() -> None:
    members = (
        "V0002/遠州土木㈱/代表取締役/浜 太郎/hama@example.jp;"
        "V0003/乙建設/社長/乙 二郎/otsu@example.jp"
    )
    [row] = award_table.read(award_csv({"JV構成員": members})).rows
    assert [m.vendor_code for m in row.members] == ["V0002", "V0003"]
    [problem] = award_table.read(award_csv({"JV構成員": "遠州土木"})).problems
    assert problem.column == "JV構成員"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "Excel"),
        ("案件番号,件名".encode("utf-16"), "UTF-16"),
        (b"\x81\x00\xff\xfe\xfd", "UTF-8でも"),
        (b"a\x00b,c\n", "NUL"),
        ("件名,種別\nあ,工事\n".encode(), "見出し"),
        (award_csv().splitlines()[0] + b"\r\n", "データの行"),
        (b'"' + b"x" * 200, "引用符"),
        (b"a" * (award_table.MAX_BYTES + 1), "上限"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(data: bytes, word: str) -> None:
    with pytest.raises(AwardFileUnreadable) as refused:
        award_table.read(data)
    assert word in refused.value.message_ja
    assert refused.value.remedy_ja
    assert refused.value.remedy_en


def test_more_rows_than_the_limit_are_refused() -> None:
    data = award_csv(*({"案件番号": f"A-{n}"} for n in range(award_table.MAX_ROWS + 20)))
    with pytest.raises(AwardFileUnreadable, match="2,000"):
        award_table.read(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(AwardFileUnreadable):
        award_table.read(data)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(HEADINGS), st.text(max_size=30), max_size=6))
def test_no_cell_breaks_the_reader(overrides: dict[str, str]) -> None:
    with contextlib.suppress(AwardFileUnreadable, UnicodeEncodeError):
        award_table.read(award_csv(overrides, encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23",
        "2026/11/23",
        "2026年11月23日",
        "20261123",
        "令和8年11月23日",
        "R8.11.23",
        "２０２６／１１／２３",
    ],
)
def test_a_day_is_read_in_every_way_exports_write_it(text: str) -> None:
    assert cells.day(text) == date(2026, 11, 23)


@pytest.mark.parametrize("text", ["2026-02-30", "11/23", "令和8年", "1899-01-01", "あした", ""])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(cells.BadCell):
        cells.day(text)


@given(st.integers(min_value=1, max_value=10**13))
def test_every_amount_written_with_commas_or_full_width_reads_back(amount: int) -> None:
    wide = str(amount).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for written in (f"{amount:,}", f"¥{amount:,}", f"{wide}円", f"{amount}.00"):
        assert cells.yen(written) == amount


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "1,23x", "9" * 15, "NaN", "1e5"])
def test_what_is_no_whole_amount_is_refused(text: str) -> None:
    with pytest.raises(cells.BadCell):
        cells.yen(text)


def test_a_registration_number_with_a_wrong_check_digit_is_refused() -> None:
    assert cells.registration_number("T7000012050002") == "T7000012050002"
    assert cells.registration_number("") == ""
    for wrong in ("T8000012050002", "T700001205000", "ABC"):
        with pytest.raises(cells.BadCell):
            cells.registration_number(wrong)


@pytest.mark.parametrize(
    ("text", "rate"), [("10", 10), ("10%", 10), ("0.10", 10), ("８％", 8), ("0", 0)]
)
def test_tax_rates(text: str, rate: int) -> None:
    assert cells.percent(text) == rate
    with pytest.raises(cells.BadCell):
        cells.percent("7")
