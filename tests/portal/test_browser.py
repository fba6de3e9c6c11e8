"""Real Chromium on the door's pages: axe, console, keyboard, zoom, no script, double clicks.

Set WARIFU_TEST_SCREENSHOTS to a folder to keep what was seen.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import Request
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from playwright.sync_api import expect
from sqlalchemy import text

from portal import home, pages
from portal.home import Card, NavItem
from portal.mail import mailer
from portal.security import login_links
from portal.security.roles import Role
from portal.security.server_secret import server_secret
from records import jobs

from .conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = {"phone": 360, "desktop": 1280}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(params=WIDTHS, ids=list(WIDTHS))
def page(request, chromium):
    """A page of a fresh browser; fails the test on any console error."""
    context = chromium.new_context(
        viewport={"width": WIDTHS[request.param], "height": 800}, locale="ja-JP"
    )
    page = context.new_page()
    page.width_name = request.param
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert [e for e in errors if "the server responded with a status of" not in e] == []


def look(page, name: str) -> None:
    """axe finds nothing, nothing hangs over the edge; the picture is kept when asked for."""
    folder = os.environ.get("WARIFU_TEST_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}-{page.width_name}.png", full_page=True)
    result = Axe().run(page, options=RULES).response
    found = [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in result["violations"]
    ]
    assert found == [], name
    assert len(result["passes"]) > 15, "axe looked at little"
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name}: {wide} px too wide"
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, nav a, input:not([type=hidden])')]
        .filter(e => e.checkVisibility() && !e.closest('.breadcrumb, .tick'))
        .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 80)])
        .filter(([height]) => height < 44)"""
    )
    assert small == [], f"{name}: targets below 44 px"


def sign_in(page, live: str, name: str) -> None:
    page.goto(f"{live}/login")
    page.get_by_label("ログイン名").fill(name)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{live}/home")


@pytest.fixture
def busy_home(monkeypatch):
    monkeypatch.setattr(home, "_cards", {})
    monkeypatch.setattr(home, "_nav", [])
    for card in (
        Card(
            "審査を待つ請求書",
            "/i",
            count=3,
            tone="waiting",
            text="担当課の検査が済んだもの",
            action="審査する",
        ),
        Card(
            "支払期限が近い請求書", "/l", count=1, tone="late", text="受け付けから25日を過ぎたもの"
        ),
        Card("今年度の請求書", "/a", count=1204),
        Card("検索", "/s", text="番号・事業者・期間・金額で探します"),
    ):
        home.register_card(Role.ACCOUNTING, lambda session, user, card=card: card)
    home.register_nav(NavItem("請求書", "/i", "invoice.list", count=lambda session, user: 3))
    home.register_nav(NavItem("支払", "/p", "payment.read"))
    home.register_nav(NavItem("契約", "/c", "contract.list"))
    home.register_nav(NavItem("事業者", "/v", "vendor.read"))


def test_public_pages(page, live, person, door):
    for name, path in [
        ("front", "/"),
        ("login", "/login?why=expired"),
        ("vendor-login", "/vendor-login"),
        ("not-found", "/nothing"),
        ("health", "/health"),
        ("mailbox-empty", "/demo/mailbox"),
    ]:
        page.goto(live + path)
        look(page, name)
    mailer(door.settings.mail).send(
        to=person.mail,
        subject="【遠州市】契約書のご確認",
        body=f"髙﨑 𠮷郎 様\n\n{live}/l/abc\n",
        message_key="1",
        at=door.clock.now(),
    )
    page.goto(f"{live}/demo/mailbox")
    look(page, "mailbox")
    page.get_by_role("link", name="契約書のご確認").click()
    look(page, "mail")


def test_english_front(page, live):
    page.goto(live)
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    look(page, "front-english")


def test_staff_pages(page, live, staff, busy_home):
    page.goto(f"{live}/login")
    page.get_by_label("ログイン名").fill("accounting")
    page.get_by_label("パスワード").fill("wrong password")
    page.get_by_role("button", name="サインイン").click()
    page.get_by_text("ログイン名またはパスワードが違います。").wait_for()
    look(page, "login-wrong")
    sign_in(page, live, "accounting")
    look(page, "home")
    page.goto(f"{live}/account")
    look(page, "account-empty")
    page.get_by_label("使い道").fill("会計システム連携")
    page.get_by_role("button", name="APIキーを作る").click()
    page.get_by_text("二度と表示できません").wait_for()
    look(page, "account-key")
    page.get_by_role("button", name="サインアウト", exact=True).click()
    page.get_by_text("サインアウトしました。").wait_for()
    look(page, "signed-out")


def test_empty_home(page, live, staff, monkeypatch):
    monkeypatch.setattr(home, "_cards", {})
    sign_in(page, live, "auditor")
    look(page, "home-empty")


