"""Living with a contract in real Chromium, on a phone and on a desk: notice, inspection, guarantee,
amendment, cancellation, calendar, keeping, import; axe on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from looking import look, sign_in
from test_import_pages import CSV, zipped
from test_life_pages import PDF, make_concluded

from portal.accounts import queries as accounts
from portal.security import login_links
from portal.security.server_secret import server_secret

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VENDOR = "takahashi@example.jp"


def open_as_vendor(page, office, served, contract_id):
    settings = office.service.settings
    with office.service.database.transaction() as session:
        [person] = accounts.vendor_users_by_mail(session, VENDOR)
        link = login_links.issue(
            session,
            secret=server_secret(settings),
            vendor_user_id=person.id,
            at=office.now,
            expires_at=office.now + timedelta(days=1),
            target=f"/vendor/contracts/{contract_id}/life",
            subject="browser",
        )
    page.context.clear_cookies()
    page.goto(login_links.address_of(server_secret(settings), link.id, served))
    page.locator("main button[type=submit]").click()
    page.get_by_role("heading", name="履行の届").wait_for()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_contract_lives_from_notice_to_cancellation(office, contract_at, served, chromium, width):
    office.known_vendor = False
    contract_id = make_concluded(office, contract_at("draft"), kind="works")
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    life = f"{served}/contracts/{contract_id}/life"

    open_as_vendor(page, office, served, contract_id)
    look(page, f"life-vendor-empty-{width}")
    page.get_by_label("届の種類").select_option("completion")
    page.get_by_label("着手・完成・納品した日").fill("2026-12-03")
    page.get_by_role("button", name="提出する").click()  # without a file, as a browser sends it
    page.get_by_text("完成届を提出しました").wait_for()
    look(page, f"life-vendor-given-{width}")
    page.get_by_label("届の種類").select_option("schedule")
    files = {"name": "工程表.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="提出する").click()
    page.get_by_role("link", name="工程表.pdf").wait_for()

    sign_in(page, served, "dorokacho")
    page.goto(f"{served}/contracts/inspections")
    page.get_by_text("あと").first.wait_for()
    look(page, f"inspections-due-{width}")
    page.goto(life)
    look(page, f"life-staff-{width}")
    page.get_by_role("link", name="検査を登録する").click()
    page.get_by_role("heading", name="検収を登録する").wait_for()
    look(page, f"inspection-of-notice-{width}")
    page.get_by_role("button", name="検収を登録する").click()
    page.get_by_role("heading", name="履行と変更").wait_for()
    page.get_by_role("link", name="検査調書").first.click()
    page.get_by_role("heading", name="検査調書").wait_for()
    look(page, f"inspection-record-{width}")

    page.goto(life)
    page.get_by_text("保証を登録する").click()
    page.get_by_label("保証の額（円）").fill("880,000")
    page.get_by_label("保証契約番号").fill("12-345")
    page.get_by_label("認証キー").fill("SECRET")
    page.get_by_label("保証の期限").fill("2027-03-01")
    page.get_by_role("button", name="登録する").first.click()
    page.get_by_text("工期の終わり").first.wait_for()
    look(page, f"life-guarantee-wrong-{width}")
    assert page.get_by_label("保証契約番号").input_value() == "12-345"
    page.get_by_label("認証キー").fill("SECRET")
    page.get_by_label("保証の期限").fill("2027-03-31")
    page.get_by_role("button", name="登録する").first.click()
    page.get_by_text("確認待ち", exact=True).wait_for()
    look(page, f"life-guarantee-{width}")

    page.get_by_role("link", name="変更契約を作る").click()
    page.get_by_label("増減額（税込、円）").fill("440,000")
    page.get_by_label("変更後の完成期限").fill("2027-03-31")
    page.get_by_label("変更の理由").fill("地中障害物の撤去")
    page.get_by_label("事項").first.fill("施工方法")
    page.get_by_label("変更前").first.fill("開削工法による")
    page.get_by_label("変更後", exact=False).nth(1).fill("推進工法による")
    look(page, f"amendment-form-{width}")
    page.get_by_role("button", name="変更前と変更後を比べる").click()
    page.get_by_role("heading", name="第1回変更").wait_for()
    look(page, f"amendment-compared-{width}")
    page.get_by_role("button", name="この内容で起案する").click()
    page.get_by_text("（第1回変更）").first.wait_for()

    page.goto(life)
    page.get_by_text("解除の伺いを起こす").click()
    page.locator("#cancel-reason").fill("催告の期限を過ぎても履行しない")
    page.get_by_role("button", name="契約担当者に回す").click()
    page.get_by_text("解除の伺いを契約担当者に回しました").wait_for()
    sign_in(page, served, "keiyaku")
    page.goto(life)
    page.get_by_text("解除を決める").click()
    look(page, f"life-cancel-{width}")
    page.get_by_role("button", name="解除する").click()
    page.get_by_text("契約を解除し、受注者へ通知しました").wait_for()
    look(page, f"life-cancelled-{width}")
    open_as_vendor(page, office, served, contract_id)
    look(page, f"life-vendor-cancelled-{width}")
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_what_ends_is_kept_and_disposed_of(office, contract_at, served, chromium, width):
    office.known_vendor = False
    contract_id = make_concluded(office, contract_at("draft"))
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/calendar")
    page.get_by_text("2027年3月（1件）").wait_for()
    look(page, f"calendar-{width}")
    page.goto(f"{served}/contracts/calendar?months=1")
    look(page, f"calendar-empty-{width}")
    page.goto(f"{served}/contracts/retention")
    look(page, f"retention-empty-{width}")
    office.service.clock.advance(timedelta(days=2400))
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/retention")
    page.locator(".pick").first.check()
    look(page, f"retention-over-{width}")
    page.get_by_role("button", name="選んだ契約で廃棄の一覧を作る").click()
    page.get_by_role("heading", name="廃棄の一覧").wait_for()
    address = page.url
    sign_in(page, served, "keiyaku")
    page.goto(address)
    page.get_by_text("廃棄を決める").click()
    look(page, f"disposal-decide-{width}")
    page.get_by_role("button", name="廃棄する").click()
    page.get_by_text("順に廃棄しています").wait_for()
    look(page, f"disposal-running-{width}")
    page.goto(f"{served}/contracts/{contract_id}/life")
    look(page, f"life-keeping-{width}")
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_contracts_of_another_service_are_taken_in(office, served, chromium, width):
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/imports")
    look(page, f"imports-empty-{width}")
    page.get_by_label("どのサービスで結んだか").fill("クラウドサイン")
    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": CSV}
    page.locator("[name=table]").set_input_files(table)
    archive = {"name": "a.zip", "mimeType": "application/zip", "buffer": zipped(a=b"%PDF-1.7")}
    page.locator("[name=archive]").set_input_files(archive)
    page.get_by_role("button", name="取り込む").click()
    page.get_by_role("heading", name="取込：クラウドサイン").wait_for()
    look(page, f"import-running-{width}")
    office.run_jobs()
    page.goto(page.url)
    page.get_by_text("署名がありません").wait_for()
    look(page, f"import-done-{width}")
    page.close()
