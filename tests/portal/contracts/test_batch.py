"""Closing in bulk through the door: choose, one code, progress; by page and by API."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from econtract import queries
from records import new_id
from tests.e2e.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.slow
OFFICER = "keiyaku@enshu.example.jp"


def test_s15_the_officer_closes_in_one_authenticated_session_with_progress_shown(
    office, contract_at
):
    contract_id = contract_at("vendor_signed")
    browser = office.browser("keiyaku")
    page = browser.get("/closings").text
    batch_id = re.search(r'name="batch_id" value="([^"]+)"', page).group(1)
    item = re.search(r'name="item" value="([^"]+)" checked', page).group(1)
    chosen = {"batch_id": batch_id, "item": item}
    assert "メールで届いた6桁の番号" in browser.submit("/closings/code", chosen).text
    office.run_jobs()
    wrong = browser.submit("/closings", chosen | {"code": "000000"})
    assert wrong.status_code == 400
    assert "あと2回" in wrong.text
    assert f'value="{item}" checked' in wrong.text  # nothing has to be chosen again
    code = {"code": office.mailed_code(OFFICER)}
    for _ in range(2):  # a double click is one batch, and the code is asked for once
        answer = browser.submit("/closings", chosen | code)
        assert answer.headers["location"] == f"/closings/{batch_id}"
    progress = browser.get(f"/closings/{batch_id}/progress").json()
    assert (progress["done"], progress["percent"]) == (False, 0)
    office.run_jobs()
    progress = browser.get(f"/closings/{batch_id}/progress").json()
    assert progress == {
        "done": True,
        "percent": 100,
        "words": "1件のうち1件を署名しました。すべて終わりました。",
        "next": f"/closings/{batch_id}",
    }
    assert "署名済み" in browser.get(f"/closings/{batch_id}").text
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        acts = queries.acts(session, contract.document_id)
        assert contract.state == "concluded"
        assert sum(act.evidence.get("batch") == batch_id for act in acts.values()) == 1
    assert browser.get("/closings").status_code == 200  # the empty state
    assert browser.get(f"/closings/{new_id()}").status_code == 404
    assert browser.submit(f"/closings/{batch_id}/stop").status_code == 303
    for other in ("chotatsu", "kansa"):
        assert office.browser(other).get(f"/closings/{batch_id}").status_code == 403


def test_a_program_closes_in_bulk_with_the_same_checks(office, contract_at):
    contract_at("vendor_signed")
    officer = office.api("keiyaku")
    [waiting] = officer.get("/api/v1/closings/waiting").json()["contracts"]
    assert waiting["refused"] is None
    batch = {"id": new_id()}
    assert officer.post("/api/v1/closings/one-time-code", json=batch).status_code == 202
    office.run_jobs()
    items = [{"contract_id": waiting["contract_id"], "sha256": waiting["sha256"]}]
    body = batch | {"items": items, "one_time_code": office.mailed_code(OFFICER)}
    none = officer.post("/api/v1/closings", json=body | {"items": []})
    assert none.json()["code"] == "econtract.batch_refused"
    assert officer.post("/api/v1/closings", json=body).json()["counts"] == {"waiting": 1}
    office.run_jobs()
    shown = officer.get(f"/api/v1/closings/{batch['id']}").json()
    assert (shown["done"], shown["counts"]) == (True, {"signed": 1})
    assert office.api("chotatsu").get("/api/v1/closings/waiting").status_code == 403


def test_a_certificate_that_has_ended_is_said_before_the_officer_presses(office, contract_at):
    contract_id = contract_at("vendor_signed")
    city, service = office.service.certificates
    ended = replace(city, not_after=office.now - timedelta(days=1))
    browser, program = office.browser("keiyaku"), office.api("keiyaku")
    [waiting] = program.get("/api/v1/closings/waiting").json()["contracts"]
    item = f"{contract_id}:{waiting['sha256']}"
    chosen = {"batch_id": new_id(), "item": item}
    browser.submit(f"/contracts/{contract_id}/close/code")
    office.run_jobs()
    single = {"sha256": waiting["sha256"], "code": office.mailed_code(OFFICER)}
    browser.submit("/closings/code", chosen)
    office.run_jobs()
    code = {"code": office.mailed_code(OFFICER)}
    office.service.keys.certificates = (ended, service)
    for page in (f"/contracts/{contract_id}/close", "/closings"):
        html = browser.get(page).text
        assert "有効期限" in html, page
    [waiting] = program.get("/api/v1/closings/waiting").json()["contracts"]
    assert waiting["refused"]["code"] == "signing.certificate_expired"
    for address, sent in (
        (f"/contracts/{contract_id}/close", single),
        ("/closings", chosen | code),
    ):
        answer = browser.submit(address, sent)
        assert answer.status_code == 400
        assert "新しい証明書に更新してください" in answer.text
    with office.service.database.reader() as session:
        assert queries.contract(session, contract_id).state == "awaiting_city"


@pytest.mark.browser
def test_choosing_and_watching_at_phone_and_desktop_width(office, contract_at, served, chromium):
    contract_at("vendor_signed")
    for width in (PHONE, DESK):
        screen = Screen(chromium, served, width)
        screen.sign_in("keiyaku", "correct horse battery")
        screen.go("/closings")
        screen.look("batch-choose")
        screen.close()
    screen = Screen(chromium, served, PHONE)
    screen.sign_in("keiyaku", "correct horse battery")
    screen.go("/closings")
    screen.press("番号を送る")
    screen.sees("メールで届いた6桁の番号")
    screen.look("batch-code")
    office.run_jobs()
    screen.page.locator("[name=code]").fill(office.mailed_code(OFFICER))
    screen.press("選んだ契約に署名する")
    screen.sees("1件のうち0件を署名しました")
    screen.look("batch-waiting")
    office.run_jobs()
    screen.sees("すべて終わりました", patient=True)
    screen.look("batch-done")
    screen.close()