def test_vendor_pages(page, live, door, person, monkeypatch):
    monkeypatch.setattr(home, "_cards", {})
    secret = server_secret(door.settings)
    with door.database.transaction() as session:
        link = login_links.issue(
            session,
            secret=secret,
            vendor_user_id=person.id,
            at=door.clock.now(),
            expires_at=door.clock.now() + timedelta(minutes=30),
        )
    address = login_links.address_of(secret, link.id, live)
    page.goto(address)
    look(page, "link")
    page.get_by_role("button", name="続ける").click()
    page.wait_for_url(f"{live}/home")
    look(page, "vendor-home")
    page.goto(address)
    look(page, "link-used")
    page.get_by_role("button", name="新しいリンクを送る").click()
    page.get_by_text("新しいリンクを送りました").first.wait_for()
    look(page, "link-renewed")


def test_desks(page, live, staff, vendor, person, door):
    sign_in(page, live, "procurement")
    for name, path in [
        ("vendors", "/vendors"),
        ("vendors-none", "/vendors?q=無い"),
        ("vendor", f"/vendors/{vendor.id}"),
        ("vendor-edit", f"/vendors/{vendor.id}/edit"),
    ]:
        page.goto(live + path)
        look(page, name)
    page.get_by_label("名称", exact=False).first.fill("")
    page.get_by_label("口座番号").fill("12345678")
    page.get_by_role("button", name="保存する").click()
    page.get_by_role("alert").wait_for()
    look(page, "vendor-edit-wrong")
    page.get_by_role("button", name="サインアウト", exact=True).click()
    sign_in(page, live, "operator")
    page.goto(f"{live}/operations")
    look(page, "operations-idle")
    with door.database.transaction() as session:
        jobs.enqueue(session, "econtract.render", key="k", args={})
        jobs.enqueue(session, "portal.mail", key="k", args={})
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name LIKE 'eco%'")
        )
    page.goto(f"{live}/operations")
    look(page, "operations")
    page.goto(f"{live}/staff")
    look(page, "staff")
    page.get_by_text("変える：会計課 太郎").click()
    look(page, "staff-open")
    page.get_by_role("button", name="サインアウト", exact=True).click()
    sign_in(page, live, "auditor")
    look(page, "auditor-home")
    page.goto(f"{live}/audit")
    look(page, "audit")
    page.get_by_role("button", name="書き換えがないか検査する").click()
    page.get_by_text("書き換えはありません").wait_for()
    look(page, "audit-checked")


@pytest.fixture
def gallery(app, live, monkeypatch) -> str:
    """A page with every component."""
    here = FileSystemLoader(Path(__file__).parent)
    environment = pages.templates()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([environment.loader, here]))

    @app.get("/gallery")
    def show(request: Request):
        return pages.render(request, "gallery.html")

    return f"{live}/gallery"


def test_every_component(page, gallery):
    page.goto(gallery)
    assert page.evaluate("document.activeElement.className") == "error-summary"
    look(page, "gallery")
    page.get_by_text("辞退する", exact=True).click()
    expect(page.locator("[name=reason]")).to_be_focused()
    look(page, "gallery-confirm")
    page.keyboard.press("Escape")
    assert not page.locator("#decline").get_attribute("open")
    page.emulate_media(media="print")
    assert page.locator(".site-nav, .action-bar").first.is_hidden()


def test_zoomed_to_200_percent_nothing_is_lost(chromium, gallery):
    """1280 px at 200 % is 640 px of CSS."""
    page = chromium.new_page(viewport={"width": 640, "height": 400})
    page.goto(gallery)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


def test_sign_in_by_keyboard_only(chromium, live, staff):
    page = chromium.new_page()
    page.goto(f"{live}/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("accounting")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live}/home")
    page.close()


def test_sign_in_without_script(chromium, live, staff):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live}/account")
    page.get_by_label("ログイン名").fill("accounting")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{live}/account")
    page.get_by_role("button", name="サインアウト", exact=True).click()
    page.wait_for_url(f"{live}/")
    context.close()


def test_a_double_click_sends_a_form_once(chromium, live, staff, door):
    from sqlalchemy import func, select

    from portal.accounts.models import ApiKey

    page = chromium.new_page()
    sign_in(page, live, "accounting")
    page.goto(f"{live}/account")
    page.get_by_label("使い道").fill("連携")
    page.get_by_role("button", name="APIキーを作る").dblclick()
    page.get_by_text("二度と表示できません").wait_for()
    with door.database.reader() as session:
        assert session.scalar(select(func.count()).select_from(ApiKey)) == 1
    page.close()


def test_the_page_with_a_progress_bar_follows_the_work(chromium, app, live, monkeypatch):
    state = {"percent": 10}
    page_source = (
        '{% extends "base.html" %}{% block head %}{{ ui.refresh() }}{% endblock %}'
        '{% block main %}<h1>x</h1>{{ ui.progress("/job/state", "作成中") }}{% endblock %}'
    )
    environment = pages.templates()
    ours = DictLoader({"work.html": page_source})
    monkeypatch.setattr(environment, "loader", ChoiceLoader([environment.loader, ours]))

    @app.get("/work")
    def work(request: Request):
        return pages.render(request, "work.html")

    @app.get("/job/state")
    def where():
        state["percent"] += 45
        done = state["percent"] >= 100
        return {"done": done, "percent": state["percent"], "words": "あと少し", "next": "/login"}

    page = chromium.new_page()
    page.goto(f"{live}/work")
    page.get_by_text("あと少し").wait_for()
    page.wait_for_url(f"{live}/login", timeout=15000)
    page.close()
