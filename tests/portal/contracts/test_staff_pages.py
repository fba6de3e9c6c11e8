"""Staff pages: import, draft, decide, send, close; refusals in words; alarms that survive."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from econtract import queries
from econtract.models import Contract
from records import audit

pytestmark = pytest.mark.slow


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, f"no {name} on the page"
    return found.group(1)


def upload(browser, data: bytes):
    return browser.submit("/contracts/awards", {}, files={"file": ("awards.csv", data, "text/csv")})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_an_export_becomes_a_draft_in_the_browser(office, csv_text, encoding):
    browser = office.browser("chotatsu")
    assert upload(browser, csv_text.encode(encoding)).status_code == 303
    html = browser.get("/contracts/awards").text
    assert "1件を取り込みました" in html
    made = browser.submit("/contracts", {"award_id": hidden(html, "award_id")})
    draft = browser.get(made.headers["location"]).text
    assert "図書館 書架用品 一式" in draft
    assert "8,800,000円" in draft
    assert upload(browser, csv_text.encode(encoding)).status_code == 303
    assert "契約書を作る案件はありません" in browser.get("/contracts/awards").text


def test_a_file_to_mend_lists_rows_columns_and_remedies(office, csv_text):
    browser = office.browser("chotatsu")
    bad = csv_text.replace("8000000", "たくさん").replace("takahashi@example.jp", "nobody")
    answer = upload(browser, bad.encode())
    assert answer.status_code == 400
    for words in ("2行目", "落札金額（税抜）", "メールアドレス", "1件も取り込んでいません"):
        assert words in answer.text
    assert upload(browser, b"").status_code == 400
    assert "Excel" in upload(browser, b"PK\x03\x04xxxx").text
    assert office.browser("dorokacho").submit("/contracts/awards").status_code == 403


def test_a_draft_that_lacks_something_says_where(office, contract_at):
    contract_id = contract_at("draft")
    browser = office.browser("chotatsu")
    html = browser.get(f"/contracts/{contract_id}/draft").text
    fields = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', html))
    fields.pop("csrf")
    fields.pop("language", None)
    answer = browser.submit(
        f"/contracts/{contract_id}/draft", fields | {"specification": "", "act": "make"}
    )
    assert answer.status_code == 400
    assert "品質・規格・数量" in answer.text
    assert "ここを直してください" in answer.text
    answer = browser.submit(
        f"/contracts/{contract_id}/draft",
        fields | {"revision": "2", "vendor_email": "x", "act": "save"},
    )
    assert answer.status_code == 400
    assert "メールアドレスの形ではありません" in answer.text
    answer = browser.submit(
        f"/contracts/{contract_id}/draft",
        fields | {"revision": "2", "specification": "仕様書のとおり", "act": "make"},
    )
    assert answer.status_code == 303, answer.text
    assert "契約書を作成中" in browser.get(f"/contracts/{contract_id}").text
    assert browser.get(f"/contracts/{contract_id}/progress").json()["done"] is False
    office.run_jobs()
    html = browser.get(f"/contracts/{contract_id}").text
    assert "決裁に回す" in html
    assert "担当課長（決裁） → 契約担当者（決裁）" in html
    assert browser.get(f"/contracts/{contract_id}/pages/0.png").status_code == 200
    assert browser.get(f"/contracts/{contract_id}/pages/99.png").status_code == 404


def test_decisions_from_inbox_to_sending_with_the_code_shown_once(office, contract_at):
    contract_id = contract_at("ready")
    drafter = office.browser("chotatsu")
    html = drafter.get(f"/contracts/{contract_id}").text
    sha256 = hidden(html, "sha256")
    assert (
        drafter.submit(f"/contracts/{contract_id}/submission", {"sha256": sha256}).status_code
        == 303
    )
    officer = office.browser("keiyaku")
    assert "決裁を待つ契約はありません" in officer.get("/contracts/inbox").text
    head = office.browser("dorokacho")
    assert "図書館 書架用品" in head.get("/contracts/inbox").text
    html = head.get(f"/contracts/{contract_id}").text
    seen = {"sha256": sha256, "decision_id": hidden(html, "decision_id")}
    for _ in range(2):
        assert head.submit(f"/contracts/{contract_id}/approval", seen).status_code == 303
    assert "承認する" not in drafter.get(f"/contracts/{contract_id}").text
    html = officer.get(f"/contracts/{contract_id}").text
    seen = {"sha256": sha256, "decision_id": hidden(html, "decision_id")}
    assert officer.submit(f"/contracts/{contract_id}/approval", seen).status_code == 303
    sent = drafter.submit(f"/contracts/{contract_id}/sending").text
    assert re.search(r'class="case-code">[2-9A-Z]{4}(-[2-9A-Z]{4}){2}<', sent)
    again = drafter.submit(f"/contracts/{contract_id}/sending")
    assert again.status_code == 303
    assert 'case-code">' not in drafter.get(f"/contracts/{contract_id}").text


def test_a_returned_contract_shows_its_reason_to_the_drafter(office, contract_at):
    contract_id = contract_at("deciding")
    head = office.browser("dorokacho")
    sha256 = hidden(head.get(f"/contracts/{contract_id}").text, "sha256")
    path = f"/contracts/{contract_id}/return"
    assert head.submit(path, {"sha256": sha256, "reason": ""}).status_code == 400
    answer = head.submit(path, {"sha256": sha256, "reason": "納入場所が違います。"})
    assert answer.status_code == 303
    draft = office.browser("chotatsu").get(f"/contracts/{contract_id}/draft").text
    assert "納入場所が違います。" in draft


def test_the_drafter_may_recall_and_withdraw_with_a_reason(office, contract_at):
    contract_id = contract_at("approved")
    drafter = office.browser("chotatsu")
    answer = drafter.submit(f"/contracts/{contract_id}/recall", {"reason": "金額を確認します。"})
    assert answer.status_code == 303
    answer = drafter.submit(
        f"/contracts/{contract_id}/withdrawal", {"reason": "中止になりました。"}
    )
    assert answer.status_code == 303
    html = drafter.get(f"/contracts/{contract_id}").text
    assert "中止になりました。" in html
    assert "この契約に、次の操作はありません" in html


def test_exchanged_bytes_stop_the_contract_and_the_alarm_stays(office, contract_at):
    contract_id = contract_at("approved")
    with office.service.database.transaction() as session:
        contract = session.get_one(Contract, contract_id)
        other = office.service.store.put(b"%PDF-1.7 other").sha256
        contract.current_sha256 = other
    answer = office.browser("chotatsu").submit(f"/contracts/{contract_id}/sending")
    assert answer.status_code == 409
    assert "決裁されたものと違います" in answer.text
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        assert contract.state == "halted"
        assert contract.sent_at is None
        trail = [e.action for e in audit.history(session, f"contract:{contract_id}")]
    assert trail[-1] == "contract.alarm"
    office.run_jobs()
    assert any("停止しました" in body for body in office.mails("keiyaku@example.jp"))
    assert not office.mails("takahashi@example.jp")
    assert (
        "この契約は停止しています"
        in office.browser("chotatsu").get(f"/contracts/{contract_id}").text
    )
    assert "停止した契約" in office.browser("chotatsu").get("/home").text


def test_a_certificate_that_would_end_too_early_is_said_before_anything_is_sent(
    office, contract_at
):
    contract_id = contract_at("approved")
    city, service = office.service.certificates
    soon = replace(city, not_after=office.now + timedelta(days=3))
    office.service.keys.certificates = (soon, service)
    answer = office.browser("chotatsu").submit(f"/contracts/{contract_id}/sending")
    assert 400 <= answer.status_code < 500
    assert "最後の署名の期限" in answer.text
    assert "証明書を更新してから" in answer.text
    with office.service.database.reader() as session:
        assert queries.contract(session, contract_id).state == "approved"


def test_the_city_closes_with_a_mailed_code_and_both_sides_download(office, contract_at):
    contract_id = contract_at("vendor_signed")
    officer = office.browser("keiyaku")
    assert "市として署名する" in officer.get(f"/contracts/{contract_id}/close").text
    html = officer.submit(f"/contracts/{contract_id}/close/code").text
    sha256 = hidden(html, "sha256")
    office.run_jobs()
    code = office.mailed_code("keiyaku@enshu.example.jp")
    wrong = {"sha256": sha256, "code": f"{(int(code) + 1) % 10**6:06d}"}
    answer = officer.submit(f"/contracts/{contract_id}/close", wrong)
    assert answer.status_code == 400
    assert "あと2回" in answer.text
    for _ in range(2):
        answer = officer.submit(f"/contracts/{contract_id}/close", {"sha256": sha256, "code": code})
        assert answer.status_code == 303
    office.run_jobs()
    html = officer.get(f"/contracts/{contract_id}").text
    assert "に確定しました" in html
    assert "受注者はまだ控えをダウンロードしていません" in html
    for path, head in (("pdf", b"%PDF"), ("certificate", b"%PDF"), ("package", b"PK")):
        answer = officer.get(f"/contracts/{contract_id}/{path}")
        assert answer.content.startswith(head), path
        assert "attachment" in answer.headers["content-disposition"]
    vendor = office.browser()
    vendor.submit(office.mailed_link("takahashi@example.jp"))
    html = vendor.get(f"/vendor/contracts/{contract_id}").text
    assert "契約が確定しました" in html
    assert vendor.get(f"/vendor/contracts/{contract_id}/package").content[:2] == b"PK"
    html = officer.get(f"/contracts/{contract_id}").text
    assert "受注者は控えを保存しました" in html
    assert "長期保存の形式（PAdES B-LTA）にしました" in html


def test_an_officer_without_mail_is_told_whom_to_ask(office, contract_at):
    from portal.accounts.queries import user_by_login_name

    contract_id = contract_at("vendor_signed")
    with office.service.database.transaction() as session:
        user = user_by_login_name(session, "keiyaku")
        assert user is not None
        user.mail = ""
    answer = office.browser("keiyaku").submit(f"/contracts/{contract_id}/close/code")
    assert answer.status_code == 400
    assert "運用管理者に登録を依頼" in answer.text


def test_the_board_filters_and_has_its_empty_states(office, contract_at):
    browser = office.browser("chotatsu")
    assert "契約はまだありません" in browser.get("/contracts").text
    contract_at("draft")
    assert "図書館" in browser.get("/contracts?step=draft&kind=goods&q=書架").text
    assert "」の契約はありません" in browser.get("/contracts?step=deciding").text
    assert "当てはまる契約はありません" in browser.get("/contracts?q=%25").text
    # A department sees its own contracts only.
    assert "図書館" in office.browser("dorokacho").get("/contracts").text


def test_s10_an_auditor_reads_and_changes_nothing(office, contract_at):
    contract_id = contract_at("deciding")
    browser = office.browser("kansa")
    assert browser.get(f"/contracts/{contract_id}").status_code == 200
    for path in ("approval", "return", "sending", "withdrawal", "draft", "document"):
        answer = browser.submit(
            f"/contracts/{contract_id}/{path}", {"sha256": "0" * 64, "reason": "x", "revision": "1"}
        )
        assert answer.status_code == 403, path
