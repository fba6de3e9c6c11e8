"""Authority by page: recorded, confirmed by a second person, used, ended; a vendor's delegate."""

from __future__ import annotations

import re

import pytest

from econtract import queries
from portal.accounts import queries as accounts
from portal.accounts import registering
from records import Actor, audit
from tests.e2e.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.slow
SYSTEM = Actor(kind="system", id="tests", name="tests")
VENDOR, DELEGATE = "takahashi@example.jp", "shiten@example.jp"
PDF = ("ininjo.pdf", b"%PDF-1.7\n%letter of attorney\n", "application/pdf")
TYPED = {
    "capacity": "契約担当者",
    "delegator": "遠州市長 遠州 太郎",
    "valid_from": "2026-04-01",
    "valid_until": "2027-03-31",
    "evidence_note": "令和8年4月1日付け 委任規則第3条",
}


def user_id(office, login_name: str) -> str:
    with office.service.database.reader() as session:
        return accounts.user_by_login_name(session, login_name).id


def test_procurement_records_and_another_confirms_then_only_the_scope_counts(office, contract_at):
    contract_id = contract_at("vendor_signed")
    first, second = office.browser("chotatsu"), office.browser("chotatsu2")
    typed = TYPED | {"holder": user_id(office, "keiyaku"), "up_to": "１,０００,０００円"}
    assert "権限の記録はまだありません" in first.get("/authorities").text
    for wrong, words in (
        ({"holder": ""}, "権限を受ける人"),
        ({"holder": user_id(office, "kaikei")}, "契約担当者の権限を持つ職員"),
        ({"valid_until": "いつか"}, "日付を入力"),
        ({"up_to": "たくさん"}, "円の整数"),
    ):
        answer = first.submit("/authorities", typed | wrong)
        assert answer.status_code == 400
        assert words in answer.text
    bad = first.submit(
        "/authorities", typed, files={"evidence": ("x.html", b"<script>", "text/html")}
    )
    assert "PDF・PNG・JPEG" in bad.text
    assert first.submit("/authorities", typed, files={"evidence": PDF}).status_code == 303
    page = first.get("/authorities").text
    authority_id = re.search(r"/authorities/([0-9a-f-]{36})/confirm", page).group(1)
    assert first.submit(f"/authorities/{authority_id}/confirm").status_code == 403
    officer = office.browser("keiyaku")
    close = f"/contracts/{contract_id}/close"
    assert "二人目の確認がまだ" in officer.get(close).text
    evidence = second.get(f"/authorities/{authority_id}/evidence")
    assert evidence.content == PDF[1]
    assert evidence.headers["content-disposition"].startswith("attachment")
    assert second.submit(f"/authorities/{authority_id}/confirm").status_code == 303
    assert "上限は1,000,000円です" in officer.get(close).text
    assert "できません" in officer.get("/closings").text
    waiting = office.api("keiyaku").get("/api/v1/closings/waiting").json()["contracts"]
    assert waiting[0]["refused"]["code"] == "econtract.authority_falls_short"
    shown = office.api("kansa").get("/api/v1/authorities").json()["authorities"]
    assert shown[0]["confirmed"]["by"] == "調達 次子"
    assert second.submit(f"/authorities/{authority_id}/end", {"reason": ""}).status_code == 400
    api = office.api("chotatsu").post(
        f"/api/v1/authorities/{authority_id}/end", json={"reason": "異動"}
    )
    assert api.json()["ended"]["reason"] == "異動"
    assert office.browser("kaikei").submit("/authorities", typed).status_code == 403


