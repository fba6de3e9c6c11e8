"""支払明細: the vendor sees its own, staff see anybody's; PDF and CSV agree with the page."""

from __future__ import annotations

import io
import json

import pikepdf

from tests.portal.invoices.conftest import HAGOROMO, TAKAHASHI


def paid(city) -> None:
    found = city.approved()
    made = city.api("kaikei").post(
        "/api/v1/handovers", json={"invoices": [found["id"]], "pay_on": "2026-12-10"}
    )
    assert made.status_code == 201, made.text
    order = made.json()["orders"][0]["order_no"]
    answer = city.api("kaikei").post(
        "/api/v1/payment-results",
        content=f"order_no,result,paid_on\n{order},PAID,2026-12-10\n".encode(),
        headers={"content-type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text


def test_a_vendor_sees_its_payments_and_takes_them_home(city, prepare):
    paid(city)
    browser = city.vendor_browser(HAGOROMO)
    page = browser.get("/vendor/statement").text
    assert "220,000円" in page
    assert "2026年12月10日" in page
    assert browser.get("/vendor/statement.csv").content.decode("utf-8-sig").count("220000") == 4
    key = {"year": "2026", "kind": "fiscal", "request_key": "k"}
    ordered = browser.submit("/vendor/statement", key)
    assert (
        browser.submit("/vendor/statement", key).headers["location"]
        == (ordered.headers["location"])
    )
    path = ordered.headers["location"]
    assert browser.get(f"{path}/progress").json()["done"] is False
    prepare()
    assert "220,000円" in browser.get(path).text
    pdf = browser.get(f"{path}/pdf")
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        data = json.loads(opened.attachments["statement.json"].get_file().read_bytes())
    assert (data["net"], data["count"]) == (220_000, 1)
    told = city.api(HAGOROMO).get("/api/v1/statements").json()
    assert (told["net"], len(told["payments"])) == (220_000, 1)


def test_another_vendors_statement_does_not_exist(city, prepare):
    paid(city)
    ordered = city.vendor_browser(HAGOROMO).submit(
        "/vendor/statement", {"year": "2026", "kind": "fiscal", "request_key": "k"}
    )
    prepare()
    other = city.vendor_browser(TAKAHASHI)
    path = ordered.headers["location"]
    for tail in ("", "/pdf", "/progress"):
        assert other.get(path + tail).status_code == 404
    assert "220,000" not in other.get("/vendor/statement?vendor=x").text
    assert city.api(TAKAHASHI).get("/api/v1/statements").json()["payments"] == []
    nothing = {"year": "2026", "kind": "fiscal", "request_key": "k"}
    assert other.submit("/vendor/statement", nothing).status_code == 404


def test_accounting_sees_any_vendors_statement_and_sections_none(city, prepare):
    paid(city)
    clerk = city.browser("kaikei")
    page = clerk.get("/statements").text
    assert "有限会社はごろも文具" in page
    vendor = page.split('<option value="')[2].split('"')[0]
    shown = clerk.get(f"/statements?vendor={vendor}&year=2026&kind=calendar").text
    assert "220,000円" in shown
    assert clerk.get(f"/statements.csv?vendor={vendor}&year=2026").status_code == 200
    ordered = clerk.submit(
        "/statements", {"vendor": vendor, "year": "2026", "kind": "fiscal", "request_key": "k"}
    )
    prepare()
    path = ordered.headers["location"]
    assert clerk.get(f"{path}/progress").json()["done"] is True
    assert clerk.get(f"{path}/pdf").content.startswith(b"%PDF")
    assert "できました" in clerk.get(path).text
    assert city.browser("kanzai").get("/statements").status_code == 403
