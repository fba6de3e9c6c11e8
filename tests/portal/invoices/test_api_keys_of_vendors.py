"""Keys of vendors: narrowed, limited, idempotent; JSON as well as XML; described for programs."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from portal.security import idempotency
from tests.portal.invoices.conftest import HAGOROMO, HERE, NUMBER, TAKAHASHI

FORM = {
    "contract": NUMBER,
    "number": "J-1",
    "issue_date": "2026-11-24",
    "start": "2026-11-20",
    "end": "2026-11-20",
    "lines": [{"name": "事務用品", "price": "200000"}],
}


def key_of(browser, scope: str) -> str:
    page = browser.submit("/account/keys", {"label": "請求システム", "scope": scope}).text
    return re.search(r">(warifu_[\w-]{43})<", page).group(1)


def program(city, scope: str = "", mail: str = HAGOROMO) -> TestClient:
    headers = {"authorization": f"Bearer {key_of(city.vendor_browser(mail), scope)}"}
    return TestClient(city.app, base_url=HERE, headers=headers)


def test_a_vendor_makes_a_key_that_can_only_send_and_read_invoices(city) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    assert "請求書を出す・見る" in vendor.get("/account").text
    api = program(city, "invoices")
    sent = api.post("/api/v1/invoices/form", json=FORM)
    assert sent.status_code == 201, sent.text
    assert api.get("/api/v1/invoices").status_code == 200
    refused = api.get("/api/v1/contracts")
    assert refused.status_code == 403
    assert "用途" in refused.text
    assert program(city, "read").post("/api/v1/invoices/form", json=FORM).status_code == 403
    assert "請求書を出す・見る" in city.vendor_browser(HAGOROMO).get("/account").text


def test_json_makes_the_same_invoice_as_the_form_on_screen(city) -> None:
    api = city.api(HAGOROMO)
    answer = api.post("/api/v1/invoices/form", json=FORM)
    assert answer.status_code == 201
    again = api.post("/api/v1/invoices/form", json=FORM)
    assert (again.status_code, again.json()["already"]) == (200, "same_bytes")
    city.run_jobs()
    row = api.get(f"/api/v1/invoices/{answer.json()['receipt_no']}").json()
    assert (row["number"], row["payable"], row["contract_no"]) == ("J-1", 220_000, NUMBER)
    wrong = api.post("/api/v1/invoices/form", json={**FORM, "number": "", "start": "昨日"})
    assert wrong.status_code == 400
    assert {error["field"] for error in wrong.json()["errors"]} == {"number", "start"}
    assert city.api(TAKAHASHI).post("/api/v1/invoices/form", json=FORM).status_code == 404


def test_a_request_sent_again_under_its_key_has_the_answer_it_had(city) -> None:
    api = city.api(HAGOROMO)
    headers = {"content-type": "application/xml", "idempotency-key": "order-7"}
    first = api.post("/api/v1/invoices", content=city.invoice(), headers=headers)
    again = api.post("/api/v1/invoices", content=city.invoice(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = api.post("/api/v1/invoices", content=city.invoice("B-2"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "portal.idempotency_key")
    # Another holder's same key is another key.
    theirs = city.api(TAKAHASHI).post("/api/v1/invoices", content=city.invoice(), headers=headers)
    assert theirs.status_code == 201
    with city.service.database.transaction() as session:
        idempotency.sweep(session, city.now + idempotency.KEPT * 2)
    assert api.post("/api/v1/invoices", content=city.invoice(), headers=headers).status_code == 200


def test_a_key_that_asks_too_often_is_told_to_wait(city) -> None:
    limits = city.service.settings.limits.model_copy(update={"api_per_minute": 10})
    city.service.settings = city.service.settings.model_copy(update={"limits": limits})
    api, other = program(city), program(city, mail=TAKAHASHI)
    codes = [api.get("/api/v1/invoices").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    assert other.get("/api/v1/invoices").status_code == 200


def test_the_api_is_described_without_signing_in(city) -> None:
    document = city.browser().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path in ("/api/v1/invoices", "/api/v1/invoices/form", "/api/v1/invoice-batches/{number}"):
        assert path in document["paths"]
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
