"""Real Chromium on the contract pages: 360 px, keyboard only, without script; axe on every page."""

from __future__ import annotations

import re

import pytest
from looking import PASSWORD, look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VENDOR = "takahashi@example.jp"


def press(page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def tab_to(page, selector: str) -> None:
    """Walk with the Tab key until the element has the focus; fails when it is out of reach."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


@pytest.mark.parametrize("script", [False, True], ids=["without-script", "with-script"])
def test_the_ceremony_on_a_phone_with_the_keyboard_alone(
    office, contract_at, served, chromium, script
):
    contract_id = contract_at("sent")
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=script, locale="ja-JP"
    )
    page = context.new_page()
    page.goto(served + office.mailed_link(VENDOR))
    tab_to(page, "main button[type=submit]")
    press(page, "Enter")
    page.wait_for_url(f"**/vendor/contracts/{contract_id}/sign")
    look(page, "ceremony-1-case-code", axe=script)
    tab_to(page, "[name=code]")
    page.keyboard.type("2222-2222-2222")
    press(page, "Enter")
    page.get_by_text("あと2回").wait_for()
    look(page, "ceremony-2-case-code-wrong", axe=script)
    tab_to(page, "[name=code]")
    page.keyboard.type(office.case_code)
    press(page, "Enter")
    page.get_by_role("heading", name="本人確認の番号").wait_for()
    look(page, "ceremony-3-one-time-code", axe=script)
    office.run_jobs()
    tab_to(page, "[name=code]")
    page.keyboard.type(office.mailed_code(VENDOR))
    press(page, "Enter")
    page.get_by_role("heading", name="契約書を読んでください").wait_for()
    tab_to(page, ".sheet summary")
    press(page, "Enter")
    assert "第1条" in page.locator(".sheet-words").first.inner_text()
    look(page, "ceremony-4-read-agree-sign", axe=script)
    tab_to(page, "[name=agree]")
    press(page, "Space")
    tab_to(page, "form[action$='/sign/act'] button[type=submit]")
    press(page, "Enter")
    page.get_by_role("heading", name="署名しています").wait_for()
    look(page, "ceremony-7-signing", axe=script)
    office.run_jobs()
    page.get_by_text("署名が終わりました").wait_for()
    look(page, "ceremony-8-signed", axe=script)
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_the_staff_pages(office, contract_at, served, chromium, width):
    ids = {"concluded": contract_at("concluded")}
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="ja-JP")
    page = context.new_page()

    def sign_in(name: str) -> None:
        context.clear_cookies()
        page.goto(f"{served}/login")
        page.get_by_label("ログイン名").fill(name)
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="サインイン").click()
        page.wait_for_url(f"{served}/home")

    sign_in("chotatsu")
    for name, path in (
        ("home", "/home"),
        ("board", "/contracts"),
        ("board-empty", "/contracts?step=deciding"),
        ("awards", "/contracts/awards"),
        ("concluded", f"/contracts/{ids['concluded']}"),
        ("verify", "/verify"),
    ):
        page.goto(served + path)
        look(page, f"staff-{name}-{width}")
    page.goto(f"{served}/contracts/awards")
    page.set_input_files(
        "[name=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    )
    page.get_by_role("button", name="取り込む").click()
    page.get_by_role("heading", name="どの列が何ですか").wait_for()
    look(page, f"staff-awards-refused-{width}")
    pdf = office.api("chotatsu").get(f"/api/v1/contracts/{ids['concluded']}/pdf").content
    page.goto(f"{served}/verify")
    page.set_input_files(
        "[name=file]", {"name": "c.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    page.get_by_role("button", name="確かめる", exact=True).click()
    page.get_by_text(re.compile("有効です（VALID）")).wait_for()
    look(page, f"verify-passed-{width}")
    sign_in("dorokacho")
    page.goto(f"{served}/contracts/inbox")
    look(page, f"staff-inbox-empty-{width}")
    context.close()


@pytest.mark.parametrize(
    "step", ["draft", "ready", "deciding", "approved", "sent", "vendor_signed"]
)
def test_axe_finds_nothing_on_a_contract_at_each_step(office, contract_at, served, chromium, step):
    contract_id = contract_at(step)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page = context.new_page()
    who = {"deciding": "dorokacho", "vendor_signed": "keiyaku"}.get(step, "chotatsu")
    page.goto(f"{served}/login")
    page.get_by_label("ログイン名").fill(who)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{served}/home")
    page.goto(f"{served}/contracts/{contract_id}")
    look(page, f"contract-{step}")
    if step == "draft":
        page.goto(f"{served}/contracts/{contract_id}/draft")
        look(page, "contract-draft-form")
    if step == "deciding":
        page.get_by_text("差し戻す").first.click()
        look(page, "contract-deciding-return")
        page.goto(f"{served}/contracts/inbox")
        look(page, "staff-inbox")
    if step == "approved":
        page.get_by_role("button", name="受注者へ送る").click()
        page.locator(".case-code").wait_for()
        look(page, "contract-sent-codes")
    if step == "vendor_signed":
        page.goto(f"{served}/contracts/{contract_id}/close")
        look(page, "close-1")
        page.get_by_role("button", name="番号を送る").click()
        page.get_by_label("メールで届いた6桁の番号").wait_for()
        look(page, "close-2")
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_finding_a_contract_of_years_ago(office, contract_at, served, chromium, width):
    contract_at("concluded")
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    page.goto(f"{served}/login")
    page.fill("[name=login_name]", "kansa")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/home")
    page.goto(f"{served}/contracts")
    page.get_by_role("link", name="確定した契約を日付・金額・相手方で探す").click()
    page.fill("[name=amount_from]", "8,000,000")
    page.fill("[name=partner]", "㈱高崎")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1件").wait_for()
    look(page, f"search-{width}")
    page.fill("[name=amount_to]", "いくらか")
    page.keyboard.press("Enter")
    page.get_by_text("金額として読めません").first.wait_for()
    look(page, f"search-wrong-{width}")
    page.close()
