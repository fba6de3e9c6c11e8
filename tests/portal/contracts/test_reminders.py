"""Reminders to sign, by hand once a day and by themselves; a consent taken back leads to paper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from econtract import queries
from portal.contracts.sign_reminders import remind_signers
from records import audit

pytestmark = pytest.mark.slow
VENDOR = "takahashi@example.jp"


def reminders(office) -> int:
    return sum("もう一度ご案内します" in body for body in office.mails(VENDOR))


def test_s07_reminders_go_out_by_themselves_and_one_a_day_by_hand(office, contract_at):
    contract_id = contract_at("sent")
    first_link = office.mailed_link(VENDOR)
    clock = office.service.clock
    remind_signers(office.service)
    office.run_jobs()
    assert reminders(office) == 0  # the invitation is of today, the last day in ten days
    browser = office.browser("chotatsu")
    assert browser.submit(f"/contracts/{contract_id}/reminder").status_code == 303
    office.run_jobs()
    assert reminders(office) == 1
    again = office.api("chotatsu").post(f"/api/v1/contracts/{contract_id}/reminder")
    assert (again.status_code, again.json()["code"]) == (409, "econtract.reminded_today")
    vendor = office.browser()
    assert "使えません" in vendor.get(first_link).text  # its link was withdrawn
    assert office.browser("kaikei").submit(f"/contracts/{contract_id}/reminder").status_code == 403

    seen = []
    for day in range(1, 12):
        clock.advance(timedelta(days=1))
        for _ in range(2):  # a job that runs twice reminds once
            remind_signers(office.service)
        office.run_jobs()
        if reminders(office) > 1 + len(seen):
            seen.append(day)
    assert seen == [5, 8, 10]  # five and two days before the last day, and on it
    overdue = office.api("chotatsu").post(f"/api/v1/contracts/{contract_id}/reminder")
    assert overdue.json()["code"] == "econtract.signing_overdue"
    with office.service.database.reader() as session:
        history = audit.history(session, f"contract:{contract_id}")
    how = [e.details["how"] for e in history if e.action == "contract.reminded"]
    assert how == ["by_hand", "by_itself", "by_itself", "by_itself"]


def test_withdraw_the_consent_and_the_case_switches_to_paper(office, contract_at):
    contract_id = contract_at("sent")
    path = f"/api/v1/contracts/{contract_id}"
    vendor = office.api(VENDOR)
    early = vendor.post(f"{path}/paper", json={"reason": "x"})
    assert early.status_code == 400  # who holds the mail alone ends nothing
    vendor.post(f"{path}/case-code", json={"code": office.case_code})
    vendor.post(f"{path}/one-time-code/mail")
    office.run_jobs()
    vendor.post(f"{path}/one-time-code", json={"code": office.mailed_code(VENDOR)})
    seen = {"sha256": vendor.get(path).json()["document"]["sha256"]}
    text = vendor.get(f"{path}/consent-text").json()
    vendor.post(f"{path}/consent", json=seen | {"text_version": text["version"]})
    assert vendor.post(f"{path}/paper", json={"reason": " "}).status_code == 400
    for _ in range(2):
        assert vendor.post(f"{path}/paper", json={"reason": "社内規程"}).status_code == 200
    office.run_jobs()
    assert "紙の契約に切替" in office.browser("chotatsu").get(f"/contracts/{contract_id}").text
    assert vendor.post(f"{path}/signature", json=seen).status_code == 409
    with office.service.database.reader() as session:
        assert all(c.withdrawn_at for c in queries.consents(session, contract_id))
        actions = [e.action for e in audit.history(session, f"contract:{contract_id}")]
    assert actions.count("contract.to_paper") == 1
    assert "contract.act_requested" not in actions
    city = office.service.settings.city.mail
    assert sum("紙の契約の手続きを始めてください" in body for body in office.mails(city)) == 1
