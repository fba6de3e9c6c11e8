"""Lessons from peers' bugs about state and concurrency: T-03 to T-05, T-08, T-09, T-11 to T-13."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta

import pytest

import signing
from econtract import queries
from econtract.models import Contract
from portal import worker
from portal.desks.operations_desk import count_stopped
from records import audit, jobs
from records.jobs import Retry
from tests.stories.steps import LEAD, consented, contract_of

pytestmark = pytest.mark.slow
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # a day on which every job is due


def test_t03_a_finish_that_fails_ten_times_is_shown_counted_and_repeated_by_a_button(
    office, contract_at
):
    contract_id = contract_at("sent")
    api, seen = consented(office, contract_id, LEAD)
    assert api.post(f"/api/v1/contracts/{contract_id}/signature", json=seen).status_code == 202
    service = office.service
    tries = 0

    def no_key(**_: object) -> None:
        nonlocal tries
        tries += 1
        raise FileNotFoundError("service-key.pem")

    broken = worker.tasks(service) | {"econtract.sign": no_key}
    for attempt in range(10):
        jobs.run_due(
            service.database,
            broken,
            at=LATER + attempt * timedelta(days=1),
            retry=Retry(attempts=10),
            give_up=functools.partial(worker.give_up, service),
            stop_at_error=False,
        )
    assert tries == 10
    page = office.browser("chotatsu").get(f"/contracts/{contract_id}").text
    assert "署名を処理できていません" in page
    assert "繰り返し失敗しました" in page
    with service.database.reader() as session:
        assert count_stopped(session, None) == 1
        [failed] = jobs.failed(session)
    assert (
        jobs.run_due(service.database, worker.tasks(service), at=LATER + timedelta(days=99)) == 0
    )  # it stays
    operator = office.browser("unyo")
    for _ in range(2):
        assert operator.submit(f"/operations/jobs/{failed.id}/retry").status_code == 303
    office.run_jobs()
    assert contract_of(office, contract_id).state == "awaiting_city"


def test_t04_a_status_set_by_hand_hands_out_nothing(office, contract_at):
    contract_id = contract_at("sent")
    with office.service.database.transaction() as session:
        row = session.get_one(Contract, contract_id)
        row.state, row.concluded_at = "concluded", office.now
        row.concluded_sha256 = row.current_sha256
    staff = office.api("chotatsu")
    for what in ("pdf", "package"):
        answer = staff.get(f"/api/v1/contracts/{contract_id}/{what}")
        assert answer.status_code == 409, what
        assert answer.json()["code"] == "econtract.signature_not_verified"
    with office.service.database.reader() as session:
        trail = [e.action for e in audit.history(session, f"contract:{contract_id}")]
    assert "contract.alarm" in trail


def test_t05_link_twice_double_click_two_tabs_and_replay_are_one_agreement(office, contract_at):
    contract_id = contract_at("sent")
    link = office.mailed_link(LEAD)
    tabs = office.browser()
    assert [tabs.submit(link).status_code for _ in range(2)] == [303, 410]
    assert office.browser().submit(link).status_code == 410
    path = f"/api/v1/contracts/{contract_id}"
    api, seen = consented(office, contract_id, LEAD)
    agree = seen | {"text_version": api.get(f"{path}/consent-text").json()["version"]}
    api.post(f"{path}/consent", json=agree)  # the second tab
    for _ in range(3):
        assert api.post(f"{path}/signature", json=seen).status_code == 202
    office.run_jobs()
    for what, body in (("consent", agree), ("signature", seen)):  # back, and the request replayed
        api.post(f"{path}/{what}", json=body)
    office.run_jobs()
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        actions = [e.action for e in audit.history(session, f"contract:{contract_id}")]
        assert len(queries.acts(session, contract.document_id)) == 1
    for once in ("contract.consented", "contract.act_requested", "contract.signed"):
        assert actions.count(once) == 1, once
    pdf = office.service.store.read(contract.current_sha256)
    assert [s.field for s in signing.verify(pdf, office.service.trust, office.now).signatures] == [
        "Vendor_A"
    ]


def test_t08_equal_times_to_the_microsecond_do_not_decide_who_is_last(office, contract_at):
    """The clock of these tests stands still, so all acts have one time; what counts is the slot."""
    contract = contract_of(office, contract_at("concluded"))
    with office.service.database.reader() as session:
        acts = queries.acts(session, contract.document_id)
    assert len({(a.requested_at, a.signed_at) for a in acts.values()}) == 1
    assert contract.concluded_sha256 == acts["City"].result_sha256
    assert acts["Vendor_A"].result_sha256 == acts["City"].input_sha256


def test_t09_three_cases_to_one_address_in_a_minute_each_have_their_own_copies(office, contract_at):
    cases = [contract_at("sent", case=f"2026-物-020{n}") for n in range(3)]
    numbers = [contract_of(office, each).number for each in cases]
    for number in numbers:
        assert sum(number in body for body in office.mails(LEAD)) == 1
    links = {link for body in office.mails(LEAD) for link in re.findall(r"/l/\S+", body)}
    assert len(links) == 3
    for contract_id, code in zip(cases, [office.case_code] * 3, strict=True):
        answer = office.api(LEAD).post(
            f"/api/v1/contracts/{contract_id}/case-code", json={"code": code}
        )
        assert (answer.status_code == 200) is (contract_id == cases[-1])  # a code opens its own


def test_t11_a_restart_while_a_draft_is_edited_sends_nothing(office, contract_at):
    contract_id = contract_at("draft")
    staff = office.api("chotatsu")
    changed = {"revision": 1, "changes": {"place": "別の場所"}}
    assert staff.patch(f"/api/v1/contracts/{contract_id}", json=changed).status_code == 200
    office.service.database.dispose()  # what a restarted process begins with
    office.run_jobs()
    assert contract_of(office, contract_id).sent_at is None
    assert office.mails(LEAD) == []


@pytest.mark.parametrize("what", ["swapped", "deleted"])
def test_s03_t12_the_stored_file_replaced_after_approval_fails_sending_with_an_alarm(
    office, contract_at, what
):
    contract_id = contract_at("approved")
    sha256 = contract_of(office, contract_id).current_sha256
    [file] = [f for f in office.service.store.folder.rglob(sha256) if f.is_file()]
    file.chmod(0o600)
    if what == "deleted":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"\n")
    answer = office.browser("chotatsu").submit(f"/contracts/{contract_id}/sending")
    assert answer.status_code == 409
    office.run_jobs()
    contract = contract_of(office, contract_id)
    assert (contract.state, contract.sent_at) == ("halted", None)
    assert any("停止" in body for body in office.mails(office.service.settings.city.mail))
    assert office.mails(LEAD) == []


def test_t13_a_client_never_supplies_the_pdf_that_is_sealed(office, contract_at):
    contract_id = contract_at("sent")
    path = f"/api/v1/contracts/{contract_id}"
    api, seen = consented(office, contract_id, LEAD)
    mine = office.service.store.put(b"%PDF-1.7 mine").sha256
    assert api.post(f"{path}/signature", json={"sha256": mine}).status_code == 409
    for body in (seen | {"pdf": "JVBERi0="}, seen | {"input_sha256": mine}):
        api.post(f"{path}/signature", json=body)
    sent = api.post(
        f"{path}/signature", content=b"%PDF-1.7 mine", headers={"content-type": "application/pdf"}
    )
    assert sent.status_code in {400, 415, 422}
    office.run_jobs()
    with office.service.database.reader() as session:
        [act] = queries.acts(session, contract_of(office, contract_id).document_id).values()
    assert act.decided_sha256 == act.input_sha256 == seen["sha256"]
    result = office.service.store.read(act.result_sha256)
    assert result.startswith(office.service.store.read(seen["sha256"]))
