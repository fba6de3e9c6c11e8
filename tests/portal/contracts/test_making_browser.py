"""The pages of making and deciding in Chromium, phone and desktop: axe, nothing over the edge."""

from __future__ import annotations

import pytest
from looking import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AWARD = (
    "番号,調達名,契約種別,担当課,落札日,業者番号,落札金額（税抜）,着手日,完成期限,納入場所\n"
    "1,机,物品,道路保全課,2026-11-20,V-0009,1000,2026-12-01,2027-01-31,庁舎\n"
)


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_the_pages_of_making_and_deciding(
    office, contract_at, served, chromium, width
) -> None:
    ended = contract_at("draft")
    office.api("chotatsu").post(
        f"/api/v1/contracts/{ended}/withdrawal", json={"reason": "仕様の変更"}
    )
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="ja-JP")
    page = context.new_page()
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/awards/new")
    look(page, f"making-award-new-{width}")
    page.get_by_label("案件番号").fill("2026-随-1")
    page.get_by_label("落札決定日").fill("2026-11-20")
    page.get_by_role("button", name="登録する").click(no_wait_after=True)
    look(page, f"making-award-new-wrong-{width}")
    page.goto(f"{served}/contracts/awards")
    look(page, f"making-awards-ended-{width}")
    page.set_input_files(
        "[name=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": AWARD.encode("cp932")}
    )
    page.get_by_role("button", name="取り込む", exact=True).click()
    page.get_by_role("heading", name="どの列が何ですか").wait_for()
    look(page, f"making-columns-{width}")
    sign_in(page, served, "chotatsu2")
    page.goto(f"{served}/contracts/{ended}")
    look(page, f"making-release-{width}")
    office.api("chotatsu2").post(f"/api/v1/contracts/{ended}/release", json={"reason": "直した"})
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/awards")
    page.get_by_role("button", name="の契約書を作る").click()
    page.get_by_role("heading", name="契約書の下書き").wait_for()
    page.set_input_files(
        "#attachments ~ form [name=file]",
        {"name": "図面.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"},
    )
    page.get_by_role("button", name="添付する", exact=True).click()
    page.get_by_role("link", name="図面.pdf").wait_for()
    look(page, f"making-draft-{width}")
    page.goto(f"{served}/contracts/routes")
    page.get_by_role("button", name="今の表を写して次の版を作る").click()
    page.get_by_role("link", name="行を足す").wait_for()
    look(page, f"making-routes-{width}")
    page.get_by_role("link", name="smallの行を直す").click()
    page.get_by_role("heading", name="行を直す").wait_for()
    look(page, f"making-route-row-{width}")
    sign_in(page, served, "dorokacho")
    page.goto(f"{served}/contracts/deputies")
    look(page, f"making-deputies-{width}")
    page.goto(f"{served}/contracts/decisions")
    look(page, f"making-register-empty-{width}")
    context.close()


def test_axe_finds_nothing_on_the_register_with_its_decisions(
    office, contract_at, served, chromium
) -> None:
    contract_at("approved")
    context = chromium.new_context(viewport={"width": 360, "height": 900}, locale="ja-JP")
    page = context.new_page()
    sign_in(page, served, "kansa")
    page.goto(f"{served}/contracts/decisions")
    look(page, "making-register-360")
    page.set_viewport_size({"width": 1280, "height": 900})
    look(page, "making-register-1280")
    context.close()
