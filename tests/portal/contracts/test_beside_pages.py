"""覚書 and calling off through the door: page, API, mails, both sides."""

from __future__ import annotations

import re

import pytest
from test_life_pages import make_concluded

from econtract import queries
from portal.accounts.models import LoginLink
from portal.contracts.letters import Letters
from records import audit, new_id

VENDOR = "takahashi@example.jp"
REASON = {"reason": "予算が成立しなかったため"}
AGREED = {
    "subject": "夜間の作業時間の取り決め",
    "agreement": "作業は21時から翌5時までとする。",
    "period_from": "2026-12-04",
    "period_to": "2027-03-19",
}


def actions(office, contract_id):
    with office.service.database.reader() as session:
        return [e.action for e in audit.history(session, f"contract:{contract_id}")]


@pytest.fixture
def parent_id(office, contract_at):
    office.known_vendor = False
    return make_concluded(office, contract_at("draft"))


def test_a_memorandum_is_made_on_the_originals_page_and_the_chain_shown_on_both(office, parent_id):
    clerk = office.browser("chotatsu")
    life = clerk.get(f"/contracts/{parent_id}/life").text
    assert f"/contracts/{parent_id}/memoranda/new" in life
    form = clerk.get(f"/contracts/{parent_id}/memoranda/new").text
    assert 'value="2027-03-19"' in form
    fields = AGREED | {"press": re.search(r'name="press" value="([^"]+)"', form).group(1)}
    refused = clerk.submit(f"/contracts/{parent_id}/memoranda", fields | {"agreement": " "})
    assert refused.status_code == 400
    assert "合意の内容" in refused.text
    assert AGREED["subject"] in refused.text  # what was typed is still there
    made = [clerk.submit(f"/contracts/{parent_id}/memoranda", fields) for _ in range(2)]
    assert {m.status_code for m in made} == {303}
    assert len({m.headers["location"].split("?")[0] for m in made}) == 1
    child = clerk.get(made[0].headers["location"]).text
    assert "（覚書1）" in child
    assert f'href="/contracts/{parent_id}"' in child
    assert "定めなし" in child
    parent = clerk.get(f"/contracts/{parent_id}").text
    assert AGREED["subject"] in parent
    assert "変わりません" in parent
    assert actions(office, parent_id).count("contract.memorandum_drafted") == 1


def test_a_program_makes_one_and_reads_the_chain(office, parent_id):
    api = office.api("chotatsu")
    path = f"/api/v1/contracts/{parent_id}"
    body = {"subject": AGREED["subject"], "agreement": AGREED["agreement"]}
    press = {"idempotency-key": new_id()}
    first, again = (api.post(f"{path}/memoranda", json=body, headers=press) for _ in range(2))
    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    made = first.json()["contract"]
    assert made["amount"] == 0
    life = api.get(f"{path}/life").json()
    assert [m["contract_id"] for m in life["memoranda"]] == [made["id"]]
    assert life["amendments"] == []
    assert office.api("kaikei").post(f"{path}/memoranda", json=body).status_code == 403


def test_t10_called_off_while_the_vendor_is_asked_its_links_die_and_it_is_told_why(
    office, contract_at
):
    contract_id = contract_at("sent")
    link = office.mailed_link(VENDOR)
    clerk = office.browser("chotatsu")
    assert "送った契約を取り下げる" in clerk.get(f"/contracts/{contract_id}").text
    for _ in range(2):
        assert clerk.submit(f"/contracts/{contract_id}/calling-off", REASON).status_code == 303
    assert office.browser().submit(link).status_code == 410
    office.run_jobs()
    told = office.mails(VENDOR)
    assert len(told) == 2  # the invitation, and this once
    assert REASON["reason"] in told[-1]
    page = clerk.get(f"/contracts/{contract_id}").text
    assert "取下げ（送信後）" in page
    assert "契約し直す" in page
    vendor = office.browser()
    assert vendor.submit(office.mailed_link(VENDOR)).status_code == 303
    own = vendor.get(f"/vendor/contracts/{contract_id}").text
    assert "市がこの契約を取り下げました" in own
    assert REASON["reason"] in own
    assert actions(office, contract_id).count("contract.called_off") == 1


@pytest.mark.slow
def test_t10_called_off_after_the_vendor_agreed_vendor_and_officer_are_told(office, contract_at):
    contract_id = contract_at("vendor_signed")
    api = office.api("chotatsu")
    path = f"/api/v1/contracts/{contract_id}/calling-off"
    answer = api.post(path, json=REASON)
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert api.post(path, json=REASON).json() == answer.json()
    office.run_jobs()
    assert REASON["reason"] in office.mails(VENDOR)[-1]
    assert "成立していません" in office.mails(VENDOR)[-1]
    assert REASON["reason"] in office.mails("keiyaku@enshu.example.jp")[-1]
    closing = office.browser("keiyaku").get(f"/contracts/{contract_id}/close")
    assert "市として署名する</button>" not in closing.text


def test_t10_a_member_that_declines_ends_it_for_those_who_agreed_before(office, contract_at):
    """The members' mail: whoever was asked before hears that nothing comes about."""
    members = "V-0002/遠州土木㈱/社長/浜 太郎/hama@example.jp"
    contract_id = contract_at("sent", members)
    with office.service.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        lead = queries.lead(session, contract_id)
        Letters(office.service.settings).declined(session, contract, lead, office.now)
        live = session.query(LoginLink).filter_by(
            subject=f"contract:{contract_id}", revoked_at=None, used_at=None
        )
        assert live.count() == 0
    office.run_jobs()
    assert "辞退したため" in office.mails("hama@example.jp")[-1]
