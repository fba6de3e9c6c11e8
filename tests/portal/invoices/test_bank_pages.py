"""Banks and branches are found by name; what is not there is said in words."""

from __future__ import annotations

from datetime import date

from einvoice import bank_list

from .conftest import HAGOROMO, SYSTEM

LIST = "9997,ｹﾝｼﾖｳｼﾝｷﾝ,検証信用金庫,902,ｷﾀ,北支店\r\n"


def test_a_code_is_found_by_a_part_of_the_name_and_the_age_is_told(city) -> None:
    clerk = city.browser("kaikei")
    assert "一覧がありません" in clerk.get("/banks").text
    with city.service.database.transaction() as session:
        bank_list.take_in(
            session, LIST.encode("cp932"), published_on=date(2026, 8, 1), actor=SYSTEM, at=city.now
        )
    page = clerk.get("/banks", params={"q": "検証 きた"}).text
    assert "9997" in page
    assert "902" in page
    assert "日前のものです" in page
    assert "見つかりません" in clerk.get("/banks", params={"q": "ない"}).text
    assert city.vendor_browser(HAGOROMO).get("/banks").status_code == 200
    assert city.browser().get("/banks", follow_redirects=False).status_code in {303, 401}


def test_an_account_at_no_branch_of_a_fresh_list_stops_the_payment(city) -> None:
    with city.service.database.transaction() as session:
        bank_list.take_in(
            session, LIST.encode("cp932"), published_on=date(2026, 11, 1), actor=SYSTEM, at=city.now
        )
    found = city.upload()
    shown = city.api("kaikei").get(f"/api/v1/invoices/{found['id']}").json()
    assert "PAY-001" in {f["id"] for f in shown["findings"]}
