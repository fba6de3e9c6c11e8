"""The bank code list: taken in whole, searched, and used by the match."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from einvoice import bank_list, examining, queries
from einvoice.bank_list import BranchBook
from einvoice.matching import match
from einvoice.matching.background import BankBranch
from einvoice.refusals import BankListError
from records import Database
from tests.einvoice.desk import ACCOUNTANT, Desk, noon
from tests.einvoice.situations import goods_situation, goods_terms

HEAD = "金融機関コード,金融機関名カナ,金融機関名,支店コード,支店名カナ,支店名\r\n"
NORTH = "9997,ｹﾝｼﾖｳｼﾝｷﾝ,検証信用金庫,902,ｷﾀ,北支店\r\n"
EAST = "9998,ｹﾝｼﾖｳｷﾞﾝｺｳ,検証銀行,901,ﾋｶﾞｼ,東支店\r\n"
NOVEMBER = date(2026, 11, 1)


def take(database: Database, text: str | bytes, day: date = NOVEMBER) -> bank_list.Taken:
    data = text if isinstance(text, bytes) else text.encode("cp932")
    with database.transaction() as session:
        return bank_list.take_in(session, data, published_on=day, actor=ACCOUNTANT, at=noon(day))


def found(database: Database, words: str) -> list[str]:
    with database.reader() as session:
        return [f"{r.bank_code}-{r.branch_code}" for r in bank_list.search(session, words)]


def test_a_list_is_taken_in_once_and_searched_by_name_reading_and_code(database: Database) -> None:
    assert take(database, HEAD + NORTH + EAST) == bank_list.Taken(2, 2, 0)
    assert take(database, HEAD + NORTH + EAST).already
    for words in ("検証信用", "ケンショウシンキン", "きた", "9997", "9997 902", "検証 北"):
        assert found(database, words) == ["9997-902"], words
    assert found(database, "検証") == ["9997-902", "9998-901"]
    assert found(database, "ない銀行") == []


def test_columns_are_found_by_their_headings_in_any_order(database: Database) -> None:
    text = "支店名,店番号,銀行コード,銀行名\n北支店,９０２,9997,検証信用金庫\n"
    take(database, text.encode())
    assert found(database, "検証信用金庫 北支店") == ["9997-902"]
    plain = EAST  # no headings
    take(database, NORTH + plain, date(2026, 12, 1))
    assert found(database, "ひがし") == ["9998-901"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "1件も"),
        (HEAD.encode(), "1件も"),
        (b"\xff\xfe\x81", "文字コード"),
        ((HEAD + "99,a,b,902,c,d").encode(), "2行目"),
        ((HEAD + "9997,a,b").encode(), "列が足りません"),
        ("銀行コード,銀行名\n9997,検証".encode(), "支店コード"),
    ],
)
def test_what_is_no_list_is_refused_with_the_place(database: Database, text, words) -> None:
    with pytest.raises(BankListError) as refused:
        take(database, text)
    assert words in refused.value.message_ja
    with database.reader() as session:
        assert bank_list.latest(session) is None


def test_an_older_or_a_cut_list_is_refused(database: Database) -> None:
    take(database, HEAD + NORTH + EAST + EAST.replace("901", "903") + EAST.replace("901", "904"))
    with pytest.raises(BankListError, match="古い"):
        take(database, HEAD + NORTH, date(2026, 10, 1))
    with pytest.raises(BankListError, match="途中で切れ"):
        take(database, HEAD + NORTH, date(2026, 12, 1))


def test_a_branch_that_a_newer_list_leaves_out_is_gone_since_then(database: Database) -> None:
    book = BranchBook()
    december = date(2026, 12, 1)
    with database.reader() as session:
        assert book.branch(session, "9997", "902", NOVEMBER) is None  # no list at all
    take(database, HEAD + NORTH + EAST)
    assert take(database, HEAD + EAST, december) == bank_list.Taken(1, 0, 1)
    with database.reader() as session:
        gone = book.branch(session, "9997", "902", december)
        assert gone is not None
        assert "2026-12-01" in (gone.now_named or "")
        known = book.branch(session, "9998", "901", december)
        assert known is not None
        assert (known.is_known, known.now_named, known.branch_kana) == (True, None, "ﾋｶﾞｼ")
        unknown = book.branch(session, "9999", "999", december)
        assert unknown == BankBranch(is_known=False, is_fresh=True)
        old = book.branch(session, "9999", "999", date(2027, 3, 1))
        assert old == BankBranch(is_known=False, is_fresh=False)
    assert found(database, "きた") == []


def ids(branch: BankBranch) -> set[str]:
    return {j.id for j in match(replace(goods_situation(), branch=branch)).findings}


def test_an_unknown_branch_stops_by_a_fresh_list_and_is_warned_of_by_an_old_one() -> None:
    assert "PAY-001" in ids(BankBranch(is_known=False, is_fresh=True))
    assert "PAY-006" not in ids(BankBranch(is_known=False, is_fresh=True))
    assert "PAY-006" in ids(BankBranch(is_known=False))
    assert "PAY-001" not in ids(BankBranch(is_known=False))
    assert not {"PAY-001", "PAY-006"} & ids(BankBranch(is_known=True, is_fresh=True))


def test_a_branch_under_another_name_than_registered_is_warned_of(
    database: Database, store, clock
) -> None:
    desk = Desk(database, store, clock, branches=BranchBook())
    desk.on(date(2026, 10, 27))
    take(database, HEAD + NORTH + EAST, date(2026, 10, 1))
    desk.inspect_goods()
    same = desk.receive(goods_terms())

    def warned() -> bool:
        with desk.database.transaction() as session:
            row = queries.invoice(session, same.invoice_id, lock=True)
            examining.rematch(session, desk.deps, row, at=desk.at)
            return "PAY-006" in {f.check_id for f in queries.findings(session, row.id)}

    assert not warned()
    take(database, HEAD + NORTH + EAST.replace("ﾋｶﾞｼ", "ﾋｶﾞｼﾁﾕｳｵｳ"), date(2026, 10, 20))
    assert warned()
