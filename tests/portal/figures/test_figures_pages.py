"""実績: what the page, the CSV and the API tell of the same things."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from portal.figures.savings import savings
from tests.portal.invoices.conftest import HAGOROMO


def test_savings_show_their_formula_and_leave_the_duty_to_the_vendors():
    found = savings(100, [("works", Decimal(48_400_000)), ("goods", Decimal(1_000_000))])
    by_name = {(saving.whose, saving.name): saving for saving in found}
    assert round(by_name["市", "作業時間"].value, 2) == round((100 * 8 + 2 * 30.9) / 60, 2)
    assert "100件 × 8分" in by_name["市", "作業時間"].formula
    assert by_name["事業者", "印紙税"].value == 10_000
    assert all(saving.source and saving.formula for saving in found)


def test_an_empty_year_says_so(city):
    page = city.browser("kaikei").get("/figures").text
    assert "この期間に受け付けた請求書はありません" in page


def test_page_csv_and_api_agree(city):
    city.inspected()
    city.upload()
    browser = city.browser("kaikei")
    page = browser.get("/figures").text
    assert "1 ÷ 1" in page
    assert "電子データで届いた件数 ÷ 届いた件数" in page
    table = browser.get("/figures.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[4][:6] == ["指標", "一度で通った割合", "", "100％", "1", "1"]
    told = city.api("kaikei").get("/api/v1/figures").json()
    assert told["received"] == 1
    assert told["first_pass"] == {"part": 1, "whole": 1}
    each = browser.get("/figures/invoices.csv").text.splitlines()
    assert each[0].startswith("receipt_no,channel")
    assert each[1].startswith("26-000001,api,管財課")


def test_a_period_that_is_none_is_refused(city):
    browser = city.browser("kaikei")
    for query in ("first=x", "first=2026-11-02&last=2026-11-01", "first=1900-01-01"):
        assert browser.get(f"/figures?{query}").status_code == 400
        assert browser.get(f"/figures.csv?{query}").status_code == 400


def test_vendors_see_no_figures(city):
    assert city.vendor_browser(HAGOROMO).get("/figures").status_code == 403
    assert city.browser("kansa").get("/figures").status_code == 200
