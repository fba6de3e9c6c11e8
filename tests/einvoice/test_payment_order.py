"""支出命令 CSV: rows of the worked cases, identities, encodings."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice import zengin_reading
from einvoice.payment_order import (
    COLUMNS,
    BudgetShare,
    Deduction,
    DeductionKind,
    PaymentOrder,
    budget_csv,
    deduction_csv,
    edi_text,
    orders_csv,
)
from einvoice.refusals import PaymentOrderError
from einvoice.zengin import TransferFile, build
from tests.einvoice.worked_cases import CASE_1, CASE_3, CASE_4, PAYER, ROWS, transfer_of


@pytest.mark.parametrize("name", ROWS)
def test_order_row_is_the_published_one(name: str) -> None:
    order, expected = ROWS[name]
    lines = orders_csv([order]).decode("utf-8").split("\r\n")
    assert lines == [",".join(COLUMNS), expected, ""]


def test_there_are_45_columns() -> None:
    assert len(COLUMNS) == 45


def test_deductions_are_a_file_of_their_own() -> None:
    rows = deduction_csv([CASE_3, CASE_4]).decode().split("\r\n")[1:3]
    assert rows == [
        "R8-105877,1,DAMAGE,48400000,39700,R8-C-0009876,",
        "R8-104733,1,WH,1250000,153150,,",
    ]


def test_budget_split_sums_to_the_payable() -> None:
    half = BudgetShare(budget=CASE_1.budget, amount=Decimal(589_003))
    order = replace(CASE_1, shares=(half, half))
    rows = budget_csv([order]).decode().split("\r\n")[1:3]
    assert rows[1] == "R8-104512,2,2026,01,09,01,05,0123,10,01,589003"
    with pytest.raises(PaymentOrderError, match="科目内訳"):
        orders_csv([replace(order, shares=(half,))])


@pytest.mark.parametrize(
    "broken",
    [
        replace(CASE_1, tax_8=Decimal(47_988)),
        replace(CASE_3, prepaid=Decimal(19_360_000)),
        replace(CASE_4, payable=Decimal(153_149), gross=Decimal(153_149), base_10=Decimal(28_149)),
        replace(
            CASE_1,
            gross=Decimal("1178006.5"),
            base_10=Decimal("481980.5"),
            payable=Decimal("1178006.5"),
        ),
    ],
    ids=["sum per rate", "prepaid", "deduction above payable", "fraction of a yen"],
)
def test_a_row_whose_figures_disagree_is_not_written(broken: PaymentOrder) -> None:
    with pytest.raises(PaymentOrderError):
        orders_csv([broken])


def test_cp932_by_switch_and_what_it_cannot_write_is_named() -> None:
    assert orders_csv([CASE_1], encoding="cp932").decode("cp932") == orders_csv([CASE_1]).decode()
    with pytest.raises(PaymentOrderError, match="𠮷"):
        orders_csv([replace(CASE_1, summary="𠮷野")], encoding="cp932")


def test_formulas_are_disarmed_only_in_the_variant_for_spreadsheets() -> None:
    order = replace(CASE_1, summary="=1+1")
    assert ",=1+1," in orders_csv([order]).decode()
    assert ",'=1+1," in orders_csv([order], spreadsheet=True).decode()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("INV-2026-1015", "R8-104512 1015"),
        ("D-77", "R8-104512 D-77"),
        ("請求26-0310", "R8-104512 26-0310"),
        ("A" * 40, "R8-104512 " + "A" * 10),
    ],
)
def test_payee_can_tell_the_payment_by_its_own_number(number: str, expected: str) -> None:
    assert edi_text("R8-104512", number) == expected


YEN = st.integers(min_value=1, max_value=90_000_000)


@st.composite
def an_order(draw: st.DrawFn, number: int) -> PaymentOrder:
    """A random order whose figures agree, as every order of the desk must."""
    base_10, base_8, free = draw(YEN), draw(YEN), draw(st.integers(0, 10_000_000))
    gross = base_10 + base_10 // 10 + base_8 + base_8 * 8 // 100 + free
    prepaid = draw(st.integers(0, gross - 1))
    payable = gross - prepaid
    deducted = draw(st.integers(0, payable - 1))
    account = draw(st.sampled_from([CASE_1, CASE_3, CASE_4])).account
    return replace(
        CASE_1,
        order_no=f"R8-{number:06d}",
        base_10=Decimal(base_10),
        tax_10=Decimal(base_10 // 10),
        base_8=Decimal(base_8),
        tax_8=Decimal(base_8 * 8 // 100),
        not_taxed=Decimal(free),
        gross=Decimal(gross),
        prepaid=Decimal(prepaid),
        payable=Decimal(payable),
        deductions=(
            Deduction(kind=DeductionKind.OTHER, base=Decimal(payable), amount=Decimal(deducted)),
        )
        if deducted
        else (),
        account=account,
        edi=f"R8-{number:06d}",
    )


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(min_value=1, max_value=12))
def test_a_random_months_orders_deductions_and_transfers_reconcile_to_the_yen(
    data: st.DataObject, count: int
) -> None:
    orders = [data.draw(an_order(number)) for number in range(count)]
    rows = list(csv.DictReader(io.StringIO(orders_csv(orders).decode())))
    taken = list(csv.DictReader(io.StringIO(deduction_csv(orders).decode())))
    split = list(csv.DictReader(io.StringIO(budget_csv(orders).decode())))
    batch = TransferFile(PAYER, date(2026, 11, 20), tuple(transfer_of(o) for o in orders))
    read = zengin_reading.read(build(batch))
    assert read.faults == ()
    payable = sum(int(row["payable"]) for row in rows)
    assert sum(int(row["amount"]) for row in split) == payable
    assert payable - sum(int(row["amount"]) for row in taken) == int(read.total)
    assert sum(int(row["net"]) for row in rows) == int(read.total)
