"""Layouts of payment orders: order, formats, widths in bytes; nothing is cut."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.exporting import handed
from einvoice.exporting.errors import LayoutError
from einvoice.exporting.order_layout import CANONICAL, Field, OrderLayout, Record, layout_of, write
from einvoice.payment_order import COLUMNS, orders_csv
from tests.einvoice.worked_cases import CASE_1, CASE_3, CASE_4, CASE_5

CASES = (CASE_1, CASE_3, CASE_4, CASE_5)


def field(name: str = "x", **changes: Any) -> Field:
    return Field(name=name, **changes)


def layout(*fields: Field, **changes: Any) -> OrderLayout:
    return OrderLayout(records=(Record(when="order", fields=fields),), **changes)


def written(*fields: Field, orders=CASES, **changes: Any) -> bytes:
    return write(handed.of_orders(orders), layout(*fields, **changes))


def test_the_canonical_layout_writes_the_canonical_file():
    assert write(handed.of_orders(CASES), CANONICAL) == orders_csv(CASES)


def test_columns_change_places_names_and_formats():
    data = written(
        field("支払日", source="pay_date", form="era_date"),
        field("年度", source="fy", form="era_year"),
        field("科目", source="kan+kou+moku"),
        field("区分", const="7"),
        field("金額", source="payable", form="yen_comma"),
        orders=[CASE_1],
    )
    head, row = csv.reader(io.StringIO(data.decode("shift_jis")))
    assert head == ["支払日", "年度", "科目", "区分", "金額"]
    assert row == ["081120", "08", "090105", "7", "1,178,006"]


def test_codes_are_mapped_and_an_unknown_one_is_an_error():
    kinds = (("1", "10"), ("2", "20"))
    data = written(field("種別", source="kind", values=kinds), orders=[CASE_1], header=False)
    assert data == b"10\r\n"
    with pytest.raises(LayoutError, match="対応する値"):
        written(field("種別", source="kind", values=(("9", "90"),)), orders=[CASE_1])


def test_a_fixed_record_is_read_back_by_its_positions():
    """The layout of the example: order, budget and deduction records of 128 bytes."""
    made = OrderLayout(
        form="fixed",
        record_bytes=128,
        records=(
            Record(
                when="order",
                fields=(
                    field("種", const="1", width=1),
                    field("年度", source="fy", form="era_year", width=2),
                    field("所属", source="section", width=4, pad="left0"),
                    field("負担", source="commit_no", form="digits", width=10),
                    field("額", source="payable", width=10, pad="left0"),
                    field("日", source="pay_date", form="yyyymmdd", width=8),
                    field("摘要", source="summary", form="fullwidth", width=60),
                ),
            ),
            Record(
                when="budget",
                fields=(
                    field("種", const="2", width=1),
                    field("額", source="amount", width=10, pad="left0"),
                ),
            ),
            Record(
                when="deduction",
                fields=(
                    field("種", const="3", width=1),
                    field("別", source="type", width=2, values=(("WH", "01"), ("DAMAGE", "05"))),
                    field("額", source="amount", width=10, pad="left0"),
                ),
            ),
        ),
    )  # fmt: skip
    data = write(handed.of_orders(CASES), made)
    lines = data.split(b"\r\n")
    assert lines.pop() == b""
    assert {len(line) for line in lines} == {128}
    kinds = [line[:1] for line in lines]
    assert kinds == [b"1", b"2", b"1", b"2", b"3", b"1", b"2", b"3", b"1", b"2"]
    orders = [line for line in lines if line[:1] == b"1"]
    assert [int(line[17:27]) for line in orders] == [int(case.payable) for case in CASES]
    assert [line[1:3] for line in orders] == [b"08", b"08", b"08", b"07"]
    assert [line[27:35].decode() for line in orders] == [f"{c.pay_on:%Y%m%d}" for c in CASES]
    assert orders[0][35:95].decode("cp932").rstrip() == "防災備蓄品購入"
    assert [line[1:3] for line in lines if line[:1] == b"3"] == [b"05", b"01"]
    assert sum(int(line[3:13]) for line in lines if line[:1] == b"3") == 39_700 + 153_150


def test_without_newlines_the_file_is_a_multiple_of_the_record():
    data = written(
        field("額", source="net", width=12), form="fixed", newline=False, record_bytes=20
    )
    assert len(data) == 20 * len(CASES)


def test_a_full_width_character_counts_as_two_bytes_and_nothing_is_cut():
    fits = field("摘要", source="summary", width=14, pad="rightspace")
    assert written(fits, orders=[CASE_1], header=False) == "防災備蓄品購入\r\n".encode("cp932")
    with pytest.raises(LayoutError, match="幅 13 バイト") as told:
        written(replace(fits, width=13), orders=[CASE_1])
    assert CASE_1.order_no in told.value.message_ja


def test_a_character_outside_the_encoding_is_named():
    odd = replace(CASE_1, summary="𠮷田橋")
    with pytest.raises(LayoutError, match="𠮷"):
        written(field(source="summary"), orders=[odd])
    assert "𠮷".encode() in written(field(source="summary"), orders=[odd], encoding="utf-8")


def test_a_line_break_never_breaks_a_fixed_record():
    odd = replace(CASE_1, summary="a\nb")
    with pytest.raises(LayoutError, match="改行"):
        written(field(source="summary", width=20), orders=[odd], form="fixed")


def one(item: dict[str, Any]) -> dict[str, Any]:
    return {"records": [{"when": "order", "fields": [item]}]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"records": []}, "一つ以上"),
        ({"records": [{"when": "order", "fields": []}]}, "列は"),
        ({"records": [{"when": "month", "fields": []}]}, "選べません"),
        ({"form": "xml", "records": []}, "選べません"),
        ({"encoding": "utf-16", "records": []}, "選べません"),
        ({"records": [{"when": "order", "fields": [{"name": "a", "source": "passwd"}]}]}, "passwd"),
        (one({"name": "a"}), "どちらか"),
        (one({"name": "a", "source": "fy", "const": "1"}), "どちらか"),
        ({"records": [{"when": "order", "fields": [{"name": "", "const": "1"}]}]}, "名前"),
        ({"form": "fixed", **one({"name": "a", "const": "1"})}, "固定長"),
        (one({"name": "a", "const": "1", "pad": "left0"}), "幅が要ります"),
        ({"records": 5}, "形が正しく"),
        ({}, "形が正しく"),
        ({"records": [{"when": "order", "fields": [{"name": "a", "width": "x"}]}]}, "形が正しく"),
    ],
)  # fmt: skip
def test_a_layout_that_contradicts_itself_cannot_be_made(wrong, said):
    with pytest.raises(LayoutError, match=said):
        layout_of(wrong)


def test_widths_must_fit_the_record():
    with pytest.raises(LayoutError, match="レコード長"):
        layout(field(const="1", width=30), form="fixed", record_bytes=20)


def test_a_date_that_is_none_is_an_error_with_its_place():
    with pytest.raises(LayoutError, match="書式"):
        written(field(source="summary", form="yyyymmdd"))
    assert written(field(source="inspect_date", form="yyyymmdd"), header=False)


plans = st.lists(
    st.builds(
        lambda source, extra: Field(name="c", source=source, width=120 + extra),
        st.sampled_from(COLUMNS),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plans)
def test_any_fixed_layout_gives_every_value_back(fields):
    made = layout(*fields, form="fixed")
    assert layout_of(made.to_json()) == made
    orders = handed.of_orders(CASES)
    for line, order in zip(write(orders, made).split(b"\r\n"), orders, strict=False):
        at = 0
        for item in fields:
            assert line[at : at + item.width].decode("cp932").rstrip() == order.values[item.source]
            at += item.width


def test_orders_are_read_back_from_their_files_as_they_were():
    for case, one in zip(CASES, handed.of_orders(CASES), strict=True):
        back = handed.order_of(one)
        assert orders_csv([back]) == orders_csv([case])
        assert back.deductions == case.deductions
