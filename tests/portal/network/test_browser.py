"""Real Chromium on the network's pages: axe, nothing hangs over, a message sent again by hand."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from peppol.as4.sending import Sender
from portal.accounts import registering
from portal.app import create_app
from portal.security.passwords import hashed
from portal.security.roles import Role

from .conftest import City
from .test_pages import PASSWORD, SYSTEM, refuse
from .test_sending import queued

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def live(city: City) -> Iterator[str]:
    """The city's pages on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = city.service.settings
    web = settings.web.model_copy(update={"public_url": address})
    city.service.settings = settings.model_copy(update={"web": web})
    app = create_app(city.service, raise_unknown=True)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield address
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture(params=[360, 1280], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, chromium) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": request.param, "height": 800}, locale="ja-JP")
    yield context.new_page()
    context.close()


def look(page: Page, name: str) -> None:
    folder = os.environ.get("WARIFU_TEST_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"]  # type: ignore[index]
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(r["id"], [n["html"] for n in r["nodes"]]) for r in found] == [], name
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name


def test_accounting_finds_what_failed_and_sends_it_again(page, live, city, monkeypatch):
    monkeypatch.setattr(Sender, "_post", refuse)
    queued(city)
    city.receive(city.outgoing())
    city.run_jobs()
    monkeypatch.undo()
    with city.service.database.transaction() as session:
        user = registering.add_staff(
            session,
            login_name="kaikei",
            display_name="伊藤 由美",
            roles=[Role.ACCOUNTING],
            password=None,
            department="会計課",
            title="主任",
            actor=SYSTEM,
            at=city.now,
        )
        user.password_hash = hashed(PASSWORD)
    page.goto(f"{live}/login")
    page.get_by_label("ログイン名").fill("kaikei")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{live}/home")
    page.goto(f"{live}/network?shelf=trouble")
    look(page, "network-trouble")
    page.goto(f"{live}/network")
    look(page, "network-list")
    page.goto(f"{live}/network?shelf=incoming")
    page.locator("table a").first.click()
    expect(page.get_by_role("heading", name="受信：請求書")).to_be_visible()
    look(page, "network-received")
    failed = next(row for row in city.sent() if row.document_number)
    page.goto(f"{live}/network/{failed.id}")
    page.locator("summary", has_text="再送する").click()
    look(page, "network-failed")
    page.locator("#resend button[type=submit]").click()
    expect(page.get_by_text("再送を始めました")).to_be_visible()
    city.run_jobs()
    page.reload()
    expect(page.get_by_text("届きました（受領書あり）")).to_be_visible()
