"""Paper and PDF invoices: the sheet is kept, its data typed, confirmed, and marked to the end."""

from __future__ import annotations

import pytest

from tests.portal.invoices.conftest import HAGOROMO, NUMBER, TAKAHASHI

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
TYPED = {
    "contract": NUMBER,
    "number": "紙-12",
    "issue_date": "2026-11-24",
    "start": "2026-11-20",
    "end": "",
    "base_10": "200,000",
    "base_8": "",
    "base_0": "",
    "payable": "220,000円",
}


def send(browser, path: str = "/vendor/invoices/sheets", data: bytes = PDF, **changes: str):
    files = [("file", ("請求書.pdf", data, "application/pdf"))]
    return browser.submit(path, {**TYPED, **changes}, files=files)


def test_a_pdf_with_typed_data_walks_to_payment_and_stays_marked(city) -> None:
    city.inspected()
    vendor = city.vendor_browser(HAGOROMO)
    assert "紙・PDF の請求書" in vendor.get("/vendor/invoices/sheets").text
    answer = send(vendor)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/vendor/invoices/26-000001",
    )
    city.run_jobs()
    assert "非構造データ" in vendor.get("/vendor/invoices/26-000001").text
    original = vendor.get("/vendor/invoices/26-000001/original")
    assert original.content == PDF
    assert original.headers["content-type"] == "application/pdf"
    assert 'filename="26-000001.pdf"' in original.headers["content-disposition"]

    section = city.browser("kanzai2")
    page = section.get("/invoices/26-000001").text
    assert "羽衣 みどり が原本から入力しました" in page
    assert "DOC-006" in page
    assert "まとめて承認する" not in section.get("/invoices").text  # never approved unseen
    reason = {"check": "DOC-006", "reason": "原本と照合した"}
    assert section.submit("/invoices/26-000001/release", reason).status_code == 303
    api = {who: city.api(who) for who in ("kanzai2", "kaikei", "suito")}
    path = "/api/v1/invoices/26-000001"
    for who, step in (("kanzai2", "section"), ("kaikei", "accounting"), ("suito", "treasurer")):
        seen = api[who].get(path).json()["version"]
        done = api[who].post(f"{path}/approve", json={"step": step, "seen": seen})
        assert done.status_code == 200, done.text
    accounting = city.browser("kaikei")
    assert "紙・PDF" in accounting.get("/payments").text
    form = {"pay_on": "2026-12-10", "invoices": ["26-000001"]}
    batch = accounting.submit("/payments", form).headers["location"]
    assert "紙・PDF" in accounting.get(batch).text
    orders = accounting.get(f"{batch}/files/payment_orders.csv").text
    assert "PAPER" in orders


def test_the_same_sheet_again_has_the_receipt_it_had(city) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    first, again = send(vendor), send(vendor, number="紙-13")
    assert first.headers["location"] == again.headers["location"]


def test_the_same_invoice_as_data_and_as_a_sheet_is_found(city) -> None:
    city.upload(data=city.invoice(number="紙-12"))
    send(city.vendor_browser(HAGOROMO))
    city.run_jobs()
    page = city.browser("kanzai").get("/invoices/26-000002").text
    assert "DUP-003" in page


def test_the_city_registers_what_came_by_post_for_its_own_contracts(city) -> None:
    assert send(city.browser("doro"), "/invoices/sheets").status_code == 400
    for who in ("kanzai", "kaikei"):
        answer = send(city.browser(who), "/invoices/sheets", data=PDF + who.encode())
        assert answer.status_code == 303, answer.text
    assert city.browser("kansa").get("/invoices/sheets").status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"payable": "220,001"}, "220,000円"),
        ({"base_10": "にじゅうまん"}, "数字で入力"),
        ({"base_10": ""}, "1行以上"),
        ({"contract": "R9-無-0001"}, "契約が見つかりません"),
        ({"issue_date": "昨日"}, "請求日を入力"),
    ],
)
def test_what_was_typed_wrongly_is_named_and_the_rest_is_kept(city, changes, words) -> None:
    answer = send(city.vendor_browser(HAGOROMO), **changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'value="紙-12"' in answer.text


@pytest.mark.parametrize("data", [b"", b"<Invoice/>", b"MZ\x90", b"PK\x03\x04"])
def test_what_is_no_picture_is_not_taken(city, data: bytes) -> None:
    answer = send(city.vendor_browser(HAGOROMO), data=data)
    assert answer.status_code == 400
    assert "請求書.pdf" in answer.text


def test_an_unmarked_sheet_with_reduced_items_is_held(city) -> None:
    send(city.vendor_browser(HAGOROMO), base_10="", base_8="200,000", payable="216,000")
    city.run_jobs()
    assert "TAX-010" in city.browser("kanzai").get("/invoices/26-000001").text


def test_a_vendor_cannot_register_for_anothers_contract(city) -> None:
    answer = send(city.vendor_browser(TAKAHASHI))
    assert answer.status_code == 400
    assert "契約が見つかりません" in answer.text
