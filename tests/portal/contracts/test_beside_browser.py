"""A memorandum, the board with its chain, and a contract called off, in real Chromium with axe."""

from __future__ import annotations

import pytest
from looking import look, sign_in
from test_life_pages import make_concluded

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_memorandum_is_made_and_stands_under_its_contract(
    office, contract_at, served, chromium, width
):
    office.known_vendor = False
    contract_id = make_concluded(office, contract_at("draft"))
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/{contract_id}/life")
    page.get_by_role("link", name="覚書を作る").click()
    page.get_by_label("合意の趣旨").fill("夜間の作業時間の取り決め")
    page.get_by_label("合意の内容").fill("作業は21時から翌5時までとする。")
    look(page, f"memorandum-form-{width}")
    page.get_by_role("button", name="下書きを作る").click()
    page.get_by_text("（覚書1）").first.wait_for()
    look(page, f"memorandum-drafted-{width}")
    page.goto(f"{served}/contracts")
    page.locator(".beneath").wait_for()
    look(page, f"board-chain-{width}")
    page.goto(f"{served}/contracts?standing=cancelled")
    page.get_by_text("当てはまる契約はありません").wait_for()
    look(page, f"board-none-{width}")
    page.goto(f"{served}/contracts/search")
    page.get_by_text("一続き").first.wait_for()
    look(page, f"search-chain-{width}")
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_sent_contract_is_called_off(office, contract_at, served, chromium, width):
    contract_id = contract_at("sent")
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/{contract_id}")
    page.locator("#call-off summary").click()
    page.locator("#call-off-reason").fill("予算が成立しなかったため")
    look(page, f"call-off-asked-{width}")
    page.locator("#call-off").get_by_role("button", name="取り下げる").click()
    page.get_by_text("取下げ（送信後）").first.wait_for()
    look(page, f"call-off-done-{width}")
    page.close()
