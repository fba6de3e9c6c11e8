"""Real Chromium on the invoice's pages: axe, console, nothing over the edge, phone and desk.

Set WARIFU_TEST_SCREENSHOTS to a folder to keep what was seen.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe

from portal.security import sessions
from tests.portal.invoices.conftest import HAGOROMO, NUMBER, PASSWORD, City

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = {"phone": 360, "desk": 1280}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def address(city: City) -> Iterator[str]:
    """The city's door as a real server on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    found = f"http://127.0.0.1:{listener.getsockname()[1]}"
    service = city.service
    web = service.settings.web.model_copy(update={"public_url": found})
    service.settings = service.settings.model_copy(update={"web": web})
    server = uvicorn.Server(
        uvicorn.Config(city.app, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield found
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


class Visitor:
    """One person at a Chromium window of one width."""

    def __init__(self, page, address: str, width: str) -> None:
        self.page, self.address, self.width = page, address, width

    def staff(self, login_name: str) -> Visitor:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/login")
        self.page.fill("input[name=login_name]", login_name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button.button-primary")
        self.page.wait_for_url("**/home")
        return self

    def vendor(self, city: City, mail: str) -> Visitor:
        self.page.context.clear_cookies()
        browser = city.vendor_browser(mail)
        name = sessions.cookie_name(city.service.settings)
        token = browser.cookies[name]
        self.page.context.add_cookies([{"name": name, "value": token, "url": self.address}])
        return self

    def go(self, path: str) -> Visitor:
        self.page.goto(f"{self.address}{path}")
        return self

    def look(self, name: str) -> None:
        """axe finds nothing, nothing hangs over the edge; the picture is kept when asked for."""
        folder = os.environ.get("WARIFU_TEST_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}-{self.width}.png", full_page=True)
        result = Axe().run(self.page, options=RULES).response
        found = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in result["violations"]
        ]
        assert found == [], name
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name}: {wide} px over the edge"


@pytest.fixture(params=WIDTHS, ids=list(WIDTHS))
def visitor(request, chromium, address: str) -> Iterator[Visitor]:
    context = chromium.new_context(
        viewport={"width": WIDTHS[request.param], "height": 800}, locale="ja-JP"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Visitor(page, address, request.param)
    context.close()
    assert [e for e in errors if "the server responded with a status of" not in e] == []


def test_every_page_of_the_walk(city: City, visitor: Visitor) -> None:
    page = visitor.page
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices").look("1-vendor-empty")
    visitor.go("/vendor/invoices/new").look("2-vendor-new")
    page.get_by_role("button", name="事務用品の購入の請求書を作る").click()
    visitor.look("3-vendor-form")
    page.fill("input[name=number]", "2026-011")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm")
    visitor.look("4-vendor-confirm")
    page.get_by_role("button", name="この内容で送る").click()
    page.wait_for_url("**/vendor/invoices/26-*")
    city.run_jobs()
    page.reload()
    visitor.look("5-vendor-invoice")
    visitor.staff("kanzai").look("6-home-section")
    visitor.go("/invoices").look("7-board")
    visitor.go("/invoices/26-000001").look("8-invoice-before-inspection")
    page.get_by_role("link", name="検収を登録する").click()
    visitor.look("9-inspection")
    page.get_by_role("button", name="検収を登録する").click()
    page.wait_for_url("**/invoices/26-000001")
    visitor.look("10-invoice-matched")
    page.get_by_role("button", name="承認する").click()
    page.wait_for_url("**/invoices")
    for who, name in (("kaikei", "11-invoice-accounting"), ("suito", "12-invoice-treasurer")):
        visitor.staff(who).go("/invoices/26-000001").look(name)
        page.get_by_role("button", name="承認する").click()
        page.wait_for_url("**/invoices")
    visitor.staff("kaikei").go("/payments").look("13-payments")
    page.fill("input[name=pay_on]", "2026-12-10")
    page.get_by_role("button", name="選んだ請求書を引き渡す").click()
    page.wait_for_url("**/payments/H-*")
    visitor.look("14-batch")
    page.get_by_role("button", name="すべて支払済にする").click()
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices/26-000001").look("15-vendor-paid")


def test_pages_of_what_goes_wrong(city: City, visitor: Visitor) -> None:
    page = visitor.page
    city.inspected()
    city.upload(data=city.invoice(net=210_000))
    visitor.staff("kanzai").go("/invoices/26-000001").look("20-invoice-rejected")
    page.locator("#return summary").click()
    visitor.look("21-return-open")
    page.get_by_role("button", name="返戻する", exact=True).click()
    page.wait_for_url("**/invoices/26-000001")
    visitor.look("22-invoice-returned")
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices/26-000001").look("23-vendor-returned")
    city.upload(data=city.invoice("H-2", contract="不明"))
    visitor.staff("kanzai").go("/invoices/unassigned").look("24-unassigned")
    visitor.go("/invoices/26-000002").look("25-invoice-without-contract")
    visitor.go(f"/inspections/new?contract={NUMBER}").look("26-inspection-again")
    visitor.vendor(city, HAGOROMO).go("/vendor/invoices").look("27-vendor-list")
    city.upload(data=city.invoice("H-3").replace(b"jp-1", b"jp-9"))
    visitor.go("/vendor/invoices/26-000003").look("28-vendor-refused")
