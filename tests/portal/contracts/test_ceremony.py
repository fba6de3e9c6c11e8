"""The vendor's ceremony in HTML: link, case code, mailed code, pages, consent, signature."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.accounts import queries as accounts
from portal.accounts import registering
from records import Actor

pytestmark = pytest.mark.slow
VENDOR = "takahashi@example.jp"


def enter(office):
    """Open the mailed link in a new browser."""
    browser = office.browser()
    assert browser.submit(office.mailed_link(VENDOR)).status_code == 303
    return browser


def page_of(browser, contract_id: str) -> str:
    return browser.get(f"/vendor/contracts/{contract_id}/sign").text


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, f"no {name} on the page"
    return found.group(1)


def opened(office, contract_id: str, browser=None):
    """A browser that has given both codes."""
    browser = browser or enter(office)
    base = f"/vendor/contracts/{contract_id}/sign"
    answer = browser.submit(f"{base}/case-code", {"code": office.case_code.lower()})
    assert answer.status_code == 303
    office.run_jobs()
    answer = browser.submit(f"{base}/one-time-code", {"code": office.mailed_code(VENDOR)})
    assert answer.status_code == 303
    return browser


def test_s01_link_case_number_and_code_pages_consent_second_factor_done(office, contract_at):
    contract_id = contract_at("sent")
    base = f"/vendor/contracts/{contract_id}/sign"
    browser = enter(office)
    assert "案件コードを入力してください" in page_of(browser, contract_id)
    browser.submit(f"{base}/case-code", {"code": office.case_code})
    office.run_jobs()
    assert "ta****@example.jp" in page_of(browser, contract_id)
    browser.submit(f"{base}/one-time-code", {"code": office.mailed_code(VENDOR)})
    html = page_of(browser, contract_id)
    assert "契約書を読んでください" in html
    assert "図書館 書架用品" in html
    assert browser.get(f"/vendor/contracts/{contract_id}/pages/0.png").content[:4] == b"\x89PNG"
    sha256 = hidden(html, "sha256")
    version = hidden(html, "text_version")
    assert "髙橋 𠮷郎" in html
    unsaid = browser.submit(f"{base}/act", {"sha256": sha256, "text_version": version})
    assert unsaid.status_code == 400
    assert "同意" in unsaid.text
    said = {"sha256": sha256, "text_version": version, "agree": "yes"}
    for _ in range(2):
        answer = browser.submit(f"{base}/act", said)
        assert answer.headers["location"] == f"/vendor/contracts/{contract_id}"
    assert "署名しています" in browser.get(f"/vendor/contracts/{contract_id}").text
    progress = browser.get(f"/vendor/contracts/{contract_id}/progress").json()
    assert progress["done"] is False
    office.run_jobs()
    assert "署名が終わりました" in browser.get(f"/vendor/contracts/{contract_id}").text
    shown = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    assert shown["state"] == "awaiting_city"
    assert shown["parties"][0]["act"]["factors"] == ["case_code", "link", "mailed_code"]


def test_the_wrong_case_code_three_times_stops_the_link_until_a_new_code(office, contract_at):
    contract_id = contract_at("sent")
    base = f"/vendor/contracts/{contract_id}/sign"
    browser = enter(office)
    said = [browser.submit(f"{base}/case-code", {"code": "2222-2222-2222"}).text for _ in range(3)]
    assert "あと2回" in said[0]
    assert "あと1回" in said[1]
    assert "3回間違えたため" in said[2]
    assert "3回間違えたため" in browser.submit(f"{base}/case-code", {"code": office.case_code}).text
    trail = office.browser("kansa").get(f"/contracts/{contract_id}").text
    assert "番号またはコードが違いました" in trail
    # Who drafted may not issue a new one; a colleague may, and it works.
    refused = office.browser("chotatsu").submit(f"/contracts/{contract_id}/case-codes")
    assert refused.status_code == 403
    shown = office.browser("chotatsu2").submit(f"/contracts/{contract_id}/case-codes").text
    office.case_code = re.search(r'class="case-code">([^<]+)<', shown).group(1)
    assert browser.submit(f"{base}/case-code", {"code": office.case_code}).status_code == 303


def test_the_wrong_one_time_code_three_times_needs_a_new_one(office, contract_at):
    contract_id = contract_at("sent")
    base = f"/vendor/contracts/{contract_id}/sign"
    browser = enter(office)
    browser.submit(f"{base}/case-code", {"code": office.case_code})
    office.run_jobs()
    right = office.mailed_code(VENDOR)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(3):
        assert browser.submit(f"{base}/one-time-code", {"code": wrong}).status_code == 400
    assert browser.submit(f"{base}/one-time-code", {"code": right}).status_code == 400
    browser.submit(f"{base}/mail")
    office.run_jobs()
    code = office.mailed_code(VENDOR)
    assert browser.submit(f"{base}/one-time-code", {"code": code}).status_code == 303


def test_an_expired_link_says_so_and_signs_nobody_in(office, contract_at):
    contract_id = contract_at("sent")
    link = office.mailed_link(VENDOR)
    office.service.clock.advance(timedelta(days=11))
    browser = office.browser()
    answer = browser.submit(link)
    assert answer.status_code == 410
    assert "期限が切れています" in answer.text
    assert (
        browser.get(f"/vendor/contracts/{contract_id}", follow_redirects=False).status_code == 303
    )


def test_after_the_day_the_screen_says_whom_to_ask(office, contract_at):
    contract_id = contract_at("sent")
    browser = enter(office)
    office.service.clock.advance(timedelta(days=11))
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": VENDOR})
    office.run_jobs()
    browser.submit(office.mailed_link(VENDOR))
    html = page_of(browser, contract_id)
    assert "署名の期限を過ぎました" in html
    assert "電話" in html


def test_a_new_invitation_kills_the_old_link(office, contract_at):
    contract_id = contract_at("sent")
    old = office.mailed_link(VENDOR)
    answer = office.browser("chotatsu").submit(f"/contracts/{contract_id}/invitation")
    assert answer.status_code == 303
    office.run_jobs()
    assert office.browser().submit(old).status_code == 410
    new = office.mailed_link(VENDOR)
    assert new != old
    assert office.browser().submit(new).status_code == 303


def test_t31_a_forwarded_link_meets_the_case_code_again_in_another_browser(office, contract_at):
    contract_id = contract_at("sent")
    opened(office, contract_id)
    other = office.browser()
    other.submit("/vendor-login", {"mail": VENDOR})
    office.run_jobs()
    other.submit(office.mailed_link(VENDOR))
    assert "案件コードを入力してください" in page_of(other, contract_id)
    assert other.get(f"/vendor/contracts/{contract_id}/pdf").status_code == 400
    assert other.get(f"/vendor/contracts/{contract_id}/pages/0.png").status_code == 400


def test_t06_no_step_can_be_jumped_over(office, contract_at):
    contract_id = contract_at("sent")
    base = f"/vendor/contracts/{contract_id}/sign"
    staff = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    sha256 = staff["document"]["sha256"]
    browser = enter(office)
    for path, fields in (
        ("act", {"sha256": sha256}),
        ("decline", {"reason": "理由"}),
    ):
        assert browser.submit(f"{base}/{path}", fields).status_code == 400, path
    browser = opened(office, contract_id, browser)
    assert browser.submit(f"{base}/act", {"sha256": sha256}).status_code == 400
    version = hidden(page_of(browser, contract_id), "text_version")
    other = {"sha256": "0" * 64, "text_version": version, "agree": "yes"}
    assert browser.submit(f"{base}/act", other).status_code == 409
    shown = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    assert shown["state"] == "awaiting_vendor"


def test_the_one_time_code_counts_for_an_hour_and_for_one_act(office, contract_at):
    contract_id = contract_at("sent")
    browser = opened(office, contract_id)
    assert "契約書を読んでください" in page_of(browser, contract_id)
    office.service.clock.advance(timedelta(minutes=59))
    assert "契約書を読んでください" in page_of(browser, contract_id)
    office.service.clock.advance(timedelta(minutes=2))
    assert "本人確認の番号を入力してください" in page_of(browser, contract_id)


def test_a_vendor_declines_with_a_reason_and_the_city_is_told(office, contract_at):
    contract_id = contract_at("sent")
    browser = opened(office, contract_id)
    base = f"/vendor/contracts/{contract_id}/sign"
    assert browser.submit(f"{base}/decline", {"reason": " "}).status_code == 400
    assert browser.submit(f"{base}/decline", {"reason": "人手が足りません。"}).status_code == 303
    assert "辞退しました" in browser.get(f"/vendor/contracts/{contract_id}").text
    office.run_jobs()
    assert any("辞退しました" in body for body in office.mails("keiyaku@example.jp"))
    assert "人手が足りません。" in office.browser("chotatsu").get(f"/contracts/{contract_id}").text


def test_a_joint_venture_s_lead_waits_its_turn_and_reads_nothing_without_its_codes(
    office, contract_at
):
    contract_id = contract_at("sent", members="V-0002/遠州土木/社長/浜 太郎/hama@example.jp")
    assert office.mails("hama@example.jp")
    assert not office.mails(VENDOR)
    with office.service.database.transaction() as session:
        company = accounts.vendor_by_code(session, "V-0001")
        assert company is not None
        registering.add_vendor_user(
            session, vendor_id=company.id, mail=VENDOR, name="髙橋 𠮷郎", actor=_actor(),
            at=office.now,
        )  # fmt: skip
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": VENDOR})
    office.run_jobs()
    browser.submit(office.mailed_link(VENDOR))
    html = browser.get(f"/vendor/contracts/{contract_id}").text
    assert "ほかの当事者の署名を待っています" in html
    assert browser.get(f"/vendor/contracts/{contract_id}/pdf").status_code == 400
    assert browser.get(f"/vendor/contracts/{contract_id}/pages/0.png").status_code == 400


def test_another_vendor_sees_nothing(office, contract_at):
    contract_id = contract_at("sent")
    with office.service.database.transaction() as session:
        other = registering.add_vendor(
            session, code="V-9", name="別の会社", actor=_actor(), at=office.now
        )
        registering.add_vendor_user(
            session, vendor_id=other.id, mail="other@example.jp", name="別 人", actor=_actor(),
            at=office.now,
        )  # fmt: skip
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": "other@example.jp"})
    office.run_jobs()
    browser.submit(office.mailed_link("other@example.jp"))
    assert "契約はまだありません" in browser.get("/vendor/contracts").text
    for path in ("", "/sign", "/pdf", "/pages/0.png", "/progress"):
        answer = browser.get(f"/vendor/contracts/{contract_id}{path}")
        assert answer.status_code in (403, 404), path


def _actor():
    return Actor("system", "tests", "tests")