def test_s12_the_delegate_signs_for_the_branch_with_capacity_and_outside_scope_or_date_is_refused(
    office, contract_at
):
    contract_id = contract_at("sent")
    service, at = office.service, office.now
    with service.database.transaction() as session:
        contract = queries.contract(session, contract_id)
        [person] = accounts.vendor_users_by_mail(session, VENDOR)
        person.role = "admin"
        delegate = registering.add_vendor_user(
            session, vendor_id=contract.vendor_id, mail=DELEGATE, name="支店 花子",
            title="浜松支店長", actor=SYSTEM, at=at,
        )  # fmt: skip
        stranger = registering.add_vendor(session, code="V-9", name="他社", actor=SYSTEM, at=at)
        other = registering.add_vendor_user(
            session, vendor_id=stranger.id, mail="x@example.jp", name="他人", actor=SYSTEM, at=at
        )
    path = f"/api/v1/contracts/{contract_id}"
    admin = office.api(VENDOR)
    for wrong in (other.id, person.id, "nobody"):
        refused = admin.post(f"{path}/forward", json={"person_id": wrong})
        assert refused.json()["code"] == "econtract.forward_refused"
    told = admin.post(f"{path}/forward", json={"person_id": delegate.id, "note": "お願いします"})
    assert told.status_code == 202
    office.run_jobs()
    assert "髙橋 𠮷郎 さんから" in office.mails(DELEGATE)[-1]
    with service.database.reader() as session:
        entry = next(
            e for e in audit.history(session, f"contract:{contract_id}")
            if e.action == "contract.forwarded"
        )  # fmt: skip
        assert (entry.actor.name, entry.details["to"]) == ("髙橋 𠮷郎", "支店 花子")

    holder = office.browser()
    link = office.mailed_link(DELEGATE)
    assert holder.submit(link).status_code == 303
    sign = f"/vendor/contracts/{contract_id}/sign"
    holder.submit(f"{sign}/case-code", {"code": office.case_code})
    office.run_jobs()
    holder.submit(f"{sign}/one-time-code", {"code": office.mailed_code(DELEGATE)})
    sha256 = (
        office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()["document"]["sha256"]
    )
    assert "権限の記録がありません" in holder.get(sign).text
    assert holder.submit(f"{sign}/act", {"sha256": sha256}).status_code == 403

    boss = office.browser()
    with service.database.transaction() as session:
        from datetime import timedelta

        from portal.security import login_links
        from portal.security.server_secret import server_secret

        issued = login_links.issue(
            session, secret=server_secret(service.settings), vendor_user_id=person.id, at=at,
            expires_at=at + timedelta(hours=1),
        )  # fmt: skip
        token = login_links.token_of(server_secret(service.settings), issued.id)
    assert boss.submit(f"/l/{token}").status_code == 303
    typed = TYPED | {"holder": delegate.id, "capacity": "浜松支店長 受任者", "kinds": "goods"}
    assert "委任状の写し" in boss.submit("/vendor/authorities", typed).text
    assert boss.submit("/vendor/authorities", typed, files={"evidence": PDF}).status_code == 303
    assert holder.submit(f"{sign}/act", {"sha256": sha256}).status_code == 403  # unconfirmed
    page = office.browser("chotatsu").get("/authorities").text
    assert "確認を待つ、事業者の委任" in page
    authority_id = re.search(r"/authorities/([0-9a-f-]{36})/confirm", page).group(1)
    office.browser("chotatsu").submit(f"/authorities/{authority_id}/confirm")
    page = holder.get(sign).text
    assert "浜松支店長 受任者" in page
    version = re.search(r'name="text_version" value="([^"]+)"', page).group(1)
    fields = {"sha256": sha256, "text_version": version, "agree": "yes"}
    assert holder.submit(f"{sign}/act", fields).status_code == 303
    office.run_jobs()
    with service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        act = queries.acts(session, contract.document_id)["Vendor_A"]
        assert act.state == "signed"
        assert act.person == "支店 花子"
        assert act.capacity == "受注者　株式会社髙﨑建設　浜松支店長 受任者"
        assert act.evidence["authority"] == authority_id
    verdict = service.judge.verify(service.store.read(contract.current_sha256))
    assert "支店 花子" in str(verdict.to_json())
    ended = boss.submit(f"/vendor/authorities/{authority_id}/end", {"reason": "退職"})
    assert ended.status_code == 303
    assert boss.get(f"/vendor/authorities/{authority_id}/evidence").content == PDF[1]


@pytest.mark.browser
def test_authority_pages_at_both_widths(office, contract_at, served, chromium):
    contract_at("draft")
    typed = TYPED | {"holder": user_id(office, "keiyaku")}
    office.browser("chotatsu").submit("/authorities", typed, files={"evidence": PDF})
    for width in (PHONE, DESK):
        screen = Screen(chromium, served, width)
        screen.sign_in("chotatsu2", "correct horse battery")
        screen.go("/authorities")
        screen.look("authorities")
        screen.go("/contracts/dates")
        screen.look("contract-dates")
        screen.close()
