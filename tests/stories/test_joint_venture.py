"""Story 11 and lessons T-07, T-10: three members sign in order, and what one refusal does."""

from __future__ import annotations

import pytest

import signing
from econtract import queries
from portal.accounts import queries as accounts
from tests.stories.steps import FIRST, LEAD, MEMBERS, SECOND, closed, contract_of, opened, signed

pytestmark = pytest.mark.slow


def invited(office, mail: str, contract_id: str) -> int:
    return sum(
        "案件コード" in body and contract_of(office, contract_id).number in body
        for body in office.mails(mail)
    )


def test_s11_three_members_the_lead_last_then_the_city_and_no_other_order(office, contract_at):
    contract_id = contract_at("sent", members=MEMBERS)
    order = (FIRST, SECOND, LEAD)
    for turn, mail in enumerate(order):
        # T-07: the next one hears of it in its turn only, and by exactly one invitation.
        heard = [invited(office, each, contract_id) for each in order]
        assert heard == [1] * (turn + 1) + [0] * (2 - turn)
        for other in order[turn + 1 :]:
            assert no_turn(office, contract_id, other)
        signed(office, contract_id, mail)
        # T-07: nobody hears that all have signed before they have.
        assert not any("確定" in body for each in order for body in office.mails(each))
    closed(office, contract_id)
    contract = contract_of(office, contract_id)
    assert contract.state == "concluded"
    with office.service.database.reader() as session:
        slots = [p.slot for p in queries.parties(session, contract_id)]
    pdf = office.service.store.read(contract.concluded_sha256)
    verdict = signing.verify(pdf, office.service.trust, office.now)
    assert verdict.is_passed
    assert [s.field for s in verdict.signatures] == slots
    assert len(slots) == 4


def test_s11_one_declines_the_others_are_told_and_another_member_needs_a_new_document(
    office, contract_at
):
    contract_id = contract_at("sent", members=MEMBERS)
    path = f"/api/v1/contracts/{contract_id}"
    signed(office, contract_id, FIRST)
    signed(office, contract_id, SECOND)
    # Nobody changes a member in what others have signed already.
    edited = office.api("chotatsu").patch(
        path, json={"revision": 1, "changes": {"vendor_name": "別"}}
    )
    assert edited.status_code == 409
    lead = opened(office, contract_id, LEAD)
    assert lead.post(f"{path}/decline", json={"reason": "人手が足りません"}).status_code == 200
    office.run_jobs()
    # T-10: who had agreed hears of it, once each.
    for mail in (FIRST, SECOND):
        told = [b for b in office.mails(mail) if "辞退" in b]
        assert len(told) == 1, mail
    # Back to a draft: released by a second person, a contract of its own number and document.
    released = office.api("chotatsu2").post(f"{path}/release", json={"reason": "構成員の交代"})
    assert released.status_code == 200, released.text
    award_id = contract_of(office, contract_id).award_id
    made = office.api("chotatsu").post("/api/v1/contracts", json={"award_id": award_id})
    anew = contract_of(office, made.json()["id"])
    old = contract_of(office, contract_id)
    assert (anew.state, old.state) == ("drafting", "declined")
    assert anew.number != old.number
    assert anew.document_id is None


def no_turn(office, contract_id: str, mail: str) -> bool:
    """This member can neither open the text nor sign: it is not invited, or is told to wait."""
    with office.service.database.reader() as session:
        if not accounts.vendor_users_by_mail(session, mail):
            return True  # no way in at all before its turn
    seen = {"sha256": contract_of(office, contract_id).current_sha256}
    path = f"/api/v1/contracts/{contract_id}/signature"
    return office.api(mail).post(path, json=seen).status_code in {400, 409}
