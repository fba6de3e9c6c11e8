"""The newer pages in a browser, by phone and desk: sheets, batches, bulk, days due, routes, keys.

Every role's path is walked with axe; the walk itself is `test_browser.py`'s.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.portal.invoices.conftest import HAGOROMO, City
from tests.portal.invoices.test_browser import Visitor, address, visitor  # noqa: F401  fixtures
from tests.portal.invoices.test_many_at_once import many
from tests.portal.invoices.test_sheets import PDF, TYPED

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_vendor_sends_a_sheet_and_a_large_zip(city: City, visitor: Visitor) -> None:  # noqa: F811
    page = visitor.page
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices/sheets").look("40-sheet")
    page.set_input_files(
        "input[name=file]", {"name": "請求書.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.select_option("select[name=contract]", TYPED["contract"])
    for name in ("number", "issue_date", "start", "base_10"):
        page.fill(f"input[name={name}]", TYPED[name].replace(",", ""))
    page.fill("input[name=payable]", "220001")
    page.get_by_role("button", name="登録する").click()
    page.get_by_text("税抜額から計算した額").first.wait_for()
    visitor.look("41-sheet-wrong")
    page.set_input_files(
        "input[name=file]", {"name": "請求書.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.fill("input[name=payable]", "220000")
    page.get_by_role("button", name="登録する").click()
    page.wait_for_url("**/vendor/invoices/26-*")
    city.run_jobs()
    visitor.go("/vendor/invoices/26-000001").look("42-vendor-sheet")
    visitor.staff("kanzai").go("/invoices/26-000001").look("43-staff-sheet")
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices/new")
    page.set_input_files(
        "input[name=files]",
        {"name": "11月分.zip", "mimeType": "application/zip", "buffer": many(city, 60)},
    )
    page.get_by_role("button", name="送る", exact=True).click()
    page.wait_for_url("**/vendor/invoices/batches/B-000001")
    visitor.look("44-batch-going-on")
    city.run_jobs()
    visitor.go("/vendor/invoices/batches/B-000001").look("45-batch-done")
    visitor.go("/vendor/invoices").look("46-vendor-list")
    visitor.go("/account").look("47-keys")


def test_staff_decide_many_and_keep_routes(city: City, visitor: Visitor) -> None:  # noqa: F811
    page = visitor.page
    visitor.staff("kaikei").go("/approval-routes").look("50-routes-empty")
    page.fill("#amount-1", "0")
    page.fill("#title-1", "課長")
    page.get_by_role("button", name="経路を登録する").click()
    page.get_by_text("決裁の経路を登録しました").wait_for()
    page.select_option("select[name=holder]", index=1)
    page.select_option("select[name=deputy]", index=2)
    page.fill("#field-reason", "出張")
    page.get_by_role("button", name="代理を登録する").click()
    page.get_by_text("代理を登録しました").wait_for()
    visitor.look("51-routes")
    city.inspected()
    city.upload()
    visitor.staff("kanzai2").go("/invoices").look("52-board-bulk")
    page.get_by_role("link", name="まとめて承認する").click()
    page.wait_for_url("**/invoices/bulk/section")
    visitor.look("53-bulk")
    page.get_by_role("button", name="印の付いた請求書を承認する").click()
    page.get_by_text("1件を承認しました").wait_for()
    city.give_title("kanzai3", "課長")
    visitor.staff("kanzai3").look("54-home-head")
    visitor.go("/invoices/26-000001").look("55-invoice-head")
    page.get_by_role("button", name="承認する").click()
    page.wait_for_url("**/invoices")
    visitor.go("/invoices/bulk/head").look("56-bulk-empty")


def test_what_is_late_in_the_eyes_of_each_role(city: City, visitor: Visitor) -> None:  # noqa: F811
    city.inspected()
    city.upload()
    city.on(date(2027, 1, 25))
    visitor.staff("kaikei").go("/due-dates").look("57-due-dates")
    visitor.go("/invoices/26-000001").look("58-invoice-late")
    visitor.staff("suito").go("/due-dates").look("59-due-dates-treasurer")
    visitor.staff("kansa").go("/invoices?step=").look("60-board-auditor")
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices/26-000001").look("61-vendor-late")
