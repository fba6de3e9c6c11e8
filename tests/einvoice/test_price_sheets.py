"""Prices that a contract is claimed by, and their change by date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice import price_sheets
from einvoice.contract_terms import AgreedPrices, ContractKind, Instalment
from einvoice.matching import match
from einvoice.price_sheets import PriceForm, read_table
from einvoice.refusals import PriceSheetError
from records import audit
from tests.einvoice.desk import CLERK, Desk
from tests.einvoice.situations import (
    D,
    earlier,
    goods_contract,
    goods_situation,
    milk_contract,
    milk_situation,
)

TEN = Decimal(10)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("unit_price", "", "行がありません"),
        ("unit_price", "牛乳,本,100", "4〜5列"),
        ("unit_price", "牛乳,本,100,高い", "1行目：単価「高い」"),
        ("unit_price", "牛乳,本,100,0", "単価「0」"),
        ("unit_price", "牛乳,本,100,52.12345", "単価"),
        ("unit_price", "牛乳,本,100,NaN", "単価"),
        ("unit_price", "牛乳,本,100,52.37,5", "税率「5」"),
        ("unit_price", ",本,100,52.37", "品名"),
        ("unit_price", "\n".join(["牛乳,本,,1"] * 501), "500行"),
        ("unit_price", "あ" * 60_001, "60,000文字"),
        ("milestone", "第1回,2026-06-31,100", "日付「2026-06-31」"),
        ("milestone", "第1回,2026-06-30", "3列"),
        ("milestone", "第1回,2026-06-30,100.5", "1円未満"),
    ],
)
def test_a_table_that_cannot_be_read_names_its_line(kind: str, text: str, words: str) -> None:
    with pytest.raises(PriceSheetError) as refused:
        read_table(ContractKind(kind), text, TEN)
    assert words in refused.value.message_ja


def test_a_table_is_read_from_csv_and_from_pasted_cells() -> None:
    csv = '品名,単位,予定数量,単価,税率\r\n牛乳 200ml,本,"10,000",５２．３７円,8%\r\n'
    csv += "容器,日,,1815\r\n"
    pasted = "牛乳 200ml\t本\t10000\t52.37\t8\n容器\t日\t-\t1815\t10"
    expected = [["牛乳 200ml", "本", "10000", "52.37", "8"], ["容器", "日", "", "1815", "10"]]
    assert read_table(ContractKind.UNIT_PRICE, csv, TEN) == expected
    assert read_table(ContractKind.UNIT_PRICE, pasted, TEN) == expected


def test_prices_hold_from_their_day_on_and_a_correction_of_one_day_wins(desk: Desk) -> None:
    terms = milk_contract(lines=())

    def record(day: date, price: str, **more) -> str:
        form = PriceForm(
            kind=ContractKind.UNIT_PRICE, valid_from=day, source="変更契約書",
            table=f"牛乳,本,100000,{price},8", is_planned=True, **more,
        )  # fmt: skip
        with desk.database.transaction() as session:
            return price_sheets.record(session, terms, form, actor=CLERK, at=desk.at).id

    october = date(2026, 10, 1)
    press = "11111111-1111-4111-8111-111111111111"
    assert record(date(2026, 4, 1), "52.37", press=press) == press
    assert record(date(2026, 4, 1), "99", press=press) == press  # pressed twice: once
    record(october, "54.00")
    record(october, "53.90")
    with desk.database.reader() as session:
        found = price_sheets.revised(session, terms)
        assert len(audit.history(session, f"prices:{press}")) == 1
    prices = {
        day: found.as_of(day).lines[0].unit_price
        for day in (date(2026, 4, 1), date(2026, 9, 30), october, date(2027, 3, 31))
    }
    assert list(prices.values()) == [D("52.37"), D("52.37"), D("53.90"), D("53.90")]
    assert found.as_of(date(2026, 3, 31)).lines == ()
    assert found.as_of(date(2026, 4, 1)).priced_from is None
    line = found.as_of(october).lines[0]
    assert (line.reduced, line.tax_rate, line.quantity) == (True, 8, 100_000)


def test_before_the_first_sheet_nothing_is_agreed_and_the_claim_is_told_from_when() -> None:
    first = AgreedPrices(
        valid_from=date(2026, 11, 1), kind=ContractKind.UNIT_PRICE, lines=milk_contract().lines
    )
    lump = milk_contract(kind=ContractKind.LUMP, lines=(), prices=(first,))
    october = milk_situation(terms=lump.as_of(date(2026, 10, 31)))
    assert october.terms.priced_from == date(2026, 11, 1)
    told = [j.finding.message.ja for j in match(october).findings if j.id == "CON-007"]
    assert len(told) == 1
    assert "2026-11-01 より前" in told[0]
    assert not {"AMT-005", "AMT-006"} & set(match(october).ids())  # no amount is guessed
    november = milk_situation(terms=lump.as_of(date(2026, 11, 1)))
    assert "CON-007" not in match(november).ids()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_from": date(2025, 1, 1)}, "契約期間の始まりより前"),
        ({"valid_from": date(2027, 4, 1)}, "契約期間の終わりより後"),
        ({"source": " "}, "写した元の文書"),
        ({"kind": ContractKind.FIXED_MONTHLY}, "月額（税込）を円で"),
        ({"kind": ContractKind.FIXED_MONTHLY, "monthly_gross": D("99999999")}, "契約金額を超え"),
        ({"kind": ContractKind.LUMP}, "請求のしかた"),
        ({"kind": ContractKind.MILESTONE, "table": "1回,2026-06-30,1"}, "分割の合計 1円"),
    ],
)
def test_a_sheet_that_does_not_fit_its_contract_is_refused(desk: Desk, changes, words) -> None:
    form = PriceForm(
        kind=ContractKind.UNIT_PRICE, valid_from=date(2026, 4, 1), source="契約書",
        table="牛乳,本,,52.37",
    )  # fmt: skip
    with desk.database.transaction() as session, pytest.raises(PriceSheetError) as refused:
        price_sheets.record(
            session, milk_contract(), replace(form, **changes), actor=CLERK, at=desk.at
        )
    assert words in refused.value.message_ja


def in_instalments(*gross: int, due: date = date(2026, 10, 1), **more):
    """Case 1 as a contract that is paid in these instalments."""
    parts = tuple(
        Instalment(name=f"第{n}回", due_on=due, gross=D(amount))
        for n, amount in enumerate(gross, 1)
    )
    terms = goods_contract(kind=ContractKind.MILESTONE, instalments=parts)
    return [j.id for j in match(goods_situation(terms=terms, **more)).findings]


def test_an_instalment_is_claimed_once_with_its_amount_and_not_before_its_day() -> None:
    assert "CON-012" not in in_instalments(1_178_006, 1_000)
    assert "CON-012" in in_instalments(1_178_005, 1_000)
    assert "CON-012" in in_instalments(1_178_006, 1_000, due=date(2026, 10, 28))
    taken = earlier("INV-1", 1_178_006, contract_no="2026K-B-00123", period=None)
    assert "CON-012" in in_instalments(1_178_006, 1_000, earlier=(taken,))
    assert "CON-012" not in in_instalments(1_178_006, 1_178_006, earlier=(taken,))
