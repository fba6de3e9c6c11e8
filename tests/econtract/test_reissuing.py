"""An award whose contract ended is contracted anew, by two people, with its history kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from walk import CITY, DRAFTER, OFFICER, Walk

from econtract import drafting, queries, reissuing, sending
from econtract.errors import MoveRefused, ReasonRequired
from econtract.making_errors import FourEyesReissue, ReleaseNeeded
from econtract.models import Act, Contract
from econtract.states import ActState, ContractState
from records import Actor, audit

RELEASER = Actor("staff", "s-procurement-2", "調達 次子")


def withdrawn(walk: Walk) -> Contract:
    walk.draft()
    with walk.deps.database.transaction() as session:
        drafting.withdraw(
            session, walk.contract_id, reason="相手方の辞退", actor=DRAFTER, at=walk.now
        )
    return walk.contract()


def release(walk: Walk, actor: Actor = RELEASER, reason: str = "再度契約するため") -> None:
    with walk.deps.database.transaction() as session:
        reissuing.release(session, walk.contract_id, reason=reason, actor=actor, at=walk.now)


def draft_again(walk: Walk, award_id: str, actor: Actor = DRAFTER) -> Contract:
    with walk.deps.database.transaction() as session:
        return drafting.draft(session, award_id=award_id, city=CITY, actor=actor, at=walk.now)


def test_a_withdrawn_contract_frees_its_award_after_a_second_person_released_it(walk: Walk) -> None:
    ended = withdrawn(walk)
    with walk.deps.database.reader() as session:
        assert not queries.undrafted_awards(session)
        assert [c.id for c, _ in reissuing.waiting(session)] == [ended.id]
    with pytest.raises(ReleaseNeeded, match=ended.number):
        draft_again(walk, ended.award_id)
    for _ in range(2):
        release(walk)
    with walk.deps.database.reader() as session:
        assert [a.id for a in queries.undrafted_awards(session)] == [ended.award_id]
        assert not reissuing.waiting(session)
    new = draft_again(walk, ended.award_id)
    assert new.id != ended.id
    assert (new.replaces_id, new.number) == (ended.id, "2026-00002")
    assert draft_again(walk, ended.award_id).id == new.id
    with walk.deps.database.reader() as session:
        before, after = reissuing.lineage(session, session.get_one(Contract, new.id))
        assert (before and before.id, after) == (ended.id, None)
        trail = [e.action for e in audit.history(session, f"contract:{ended.id}")]
    assert trail[-1] == "contract.award_released"
    assert trail.count("contract.award_released") == 1


def test_four_eyes_for_a_reissue_the_drafter_may_not_release_the_releaser_may_not_draft(
    walk: Walk,
) -> None:
    ended = withdrawn(walk)
    with pytest.raises(FourEyesReissue):
        release(walk, actor=DRAFTER)
    with pytest.raises(ReasonRequired):
        release(walk, reason=" ")
    release(walk)
    with pytest.raises(FourEyesReissue):
        draft_again(walk, ended.award_id, actor=RELEASER)


def test_a_living_contract_is_not_contracted_anew(walk: Walk) -> None:
    walk.draft()
    with pytest.raises(MoveRefused):
        release(walk)


def test_the_database_itself_keeps_two_living_contracts_from_one_award(walk: Walk) -> None:
    walk.draft()
    first = walk.contract()
    copy = {
        c.name: getattr(first, c.name)
        for c in Contract.__table__.columns
        if c.name not in {"id", "number", "sequence"}
    }
    with pytest.raises(IntegrityError), walk.deps.database.transaction() as session:
        session.add(Contract(id="twin", number="2026-09999", sequence=9999, **copy))


@pytest.mark.slow
def test_an_alarm_refuses_the_open_act_and_the_award_can_be_contracted_anew(walk: Walk) -> None:
    walk.to(ContractState.AWAITING_VENDOR).consent()
    act_id = walk.press_sign()
    with walk.deps.database.transaction() as session:
        session.get_one(Act, act_id).input_sha256 = "0" * 64
    walk.run_jobs()
    assert walk.state() == ContractState.HALTED
    [act] = walk.acts()
    assert act.state == ActState.REFUSED
    assert act.problem is not None
    assert act.problem["code"] == "econtract.decided_bytes_differ"
    assert walk.run_jobs() == 0
    release(walk, actor=OFFICER)
    again = draft_again(walk, walk.contract().award_id)
    with walk.deps.database.reader() as session:
        assert session.scalar(select(Contract.state).where(Contract.id == again.id)) == "drafting"


@pytest.mark.slow
def test_a_declined_contract_goes_to_conclusion_as_a_new_one(walk: Walk) -> None:
    walk.to(ContractState.AWAITING_VENDOR)
    party = walk.parties()[0]
    with walk.deps.database.transaction() as session:
        sending.decline(
            session,
            contract_id=walk.contract_id,
            party_id=party.id,
            reason="工期が合いません。",
            notices=walk.notices,
            actor=Actor("vendor", "v", "v"),
            at=walk.now,
        )
    release(walk)
    walk.contract_id = draft_again(walk, walk.contract().award_id).id
    walk.make().submit().approve().send()
    walk._vendor()
    walk._city()
    assert walk.state() == ContractState.CONCLUDED
