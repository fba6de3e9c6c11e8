"""The mapping editor in the browser: try, save, approve by another, export; journals likewise."""

from __future__ import annotations

import csv
import io

from sqlalchemy import text

from einvoice.models import ExportLayout
from tests.portal.invoices.conftest import HAGOROMO

ROWS = {
    "place": ["3", "1", "2"],
    "when": ["order", "order", "order"],
    "column": ["金額", "番号", "区分"],
    "source": ["net", "order_no", ""],
    "const": ["", "", "9"],
    "form": ["yen_comma", "", ""],
    "width": ["", "", ""],
    "pad": ["", "", ""],
    "values": ["", "", ""],
}
LAYOUT = {"name": "財務会計", "shape": "csv", "encoding": "cp932", "header": "yes", **ROWS}
BOOK = {
    "name": "01",
    "package": "yayoi",
    "inclusive": "yes",
    "expense": "10=消耗品費\n=雑費",
    "tax_names": "",
}


def handed_over(city) -> str:
    found = city.approved()
    answer = city.api("kaikei").post(
        "/api/v1/handovers", json={"invoices": [found["id"]], "pay_on": "2026-12-10"}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["number"]


def approve_the_only_one(city) -> None:
    browser = city.browser("suito")
    page = browser.get("/layouts").text
    at = page.index("/approve")
    path = page[page.rindex('"', 0, at) + 1 : at + len("/approve")]
    assert browser.submit(path).status_code == 303


def exports(city, number: str) -> list[str]:
    page = city.browser("suito").get(f"/payments/{number}").text
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    return [link for link in links if "/export/" in link or "/journals/" in link]


def test_a_layout_is_tried_on_real_rows_saved_approved_and_used(city):
    number = handed_over(city)
    clerk = city.browser("kaikei")
    tried = clerk.submit("/layouts/orders", {**LAYOUT, "act": "try"})
    assert tried.status_code == 200, tried.text
    assert "R8-000001,9,&#34;220,000&#34;" in tried.text
    assert "承認待ち" not in clerk.get("/layouts").text, "trying saves nothing"
    saved = clerk.submit("/layouts/orders", {**LAYOUT, "act": "save"})
    assert saved.status_code == 303, saved.text
    assert exports(city, number) == []
    approve_the_only_one(city)
    [link] = exports(city, number)
    answer = city.browser("kaikei").get(link)
    head, row = csv.reader(io.StringIO(answer.content.decode("shift_jis")))
    assert (head, row) == (["番号", "区分", "金額"], ["R8-000001", "9", "220,000"])
    assert "Shift_JIS" in answer.headers["content-type"]
    with city.service.database.transaction() as session:
        acts = set(session.scalars(text("SELECT action FROM audit_entries")))
    assert {"layout.proposed", "layout.approved", "handover.exported"} <= acts


def test_who_wrote_a_layout_does_not_approve_it_and_accounting_may_not(city):
    clerk = city.browser("kaikei")
    clerk.submit("/layouts/orders", {**LAYOUT, "act": "save"})
    page = clerk.get("/layouts").text
    assert "/approve" not in page
    assert clerk.submit("/layouts/whatever/approve").status_code == 403


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(city):
    wrong = {**LAYOUT, "source": ["password", "order_no", ""], "act": "save"}
    answer = city.browser("kaikei").submit("/layouts/orders", wrong)
    assert answer.status_code == 400
    assert "password" in answer.text
    assert 'value="財務会計"' in answer.text


def test_the_form_begins_with_the_45_columns_or_an_earlier_version(city):
    clerk = city.browser("kaikei")
    page = clerk.get("/layouts/orders/edit").text
    assert page.count('name="place"') == 48
    clerk.submit("/layouts/orders", {**LAYOUT, "act": "save"})
    link = next(
        part.split('"')[0]
        for part in clerk.get("/layouts").text.split('href="')
        if part.startswith("/layouts/orders/edit?version=")
    )
    assert 'value="yen_comma" selected' in clerk.get(link).text


def test_journals_of_an_account_leave_for_its_package(city):
    number = handed_over(city)
    clerk = city.browser("kaikei")
    assert clerk.submit("/layouts/journals", BOOK).status_code == 303
    approve_the_only_one(city)
    ordered, paid = exports(city, number)
    [row] = csv.reader(io.StringIO(clerk.get(ordered).content.decode("cp932")))
    assert (row[0], row[4], row[8], row[10]) == ("2000", "消耗品費", "220000", "未払金")
    assert row[7] == "課対仕入込10%適格"
    assert clerk.get(paid).content == b"", "nothing is paid yet"
    clerk.submit(f"/payments/{number}/paid", {"paid_on": "2026-12-10"})
    [row] = csv.reader(io.StringIO(clerk.get(paid).content.decode("cp932")))
    assert (row[4], row[10], row[14]) == ("未払金", "普通預金", "220000")


def test_a_book_without_accounts_is_refused(city):
    answer = city.browser("kaikei").submit("/layouts/journals", {**BOOK, "expense": ""})
    assert answer.status_code == 400
    assert "費用の勘定科目" in answer.text


def test_vendors_and_sections_see_no_layouts(city):
    assert city.vendor_browser(HAGOROMO).get("/layouts").status_code == 403
    assert city.browser("kanzai").get("/layouts").status_code == 403
    assert city.browser("kansa").get("/layouts").status_code == 200
    assert city.browser("kansa").get("/layouts/orders/edit").status_code == 403


def test_an_unknown_export_is_not_found(city):
    number = handed_over(city)
    clerk = city.browser("kaikei")
    assert clerk.get(f"/payments/{number}/export/none").status_code in {400, 404}
    clerk.submit("/layouts/orders", {**LAYOUT, "act": "save"})
    with city.service.database.transaction() as session:
        layout_id = session.query(ExportLayout).one().id
    assert clerk.get(f"/payments/{number}/export/{layout_id}").status_code == 404, "not approved"
