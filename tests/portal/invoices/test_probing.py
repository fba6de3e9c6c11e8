"""A vendor tries another vendor's numbers at every address of the invoice half there is."""

from __future__ import annotations

import re

from fastapi.routing import iter_route_contexts

from tests.portal.invoices.conftest import HAGOROMO, NUMBER, TAKAHASHI
from tests.portal.invoices.test_many_at_once import many

OURS = ("/vendor/invoices", "/vendor/drafts", "/invoices", "/api/v1/invoice", "/payments")
SECRETS = ("はごろも", "A-7", "R8-物-0007", "220,000")


def addresses(city) -> list[tuple[str, str]]:
    found = []
    for route in iter_route_contexts(city.app.routes):
        path = getattr(route, "path", "")
        if "{" in path and path.startswith(OURS) and getattr(route, "methods", None):
            found += [(method, path) for method in sorted(route.methods - {"HEAD"})]
    return found


def test_no_address_tells_or_changes_anything_of_anothers_invoice(city) -> None:
    found = city.upload()
    vendor = city.vendor_browser(HAGOROMO)
    draft = vendor.submit("/vendor/drafts", {"contract": NUMBER}).headers["location"]
    files = [("files", ("11月.zip", many(city, 60), "application/zip"))]
    vendor.submit("/vendor/invoices/upload", files=files)
    city.run_jobs()
    before = city.api(HAGOROMO).get(f"/api/v1/invoices/{found['id']}").json()
    batch = vendor.get("/vendor/invoices/batches/B-000001").text
    submission = re.search(r"B-\d{6}", batch).group(0)

    browser, api = city.vendor_browser(TAKAHASHI), city.api(TAKAHASHI)
    tried = 0
    for invoice_id in (found["id"], found["receipt_no"]):
        values = {
            "invoice_id": invoice_id,
            "draft_id": draft.rpartition("/")[2],
            "number": submission,
            "submission": submission,
            "batch_id": "H-000001",
            "name": "payment_orders.csv",
            "step": "section",
        }
        for method, path in addresses(city):
            if set(re.findall(r"{(\w+)}", path)) - set(values):
                continue
            at = path.format(**values)
            if path.startswith("/api/"):
                answer = api.request(method, at, json={"reason": "x", "seen": 1})
            elif method == "GET":
                answer = browser.get(at)
            else:
                answer = browser.submit(at, {"reason": "x", "seen": "1", "step": "section"})
            tried += 1
            told = answer.text.replace(at, "")
            assert answer.status_code not in {201, 202}, (method, at)
            assert not any(secret in told for secret in SECRETS), (method, at)
    assert tried > 60
    assert city.api(HAGOROMO).get(f"/api/v1/invoices/{found['id']}").json() == before
    assert vendor.get(draft).status_code == 200  # the draft is still there
